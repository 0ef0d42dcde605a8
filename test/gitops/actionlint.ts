import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../engine/find-engine.js";

const VERSION = "1.7.7";
const run = promisify(execFile);

const works = (path: string) =>
  run(path, ["-version"]).then(
    () => true,
    () => false,
  );

/**
 * Runs actionlint, https://github.com/rhysd/actionlint, on a workflow. Where it is not on the PATH Go installs it into the
 * user's cache, once; where that cannot be done the test is skipped with a printed reason, except that in CI it fails.
 * @returns what it found, a line each; empty where all is well
 */
export async function actionlint(context: Mocha.Context, workflow: string): Promise<string> {
  const folder = join(cacheFolder(process.env), `actionlint-${VERSION}`);
  const own = join(folder, "actionlint");
  const path = (await works("actionlint")) ? "actionlint" : own;
  if (!(await works(path))) {
    try {
      const source = `github.com/rhysd/actionlint/cmd/actionlint@v${VERSION}`;
      await run("go", ["install", source], { env: { ...process.env, GOBIN: folder } });
    } catch (error) {
      const reason = (error as Error).message.split("\n")[0];
      if (process.env.CI === "true") throw new Error(`actionlint cannot be had; tests need it in CI: ${reason}`);
      console.error(`      skipped: no actionlint on the PATH, and Go could not install it (${reason})`);
      return context.skip();
    }
  }
  return run(path, ["-oneline", workflow]).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; message: string }) => error.stdout || error.message,
  );
}
