import * as pulumi from "@pulumi/pulumi";

/** Where a connector is that names no region: where the aws provider would take it to be. */
export function stackRegion(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const configured = new pulumi.Config("aws").get("region");
  return configured || environment.AWS_REGION || environment.AWS_DEFAULT_REGION || undefined;
}
