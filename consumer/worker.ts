import { setMaxListeners } from "node:events";
import { parseStreamingEvent } from "./events/streaming-event.js";
import { Backoff } from "./kinesis-video/backoff.js";
import type { KinesisVideoAccess } from "./kinesis-video/kinesis-video-access.js";
import type { Logger } from "./logger.js";
import { LegDesk } from "./queue/leg-desk.js";
import { holdMessage } from "./queue/message-lease.js";
import type { Settlement } from "./queue/settlement.js";
import type { QueuedMessage, WorkQueue } from "./queue/work-queue.js";
import type { WorkerConfig } from "./queue/worker-config.js";
import type { CallSidecar } from "./recordings/call-sidecar.js";
import type { RecordingStore } from "./recordings/recording-store.js";
import type { Sidecar } from "./recordings/sidecar.js";

export interface WorkerOptions {
  config: WorkerConfig;
  queue: WorkQueue;
  access: KinesisVideoAccess;
  store: RecordingStore;
  logger: Logger;
  /** Called for every recording that was committed. */
  onRecorded: (sidecar: Sidecar, sidecarLocation: string) => void;
  /** Called for every call that was mixed out of its legs, and for one that was mixed again. */
  onMixed?: (sidecar: CallSidecar, sidecarLocation: string) => void;
}

/** A live leg holds two messages, and there must be room for the one that ends it. */
const MESSAGES_PER_LEG = 2;
const LONGEST_RETRY_MS = 15 * 60_000;
const MAX_FAILED_RECEIVES = 12;
const IDLE_PAUSE_MS = 250;

/**
 * The loop from streaming events in an SQS queue to recordings. It keeps no state: a message is deleted when its leg is
 * recorded, and what a worker leaves behind is delivered again and read from the stream again.
 */
export class Worker {
  readonly #desk: LegDesk;
  readonly #handling = new Set<Promise<void>>();
  readonly #handBack = new AbortController();
  readonly #receiveBackoff: Backoff;
  /** Messages that this worker gave back are due again by then. */
  #dueAtMs = 0;

  constructor(private readonly options: WorkerOptions) {
    this.#desk = new LegDesk(options);
    this.#receiveBackoff = new Backoff({ ...options.access.retry, baseMs: 500 });
  }

  /**
   * Works until `stopping` is aborted, or nothing is left where the configuration says so. Then recordings get their
   * grace to finish; what does not is handed back. Throws where messages cannot be received for minutes.
   */
  async run(stopping: AbortSignal): Promise<void> {
    const { logger, config } = this.options;
    // Every leg listens to these two, however many there are.
    setMaxListeners(0, stopping, this.#handBack.signal);
    logger.info({ mode: config.mode, concurrency: config.concurrency, output: config.output }, "worker started");
    try {
      for (;;) {
        if (stopping.aborted) break;
        await this.#room(stopping);
        if (stopping.aborted) break;
        const messages = await this.#receive(stopping);
        for (const message of messages) this.#start(message, stopping);
        if (messages.length === 0 && config.exitWhenEmpty && (await this.#isIdle())) break;
      }
    } finally {
      await this.#finish();
      logger.info("worker stopped");
    }
  }

  get #capacity(): number {
    const { mode, concurrency } = this.options.config;
    return mode === "live" ? concurrency * MESSAGES_PER_LEG + 10 : concurrency;
  }

  async #room(stopping: AbortSignal): Promise<void> {
    while (this.#handling.size >= this.#capacity && !stopping.aborted) await this.#oneHandled(stopping);
  }

  async #oneHandled(stopping: AbortSignal): Promise<void> {
    const settled = new AbortController();
    const stopped = new Promise<void>((resolve) => {
      stopping.addEventListener("abort", () => resolve(), { once: true, signal: settled.signal });
    });
    await Promise.race([...this.#handling, stopped]);
    settled.abort();
  }

  async #receive(stopping: AbortSignal): Promise<QueuedMessage[]> {
    const { queue, config, logger, access } = this.options;
    const { waitTimeSeconds, visibilityTimeoutSeconds } = config;
    const max = this.#capacity - this.#handling.size;
    for (let failures = 1; ; failures++) {
      try {
        const messages = await queue.receive({ max, waitTimeSeconds, visibilityTimeoutSeconds }, stopping);
        this.#receiveBackoff.reset();
        return messages;
      } catch (error) {
        if (stopping.aborted) return [];
        if (failures >= MAX_FAILED_RECEIVES) throw error;
        logger.error({ err: error }, "messages could not be received");
        await access.clock.sleep(this.#receiveBackoff.nextMs(), stopping).catch(() => undefined);
        if (stopping.aborted) return [];
      }
    }
  }

  /** Nothing is being worked on, and nothing that was given back has still to come again. */
  async #isIdle(): Promise<boolean> {
    const { clock } = this.options.access;
    const dueInMs = this.#dueAtMs - clock.now();
    if (this.#handling.size === 0 && dueInMs <= 0) return true;
    // A leg that is read live may wait for a message that ends it: the queue is asked again soon.
    const pause = new AbortController();
    await Promise.race([clock.sleep(IDLE_PAUSE_MS, pause.signal).catch(() => undefined), ...this.#handling]);
    pause.abort();
    return false;
  }

  #start(message: QueuedMessage, stopping: AbortSignal): void {
    const handled = this.#handle(message, stopping).finally(() => this.#handling.delete(handled));
    this.#handling.add(handled);
  }

  async #handle(message: QueuedMessage, stopping: AbortSignal): Promise<void> {
    const { queue, config, logger, access } = this.options;
    const release = holdMessage(queue, message, { ...config, clock: access.clock, logger });
    const isLast = message.receiveCount >= queue.maxReceiveCount;
    try {
      let settlement: Settlement;
      try {
        settlement = await this.#settle(message, { isLast, signal: this.#handBack.signal, stopping });
      } finally {
        await release();
      }
      await this.#carryOut(message, settlement);
    } catch (error) {
      const stopped = this.#handBack.signal.aborted || stopping.aborted;
      if (stopped) logger.info({ messageId: message.id }, "handed back");
      else logger.error({ err: error, messageId: message.id, receiveCount: message.receiveCount }, "failed");
      await this.#giveBack(message, stopped ? 0 : this.#retryDelayMs(message));
    }
  }

  async #settle(message: QueuedMessage, delivery: Parameters<LegDesk["take"]>[1]): Promise<Settlement> {
    const parsed = parseStreamingEvent(message.body);
    if (parsed.kind !== "event") return { kind: "putAside", reason: `${parsed.kind}: ${parsed.reason}` };
    return this.#desk.take(parsed.event, delivery);
  }

  async #carryOut(message: QueuedMessage, settlement: Settlement): Promise<void> {
    const { queue, logger } = this.options;
    switch (settlement.kind) {
      case "done":
        return queue.delete(message);
      case "later":
        logger.info({ messageId: message.id, why: settlement.why }, "later");
        return this.#giveBack(message, this.#retryDelayMs(message));
      case "putAside":
        logger.warn({ messageId: message.id, reason: settlement.reason }, "put aside in the dead-letter queue");
        return queue.putAside(message, settlement.reason);
    }
  }

  #retryDelayMs({ receiveCount }: QueuedMessage): number {
    const doubled = this.options.config.retryDelayMs * 2 ** Math.min(receiveCount - 1, 20);
    return Math.min(doubled, LONGEST_RETRY_MS);
  }

  async #giveBack(message: QueuedMessage, delayMs: number): Promise<void> {
    const { queue, logger, access } = this.options;
    const seconds = Math.ceil(delayMs / 1000);
    try {
      await queue.hide(message, seconds);
      // Delayed messages come back a little late.
      const dueInMs = seconds === 0 ? 0 : (seconds + 1) * 1000;
      this.#dueAtMs = Math.max(this.#dueAtMs, access.clock.now() + dueInMs);
    } catch (error) {
      logger.warn({ err: error, messageId: message.id }, "the message will be delivered again when its time is over");
    }
  }

  async #finish(): Promise<void> {
    const { config, access } = this.options;
    const graceOver = new AbortController();
    const all = Promise.all(this.#handling);
    const grace = access.clock.sleep(config.shutdownGraceMs, graceOver.signal).catch(() => undefined);
    await Promise.race([all, grace]);
    graceOver.abort();
    this.#handBack.abort(new Error("the worker stops"));
    await all;
  }
}
