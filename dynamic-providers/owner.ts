import * as pulumi from "@pulumi/pulumi";

/** Whose a resource is, for the marks that it leaves in AWS: the provider process is told neither stack nor name. */
export interface Owner {
  /** `<organization>/<project>/<stack>` */
  stack: string;
  /** The resource's name. */
  name: string;
}

/** Runs in the program. */
export function ownerOf(name: string): Owner {
  return { stack: [organization(), pulumi.getProject(), pulumi.getStack()].join("/"), name };
}

/** Backends without organizations call theirs so; engines that are too old for them, and mocks, tell none. */
function organization(): string {
  try {
    return pulumi.getOrganization();
  } catch {
    return "organization";
  }
}
