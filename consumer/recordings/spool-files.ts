import { randomUUID } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "../logger.js";

/** With what a file that is being written has around its name. */
const SPOOL_FILE = /^\.?chime-voice-streaming-(\d{1,10})-[0-9a-f-]{36}\.wav(?:\..{1,64}\.part)?$/;

/** A name for audio that waits until it is whole: nobody else's, and it says whose. */
export function spoolFile(): string {
  return `chime-voice-streaming-${process.pid}-${randomUUID()}.wav`;
}

/**
 * Removes audio that processes of this machine left behind when they were killed. What cannot be removed is in the log alone.
 * @param directory where they spooled. Default: the system's directory for temporary files
 */
export async function removeLeftSpools(directory = tmpdir(), logger: Logger): Promise<void> {
  try {
    for (const name of await readdir(directory)) {
      const pid = Number(SPOOL_FILE.exec(name)?.[1]);
      const path = join(directory, name);
      if (!pid || !(await isLeft(path, pid))) continue;
      await rm(path, { force: true });
      logger.warn({ name }, "audio that was left by a process that was killed is removed");
    }
  } catch (error) {
    logger.warn({ err: error }, "what was left by others could not be removed");
  }
}

async function isLeft(path: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isRunning(pid);
  // Process ids are used again.
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.mtimeMs < performance.timeOrigin;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
