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

const BETWEEN = "::";

/** An owner as state and diffs hold it: `<organization>/<project>/<stack>::<name>`. What is no owner is left out. */
export function ownerText(owner: unknown): string | undefined {
  const { stack, name } = (owner ?? {}) as Partial<Owner>;
  return stack === undefined ? undefined : `${stack}${BETWEEN}${name}`;
}

/** No organization, project or stack has two colons in its name; a resource's may. */
export function ownerOfText(text: string): Owner {
  const [stack = "", ...name] = text.split(BETWEEN);
  return { stack, name: name.join(BETWEEN) };
}
