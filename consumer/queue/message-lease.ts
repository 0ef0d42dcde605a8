import { AwsCallError } from "../../aws/call-error.js";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { QueuedMessage, WorkQueue } from "./work-queue.js";

const LEASE_LOST = new Set(["MessageNotInflight", "ReceiptHandleIsInvalid"]);

/** SQS gives a message back 12 hours after its delivery, renewed or not. */
const LONGEST_LEASE_MS = 12 * 60 * 60_000;

/**
 * Keeps a message hidden while it is worked on, renewing at a third of the time it is hidden for.
 * @returns stops renewing; when it resolves no renewal is on its way any more
 */
export function holdMessage(
  queue: WorkQueue,
  message: QueuedMessage,
  options: { visibilityTimeoutSeconds: number; clock: Clock; logger: Logger },
): () => Promise<void> {
  const { visibilityTimeoutSeconds, clock, logger } = options;
  const done = new AbortController();
  const untilMs = clock.now() + LONGEST_LEASE_MS;
  const renew = async () => {
    while (clock.now() < untilMs) {
      await clock.sleep((visibilityTimeoutSeconds * 1000) / 3, done.signal);
      try {
        await queue.hide(message, visibilityTimeoutSeconds);
      } catch (error) {
        // It was delivered to somebody else meanwhile: this delivery is over, its recording still counts.
        if (error instanceof AwsCallError && LEASE_LOST.has(error.code)) return;
        logger.warn({ err: error, messageId: message.id }, "the message could not be kept hidden");
      }
    }
  };
  const renewing = renew().catch(() => undefined);
  return async () => {
    done.abort();
    await renewing;
  };
}
