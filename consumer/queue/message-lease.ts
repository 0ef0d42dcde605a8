import { AwsCallError } from "../../aws/call-error.js";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { QueuedMessage, WorkQueue } from "./work-queue.js";

const LEASE_LOST = new Set(["MessageNotInflight", "ReceiptHandleIsInvalid"]);

/** SQS gives a message back 12 hours after its delivery, renewed or not. */
export const LONGEST_LEASE_MS = 12 * 60 * 60_000;

/** A renewal that is on its way is waited for, as it would undo what is done with the message next; one that hangs is broken off. */
const RENEWED_WITHIN_MS = 5_000;

/** A message that is kept hidden while it is worked on. */
export interface HeldMessage {
  readonly message: QueuedMessage;
  readonly sinceMs: number;
  /** It has been deleted meanwhile, and another message stands for its work: nothing is to be done with it any more. */
  readonly isReplaced: boolean;
  replaced(): void;
  /** Stops renewing; when it resolves no renewal is on its way any more. */
  release(): Promise<void>;
}

/** Keeps a message hidden while it is worked on, renewing at a third of the time it is hidden for. */
export function holdMessage(
  queue: WorkQueue,
  message: QueuedMessage,
  options: { visibilityTimeoutSeconds: number; clock: Clock; logger: Logger },
): HeldMessage {
  const { visibilityTimeoutSeconds, clock, logger } = options;
  const done = new AbortController();
  const brokenOff = new AbortController();
  const sinceMs = clock.now();
  const untilMs = sinceMs + LONGEST_LEASE_MS;
  let isReplaced = false;
  const renew = async () => {
    while (clock.now() < untilMs) {
      await clock.sleep((visibilityTimeoutSeconds * 1000) / 3, done.signal);
      try {
        await queue.hide(message, visibilityTimeoutSeconds, brokenOff.signal);
      } catch (error) {
        if (brokenOff.signal.aborted) return;
        // It was delivered to somebody else meanwhile: this delivery is over, its recording still counts.
        if (error instanceof AwsCallError && LEASE_LOST.has(error.code)) return;
        logger.warn({ err: error, messageId: message.id }, "the message could not be kept hidden");
      }
    }
  };
  const renewing = renew().catch(() => undefined);
  return {
    message,
    sinceMs,
    get isReplaced() {
      return isReplaced;
    },
    replaced: () => {
      isReplaced = true;
      done.abort();
    },
    release: async () => {
      done.abort();
      const ended = new AbortController();
      const wait = clock.sleep(RENEWED_WITHIN_MS, ended.signal).then(() => brokenOff.abort());
      await Promise.race([renewing, wait]).catch(() => undefined);
      ended.abort();
      await wait.catch(() => undefined);
      await renewing;
    },
  };
}
