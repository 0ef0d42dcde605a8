import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { cacheFolder } from "../engine/find-engine.js";

const run = promisify(execFile);

/** An installation takes a minute at most; whoever held the lock for longer was killed. */
const LOCK_WITHIN_MS = 180_000;
const LOCK_POLL_MS = 200;

/** Test files run side by side: one installs, the others wait for it. */
async function locked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = `${folder}.lock`;
  await mkdir(dirname(folder), { recursive: true });
  const until = Date.now() + LOCK_WITHIN_MS;
  while (
    !(await mkdir(lock).then(
      () => true,
      () => false,
    ))
  ) {
    if (Date.now() > until) break;
    await setTimeout(LOCK_POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/**
 * Installs a package of PyPI into a virtual environment of the user's cache, once.
 * @param works whether the environment in that folder has what is wanted
 * @returns the folder with its programs, or why it cannot be had
 */
export async function installPythonTool(
  name: string,
  version: string,
  works: (bin: string) => Promise<boolean>,
): Promise<{ bin: string } | { reason: string }> {
  const folder = join(cacheFolder(process.env), `${name}-${version}`);
  const bin = join(folder, "bin");
  if (await works(bin)) return { bin };
  return locked(folder, async () => {
    if (await works(bin)) return { bin };
    console.error(`      installing ${name} ${version} into ${folder}, once`);
    try {
      await rm(folder, { recursive: true, force: true });
      await run("python3", ["-m", "venv", folder]);
      await run(join(bin, "pip"), ["install", "--quiet", `${name}==${version}`]);
      return { bin };
    } catch (error) {
      return { reason: (error as Error).message.split("\n")[0] ?? "" };
    }
  });
}
