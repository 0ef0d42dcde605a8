import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What a failed AWS CLI run said. */
export class AwsCliError extends Error {
  override readonly name = "AwsCliError";

  constructor(
    readonly exitCode: number,
    readonly stderr: string,
  ) {
    super(`aws ended with ${exitCode}: ${stderr.trim()}`);
  }

  /** The error's code as botocore read it off the response, e.g. `NotFoundException`. */
  get code(): string | undefined {
    return /An error occurred \(([^)]+)\)/.exec(this.stderr)?.[1];
  }
}

/** Runs `aws` with these arguments. @returns its JSON document; undefined if it printed nothing */
// biome-ignore lint/suspicious/noExplicitAny: whatever document the command prints
export type AwsCli = (...args: string[]) => Promise<any>;

function onPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * The AWS CLI in the environment given: a client that this project did not write. Where `aws` is not on the PATH the
 * running test
 * or suite is skipped with a printed reason, except that in CI (`CI=true`) it fails.
 */
export function awsCli(context: Mocha.Context, env: Readonly<Record<string, string>>): AwsCli {
  const path = onPath("aws");
  if (!path) {
    if (process.env.CI === "true") throw new Error("The AWS CLI is not on the PATH; tests need it in CI.");
    console.log("      skipped: the AWS CLI (aws) is not on the PATH");
    return context.skip();
  }
  const runEnv = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    AWS_PAGER: "",
    AWS_MAX_ATTEMPTS: "1",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    ...env,
  };
  // Version 1 does not read AWS_ENDPOINT_URL for SQS: https://github.com/aws/aws-cli, overridesslcommonname.py.
  const endpoint = env.AWS_ENDPOINT_URL ? ["--endpoint-url", env.AWS_ENDPOINT_URL] : [];
  return (...args) =>
    new Promise((resolve, reject) => {
      const options = { env: runEnv, maxBuffer: 64 * 1024 * 1024 };
      execFile(path, [...args, ...endpoint, "--output", "json"], options, (error, stdout, stderr) => {
        if (error) reject(new AwsCliError(typeof error.code === "number" ? error.code : -1, stderr || error.message));
        else resolve(stdout.trim() ? JSON.parse(stdout) : undefined);
      });
    });
}
