import * as pulumi from "@pulumi/pulumi";

export type Aws = typeof import("@pulumi/aws");

const MAJOR = 7;
const INSTALL = `run npm install @pulumi/aws@^${MAJOR}`;

/**
 * `@pulumi/aws`, which is 84 MB and of no use to programs that only stream: loaded by the components that make its resources,
 * when they are made.
 * @param user the component, for the error
 * @throws pulumi.RunError where it is missing, or older than its resources' own `region`
 */
export function awsPackage(user: string, load: (id: string) => unknown = require): Aws {
  let version: string;
  try {
    ({ version } = load("@pulumi/aws/package.json") as { version: string });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new pulumi.RunError(`${user} makes resources of @pulumi/aws, which is not installed: ${INSTALL}.`);
  }
  if (Number.parseInt(version, 10) !== MAJOR) {
    throw new pulumi.RunError(`${user} needs @pulumi/aws ${MAJOR}, and ${version} is installed: ${INSTALL}.`);
  }
  return load("@pulumi/aws") as Aws;
}
