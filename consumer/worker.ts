import { setMaxListeners } from "node:events";
import { markName } from "./events/event-mark.js";
import { parseStreamingEvent, type StartedEvent } from "./events/streaming-event.js";
import type { KinesisVideoAccess } from "./kinesis-video/kinesis-video-access.js";
import { type HealthFile, noHealthFile } from "./live/health-file.js";
import type { Logger } from "./logger.js";
import { type Metrics, noMetrics } from "./metrics/metrics.js";
import { countRetry } from "./metrics/retry-metrics.js";
import { WorkerReport } from "./metrics/worker-report.js";
import { EventDesk } from "./queue/event-desk.js";
import type { Delivery } from "./queue/leg-desk.js";
import { LegMessages } from "./queue/leg-messages.js";
import { type HeldMessage, holdMessage } from "./queue/message-lease.js";
import { MessageSource } from "./queue/message-source.js";
import { retryDelayMs } from "./queue/retry-delay.js";
import type { Settlement } from "./queue/settlement.js";
import type { QueuedMessage, WorkQueue } from "./queue/work-queue.js";
import type { WorkerConfig } from "./queue/worker-config.js";
import type { CallSidecar } from "./recordings/call-sidecar.js";
import type { MarkStore } from "./recordings/marks.js";
import type { RecordingStore } from "./recordings/recording-store.js";
import type { Sidecar } from "./recordings/sidecar.js";

export interface WorkerOptions {
  config: WorkerConfig;
  queue: WorkQueue;
  access: KinesisVideoAccess;
  store: RecordingStore;
  /** Where workers leave word for each other. Default: nowhere; then a live leg's end is heard of only by who gets its ENDED. */
  marks?: MarkStore;
  logger: Logger;
  /** Default: none. Reported once a minute, and when the worker stops. */
  metrics?: Metrics;
  /** Told of every step of the loop. */
  health?: HealthFile;
  /** Told of the number of legs that are being recorded, whenever it changes. */
  onLegs?: (count: number) => void;
  /** Called for every recording that was committed. */
  onRecorded: (sidecar: Sidecar, sidecarLocation: string) => void;
  /** Called for every call that was mixed out of its legs, and for one that was mixed again. */
  onMixed?: (sidecar: CallSidecar, sidecarLocation: string) => void;
}

/** A live leg holds two messages, and there must be room for the one that ends it. */
const MESSAGES_PER_LEG = 2;
const IDLE_PAUSE_MS = 250;
/** After the grace: to hand back what did not finish. Containers are killed a little later. */
const HANDED_BACK_WITHIN_MS = 10_000;

const TO_READER = "sent on to the worker that reads the leg";
const TO_ANYBODY = "no room for a leg: sent on to whoever has some";

/** A message is for another worker, and was sent on. */
type Handled = Settlement | { kind: "passedOn"; to: string; delaySeconds: number };

/**
 * The loop from streaming events in an SQS queue to recordings. It keeps no state: a message is deleted when its leg is
 * recorded, and what a worker leaves behind is delivered again and read from the stream again.
 */
export class Worker {
  readonly #desk: EventDesk;
  readonly #legMessages: LegMessages;
  readonly #report: WorkerReport;
  readonly #metrics: Metrics;
  readonly #health: HealthFile;
  readonly #handling = new Set<Promise<void>>();
  readonly #handBack = new AbortController();
  readonly #source: MessageSource;
  #finished: Promise<void> | undefined;
  /** Messages that this worker gave back are due again by then. */
  #dueAtMs = 0;

  constructor(private readonly options: WorkerOptions) {
    const { queue, access, logger, config, metrics = noMetrics, health = noHealthFile } = options;
    this.#metrics = metrics;
    this.#health = health;
    this.#desk = new EventDesk(options);
    const { legs } = this.#desk;
    this.#report = new WorkerReport(metrics, config.mode === "live" ? () => legs.legsInProgress : undefined);
    const { clock, retry } = access;
    const { handoverMs } = config;
    this.#legMessages = new LegMessages({ queue, clock, logger, metrics, handoverMs });
    this.#source = new MessageSource({ ...config, queue, clock, retry, logger, onFailure: () => health.beat() });
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
    const stopReporting = this.#report.start();
    // Grace begins now, though the last request for messages is still on its way.
    stopping.addEventListener("abort", () => void this.#finish(), { once: true });
    try {
      for (;;) {
        if (stopping.aborted) break;
        await this.#room(stopping);
        if (stopping.aborted) break;
        const messages = await this.#source.next(this.#capacity - this.#handling.size, stopping);
        if (stopping.aborted) await Promise.all(messages.map((message) => this.#giveBack(message, 0)));
        else for (const message of messages) this.#start(message, stopping);
        if (messages.length === 0 && config.exitWhenEmpty && (await this.#isIdle())) break;
      }
    } finally {
      await this.#finish();
      stopReporting();
      logger.info("worker stopped");
    }
  }

  get #capacity(): number {
    const { mode, concurrency } = this.options.config;
    return mode === "live" ? concurrency * MESSAGES_PER_LEG + 10 + this.#legMessages.expected : concurrency;
  }

  async #room(stopping: AbortSignal): Promise<void> {
    while (this.#handling.size >= this.#capacity && !stopping.aborted) {
      this.#health.rest();
      await this.#oneHandled(stopping);
    }
    this.#health.beat();
  }

  async #oneHandled(stopping: AbortSignal): Promise<void> {
    const settled = new AbortController();
    const stopped = new Promise<void>((resolve) => {
      stopping.addEventListener("abort", () => resolve(), { once: true, signal: settled.signal });
    });
    await Promise.race([...this.#handling, stopped]);
    settled.abort();
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
    const held = holdMessage(queue, message, { ...config, clock: access.clock, logger });
    let liveLeg: string | undefined;
    try {
      let handled: Handled;
      try {
        const parsed = parseStreamingEvent(message.body);
        if (parsed.kind !== "event") handled = { kind: "putAside", reason: `${parsed.kind}: ${parsed.reason}` };
        else {
          const { event } = parsed;
          if (event.status === "STARTED" && config.mode === "live") liveLeg = markName(event);
          const delivery = this.#delivery(message, stopping);
          handled = await (liveLeg === undefined
            ? this.#desk.take(event, delivery)
            : this.#takeLive(event as StartedEvent, liveLeg, held, delivery));
        }
      } finally {
        await held.release();
      }
      if (!held.isReplaced) await this.#carryOut(message, handled);
    } catch (error) {
      if (held.isReplaced) return;
      const stopped = this.#handBack.signal.aborted || stopping.aborted;
      if (stopped) return this.#leaveBehind(held, liveLeg);
      countRetry(this.#metrics, message, access.clock.now());
      logger.error({ err: error, messageId: message.id, receiveCount: message.receiveCount }, "failed");
      await this.#giveBack(message, this.#retryDelayMs(message));
    }
  }

  #delivery(message: QueuedMessage, stopping: AbortSignal): Delivery {
    const { receiveCount } = message;
    const isLast = receiveCount >= this.options.queue.maxReceiveCount;
    const isContinuation = this.#legMessages.isContinuation(message);
    return { isLast, receiveCount, isContinuation, signal: this.#handBack.signal, stopping };
  }

  async #takeLive(event: StartedEvent, name: string, held: HeldMessage, delivery: Delivery): Promise<Handled> {
    const { message } = held;
    const { legs } = this.#desk;
    if (this.#legMessages.isHandover(message) && !legs.isRunning(name)) {
      const { sidecar } = await this.options.store.find(name);
      // It was read to its end while the message went from worker to worker.
      if (sidecar && sidecar.endProof !== "none") {
        this.#desk.settledOn(sidecar);
        return { kind: "done" };
      }
      if (this.#legMessages.isHeldElsewhere(message)) {
        return { kind: "passedOn", to: TO_READER, delaySeconds: await this.#legMessages.passOn(message) };
      }
    }
    // One more message of a leg that is read here takes no place.
    const leave = legs.isRunning(name) ? undefined : legs.place();
    if (!leave && !legs.isRunning(name)) return this.#passToOthers(message, event);
    const forget = this.#legMessages.keep(name, held);
    try {
      return await this.#desk.take(event, { ...delivery, leave });
    } finally {
      forget();
      leave?.();
    }
  }

  /** What cannot be read here must not lie here: others may have room, and the messages that end legs need some here. */
  async #passToOthers(message: QueuedMessage, { startTimeMs }: StartedEvent): Promise<Handled> {
    const { delaySeconds, waitedMs } = await this.#legMessages.passToOthers(message, startTimeMs);
    this.#report.waited(waitedMs);
    return { kind: "passedOn", to: TO_ANYBODY, delaySeconds };
  }

  /** The worker stops: what it has not done is for others. */
  async #leaveBehind(held: HeldMessage, liveLeg: string | undefined): Promise<void> {
    const { message } = held;
    const { logger } = this.options;
    if (liveLeg !== undefined) {
      try {
        await this.#legMessages.continueElsewhere(liveLeg, held);
        logger.info({ messageId: message.id }, "handed to another worker");
        return;
      } catch (error) {
        logger.warn({ err: error, messageId: message.id }, "no fresh message could be sent: this one is handed back");
      }
    } else {
      logger.info({ messageId: message.id }, "handed back");
    }
    await this.#giveBack(message, 0);
  }

  async #carryOut(message: QueuedMessage, handled: Handled): Promise<void> {
    const { queue, logger, access } = this.options;
    switch (handled.kind) {
      case "done":
        return queue.delete(message);
      case "later":
        countRetry(this.#metrics, message, access.clock.now());
        logger.info({ messageId: message.id, why: handled.why }, "later");
        return this.#giveBack(message, this.#retryDelayMs(message));
      case "putAside":
        this.#metrics.count("EventsRefused");
        logger.warn({ messageId: message.id, reason: handled.reason }, "put aside in the dead-letter queue");
        return queue.putAside(message, handled.reason);
      case "passedOn":
        logger.info({ messageId: message.id }, handled.to);
        this.#isDueIn(handled.delaySeconds);
        return queue.delete(message);
    }
  }

  #retryDelayMs({ receiveCount }: QueuedMessage): number {
    return retryDelayMs(this.options.config.retryDelayMs, receiveCount);
  }

  async #giveBack(message: QueuedMessage, delayMs: number): Promise<void> {
    const { queue, logger } = this.options;
    const seconds = Math.ceil(delayMs / 1000);
    try {
      await queue.hide(message, seconds);
      this.#isDueIn(seconds);
    } catch (error) {
      logger.warn({ err: error, messageId: message.id }, "the message will be delivered again when its time is over");
    }
  }

  #isDueIn(seconds: number): void {
    // Delayed messages come back a little late.
    const dueInMs = seconds === 0 ? 0 : (seconds + 1) * 1000;
    this.#dueAtMs = Math.max(this.#dueAtMs, this.options.access.clock.now() + dueInMs);
  }

  #finish(): Promise<void> {
    this.#finished ??= this.#end();
    return this.#finished;
  }

  async #end(): Promise<void> {
    const { config, access, logger } = this.options;
    const graceOver = new AbortController();
    const all = Promise.all(this.#handling);
    const grace = access.clock.sleep(config.shutdownGraceMs, graceOver.signal).catch(() => undefined);
    await Promise.race([all, grace]);
    this.#handBack.abort(new Error("the worker stops"));
    const isHandedBack = await Promise.race([
      all.then(() => true),
      access.clock.sleep(HANDED_BACK_WITHIN_MS, graceOver.signal).then(() => false),
    ]);
    if (!isHandedBack)
      logger.error({ messages: this.#handling.size }, "not handed back: these come again by themselves");
    // A request that is broken off goes on at SQS, and hides up to ten messages from everybody. So it may end by itself.
    await Promise.race([this.#source.answered, grace]);
    graceOver.abort();
    this.#source.breakOff();
  }
}
