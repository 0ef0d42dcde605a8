import type { Clock } from "../clock.js";
import { Backoff, type BackoffOptions } from "../kinesis-video/backoff.js";
import type { Logger } from "../logger.js";
import type { QueuedMessage, WorkQueue } from "./work-queue.js";

export interface MessageSourceOptions {
  queue: WorkQueue;
  waitTimeSeconds: number;
  visibilityTimeoutSeconds: number;
  clock: Clock;
  retry: BackoffOptions;
  logger: Logger;
  /** Told of every request that failed, before the next one. */
  onFailure: () => void;
}

const MAX_FAILED_RECEIVES = 12;

/** Where a worker gets its messages from, one request at a time. */
export class MessageSource {
  readonly #brokenOff = new AbortController();
  readonly #backoff: Backoff;
  #answered: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: MessageSourceOptions) {
    this.#backoff = new Backoff({ ...options.retry, baseMs: 500 });
  }

  /** Up to `max` messages; none where there are none, or `stopping` is aborted. Throws where none can be received for minutes. */
  next(max: number, stopping: AbortSignal): Promise<QueuedMessage[]> {
    const messages = this.#receive(max, stopping);
    this.#answered = messages.catch(() => undefined);
    return messages;
  }

  /** Resolves when no request is on its way. */
  get answered(): Promise<unknown> {
    return this.#answered;
  }

  /** Ends a request that is on its way. SQS may go on with it, and give its messages to nobody until they are visible again. */
  breakOff(): void {
    this.#brokenOff.abort();
  }

  async #receive(max: number, stopping: AbortSignal): Promise<QueuedMessage[]> {
    const { queue, waitTimeSeconds, visibilityTimeoutSeconds, clock, logger, onFailure } = this.options;
    for (let failures = 1; ; failures++) {
      try {
        const request = { max, waitTimeSeconds, visibilityTimeoutSeconds };
        const messages = await queue.receive(request, this.#brokenOff.signal);
        this.#backoff.reset();
        return messages;
      } catch (error) {
        if (stopping.aborted) return [];
        if (failures >= MAX_FAILED_RECEIVES) throw error;
        logger.error({ err: error }, "messages could not be received");
        onFailure();
        await clock.sleep(this.#backoff.nextMs(), stopping).catch(() => undefined);
        if (stopping.aborted) return [];
      }
    }
  }
}
