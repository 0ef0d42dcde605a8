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
  if (await isMade(path)) return true;
  if (await isAbandoned(path)) await breakLock(path);
  return false;
}

/** One at a time, or who comes second would remove the lock that somebody took after the first had broken it. */
async function breakLock(path: string): Promise<void> {
  const breaking = `${path}.breaking`;
  if (!(await isMade(breaking))) {
    if (await isAbandoned(breaking)) await rm(breaking, { force: true });
    return;
  }
  try {
    if (await isAbandoned(path)) await rm(path, { force: true });
  } finally {
    await rm(breaking, { force: true });
  }
}

/** @returns false where the file is there already */
async function isMade(path: string): Promise<boolean> {
  try {
    await (await open(path, "wx")).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const file = await stat(path).catch(() => undefined);
  return file !== undefined && Date.now() - file.mtimeMs > ABANDONED_AFTER_MS;
}
