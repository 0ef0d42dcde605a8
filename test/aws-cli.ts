import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { installPythonTool } from "./python-tool.js";

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

const VERSION = "1.45.11";

const run = promisify(execFile);

async function works(path: string): Promise<boolean> {
  return run(path, ["--version"]).then(
    () => true,
    () => false,
  );
}

/**
 * The AWS CLI in the environment given: a client that this project did not write. Where `aws` is not on the PATH it is
 * installed by Python; where that cannot be done either, the running suite is skipped with a printed reason, except that
 * in CI (`CI=true`) it fails.
 */
export async function awsCli(context: Mocha.Context, env: Readonly<Record<string, string>>): Promise<AwsCli> {
  const found = (await works("aws"))
    ? { path: "aws" }
    : await installPythonTool("awscli", VERSION, (bin) => works(join(bin, "aws")));
  if ("reason" in found) {
    if (process.env.CI === "true") throw new Error(`The AWS CLI cannot be had; tests need it in CI: ${found.reason}`);
    console.error(`      skipped: no AWS CLI on the PATH, and Python could not install it (${found.reason})`);
    return context.skip();
  }
  const path = "bin" in found ? join(found.bin, "aws") : found.path;
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
