import type { KinesisVideoAccess } from "../kinesis-video/kinesis-video-access.js";
import type { Logger } from "../logger.js";
import type { Metrics } from "../metrics/metrics.js";
import type { MarkStore } from "../recordings/marks.js";
import type { RecordingStore } from "../recordings/recording-store.js";
import type { Announcer } from "./announcer.js";
import type { ReconcileConfig } from "./reconcile-config.js";

/** What both tiers work with. */
export interface ReconcileContext {
  config: ReconcileConfig;
  /** Paced: every request of both tiers waits for its turn. */
  access: KinesisVideoAccess;
  store: RecordingStore;
  marks: MarkStore;
  announcer: Announcer;
  metrics: Metrics;
  logger: Logger;
  /** Aborted when the time is over: what is under way is dropped, nothing more is begun. */
  deadline: AbortSignal;
}

/** What became of a number of things to look at. */
export interface RoundResult {
  done: number;
  /** Left for the next time, because it failed or the time was over; at least so many. */
  left: number;
}

/**
 * Looks at one thing after the other until the deadline. What fails costs itself alone; where nothing else was there, or all failed,
 * the last failure is thrown.
 */
export async function eachInTurn<Item>(
  { deadline, logger }: Pick<ReconcileContext, "deadline" | "logger">,
  items: readonly Item[],
  look: (item: Item) => Promise<void>,
): Promise<RoundResult> {
  let done = 0;
  let failure: unknown;
  for (const item of items) {
    if (deadline.aborted) break;
    try {
      await look(item);
      done++;
    } catch (error) {
      if (deadline.aborted) break;
      logger.error({ err: error }, "left for the next time");
      failure = error;
    }
  }
  if (failure && done === 0 && !deadline.aborted) throw failure;
  return { done, left: items.length - done };
}
