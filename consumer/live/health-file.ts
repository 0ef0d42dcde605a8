import { stat, utimes, writeFile } from "node:fs/promises";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";

/** How often the file of a healthy worker is touched. */
const TOUCHED_EVERY_MS = 10_000;
/** A worker whose file is older than this is not healthy: six times the above, for machines that are busy. */
const HEALTHY_FOR_MS = 60_000;
/** A request for messages takes 20 s, and is repeated where it fails. */
const LONGEST_STEP_MS = 120_000;

export interface HealthFile {
  /** The loop has taken a step. */
  beat(): void;
  /** The loop waits, and is right to, until the next beat. */
  rest(): void;
  stop(): void;
}

/** Nobody asks. */
export const noHealthFile: HealthFile = { beat: () => undefined, rest: () => undefined, stop: () => undefined };

/**
 * A file that is touched while a process is alive: its timers run, and its loop takes steps. Where either has stopped it grows
 * old, which is for {@link isHealthy} to see, in a process that asks for a container's health check.
 * @param path is made where it is missing
 */
export function keepHealthFile(path: string, { clock, logger }: { clock: Clock; logger: Logger }): HealthFile {
  const stopped = new AbortController();
  let steppedAtMs = clock.now();
  let isResting = false;
  const keep = async () => {
    while (!stopped.signal.aborted) {
      if (isResting || clock.now() - steppedAtMs < LONGEST_STEP_MS) {
        await touch(path, clock.now()).catch((error) =>
          logger.warn({ err: error, path }, "HEALTH_FILE is not touched"),
        );
      }
      await clock.sleep(TOUCHED_EVERY_MS, stopped.signal);
    }
  };
  keep().catch(() => undefined);
  return {
    beat: () => {
      isResting = false;
      steppedAtMs = clock.now();
    },
    rest: () => {
      isResting = true;
    },
    stop: () => stopped.abort(),
  };
}

async function touch(path: string, nowMs: number): Promise<void> {
  const time = new Date(nowMs);
  try {
    await utimes(path, time, time);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await writeFile(path, "");
    await utimes(path, time, time);
  }
}

/** Whether the process that keeps the file was alive a minute ago. */
export async function isHealthy(path: string, nowMs: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && nowMs - found.mtimeMs <= HEALTHY_FOR_MS;
}
