import { open, rm, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

const RETRY_MS = 5;
/** What is done under a lock takes milliseconds: whoever has one for longer was killed. */
const ABANDONED_AFTER_MS = 10_000;
/** Until then an abandoned lock is broken, and everybody who waits has had a turn. */
const LONGEST_WAIT_MS = 3 * ABANDONED_AFTER_MS;

/** Does something while nobody else, in whatever process, does anything with the same lock file. Throws where it does not get its turn. */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  for (let waitedMs = 0; !(await isTaken(path)); waitedMs += RETRY_MS) {
    if (waitedMs > LONGEST_WAIT_MS) throw new Error(`${path} has been there for too long`);
    await delay(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** @returns whether the lock is ours now */
async function isTaken(path: string): Promise<boolean> {
  try {
    await (await open(path, "wx")).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const lock = await stat(path).catch(() => undefined);
  if (lock && Date.now() - lock.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
  return false;
}
