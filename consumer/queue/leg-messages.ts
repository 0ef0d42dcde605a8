import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { Metrics } from "../metrics/metrics.js";
import { type HeldMessage, LONGEST_LEASE_MS } from "./message-lease.js";
import type { QueuedMessage, WorkQueue } from "./work-queue.js";

export interface LegMessagesOptions {
  queue: WorkQueue;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** A leg's message is replaced by a fresh one after this long. */
  handoverMs: number;
}

/** A STARTED event that was sent again: `drain` by a worker that stopped, `handover` by one that goes on. */
const CONTINUATION = "continuation";
/** Of a `handover`: the worker that reads the leg, and until when nobody else is to take it for abandoned. */
const HOLDER = "holder";
const HELD_UNTIL = "held-until";
/** Since when a leg waits for a worker that has room for it. */
const WAITING_SINCE = "waiting-since";

/** A message that was held for this long is let go, whether or not its copy has come back: SQS would take it half an hour later. */
const LATEST_MS = LONGEST_LEASE_MS - 30 * 60_000;
const LONGEST_DETOUR_SECONDS = 20;
/** A leg that waits for room goes round every second at first, then after a tenth of the time that it has waited. */
const LONGEST_ROUND_SECONDS = 15;
const WAIT_TO_ROUND_MS = 10_000;
const RETRY_MS = 30_000;

interface HeldLeg {
  held: HeldMessage;
  /** A younger message of the leg is held here. */
  hasYounger: boolean;
  gotYounger: () => void;
  stop: () => void;
}

/**
 * The messages of legs that are read here. While one is held, and hidden, nobody else reads its leg; when its worker dies it is
 * seen again, and the leg is read again. SQS holds a message for twelve hours at most. So after some hours a copy is sent, the
 * first message is held on until the copy has come here, and only then deleted: there is never a moment in which no message
 * stands for the leg. Other workers that get the copy send it on.
 */
export class LegMessages {
  readonly #workerId = randomUUID();
  readonly #legs = new Map<string, Set<HeldLeg>>();
  readonly #continued = new Map<string, Promise<void>>();
  #expected = 0;

  constructor(private readonly options: LegMessagesOptions) {}

  /** Copies that are on their way here: there must be room for them. */
  get expected(): number {
    return this.#expected;
  }

  /** The message stands for a leg that is read here from now on. @returns ends that */
  keep(name: string, held: HeldMessage): () => void {
    const messages = this.#legs.get(name) ?? new Set();
    this.#legs.set(name, messages);
    for (const older of messages) {
      if (older.held.message.id === held.message.id) {
        // Delivered again, as its lease was lost: this delivery stands for it from now on, and there is nothing to delete.
        older.stop();
        older.held.replaced();
        continue;
      }
      older.hasYounger = true;
      older.gotYounger();
    }
    const done = new AbortController();
    const own: HeldLeg = { held, hasYounger: false, gotYounger: () => undefined, stop: () => done.abort() };
    messages.add(own);
    // Ends with the leg.
    this.#handOver(own, done.signal).catch(() => undefined);
    return () => {
      done.abort();
      messages.delete(own);
      if (messages.size === 0) this.#legs.delete(name);
    };
  }

  isHandover({ attributes = {} }: QueuedMessage): boolean {
    return attributes[CONTINUATION]?.StringValue === "handover";
  }

  /**
   * Whether another worker says, in the message, that it reads the leg. That is believed of a message that comes for the first time:
   * one that comes again was let go by whoever had it, the holder itself as a rule.
   */
  isHeldElsewhere({ attributes = {}, receiveCount }: QueuedMessage): boolean {
    if (receiveCount > 1) return false;
    const untilMs = Date.parse(attributes[HELD_UNTIL]?.StringValue ?? "");
    const nowMs = this.options.clock.now();
    // No worker says more than that: a message that does would go round for as long as its writer likes.
    const isBelievable = untilMs > nowMs && untilMs <= nowMs + LONGEST_LEASE_MS;
    return isBelievable && attributes[HOLDER]?.StringValue !== this.#workerId;
  }

  /** Whether the leg has been begun by somebody before. */
  isContinuation({ attributes = {}, receiveCount }: QueuedMessage): boolean {
    return receiveCount > 1 || attributes[CONTINUATION] !== undefined;
  }

  /**
   * Sends another worker's message on: as a fresh one every time, for deliveries are counted, and many of them mean trouble. The
   * one that came is to be deleted then.
   * @returns how long it will be on its way
   */
  async passOn(message: QueuedMessage): Promise<number> {
    const { queue, handoverMs } = this.options;
    const delaySeconds = Math.min(LONGEST_DETOUR_SECONDS, Math.max(1, Math.ceil(handoverMs / 20_000)));
    await queue.sendAgain(message, {}, delaySeconds);
    return delaySeconds;
  }

  /**
   * There is no room here for the leg, and may be at another worker: its message is sent on as a fresh one, as above, for whoever gets
   * it. The one that came is to be deleted then.
   * @param begunMs when the leg began, where that is known
   * @returns how long it will be on its way, and how long the leg has waited so far
   */
  async passToOthers(message: QueuedMessage, begunMs?: number): Promise<{ delaySeconds: number; waitedMs: number }> {
    const { queue, clock } = this.options;
    const nowMs = clock.now();
    const saidMs = Date.parse(message.attributes?.[WAITING_SINCE]?.StringValue ?? "");
    // One that others have read until now waits since it came.
    const firstMs = (this.isContinuation(message) ? undefined : begunMs) ?? nowMs;
    const sinceMs = Math.min(nowMs, Number.isNaN(saidMs) ? firstMs : saidMs);
    const waitedMs = nowMs - sinceMs;
    const delaySeconds = Math.min(LONGEST_ROUND_SECONDS, Math.max(1, Math.ceil(waitedMs / WAIT_TO_ROUND_MS)));
    const changes = { [HOLDER]: undefined, [HELD_UNTIL]: undefined, [WAITING_SINCE]: new Date(sinceMs).toISOString() };
    // The copy's deliveries are counted anew: that the leg has been begun is to be seen in it.
    const begun = this.isContinuation(message) ? { [CONTINUATION]: "drain" } : {};
    await queue.sendAgain(message, { ...changes, ...begun }, delaySeconds);
    return { delaySeconds, waitedMs };
  }

  /** This worker stops: another one is to read the leg again. Throws where the message could not be sent again, and keeps it. */
  async continueElsewhere(name: string, { message }: HeldMessage): Promise<void> {
    const { queue } = this.options;
    let sent = this.#continued.get(name);
    if (!sent) {
      sent = queue.sendAgain(message, {
        [CONTINUATION]: "drain",
        [HOLDER]: undefined,
        [HELD_UNTIL]: undefined,
        [WAITING_SINCE]: undefined,
      });
      this.#continued.set(name, sent);
    }
    await sent;
    await queue.delete(message);
  }

  async #handOver(leg: HeldLeg, signal: AbortSignal): Promise<void> {
    const { queue, clock, logger, metrics, handoverMs } = this.options;
    const { message, sinceMs } = leg.held;
    await clock.sleep(handoverMs, signal);
    const heldUntil = new Date(sinceMs + LATEST_MS).toISOString();
    const attributes = {
      [CONTINUATION]: "handover",
      [HOLDER]: this.#workerId,
      [HELD_UNTIL]: heldUntil,
      [WAITING_SINCE]: undefined,
    };
    if (!leg.hasYounger) {
      await this.#untilDone(() => queue.sendAgain(message, attributes), signal);
      logger.info({ messageId: message.id }, "a leg's message is due: a fresh one was sent");
      this.#expected++;
      try {
        await this.#younger(leg, sinceMs + LATEST_MS - clock.now(), signal);
      } finally {
        this.#expected--;
      }
    }
    await this.#untilDone(() => queue.delete(message), signal);
    leg.held.replaced();
    metrics.count("Handovers");
  }

  /** Until a younger message of the leg is here, for so long at most. */
  async #younger(leg: HeldLeg, withinMs: number, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const abort = () => enough.abort();
    leg.gotYounger = abort;
    signal.addEventListener("abort", abort, { once: true });
    if (!leg.hasYounger) await this.options.clock.sleep(withinMs, enough.signal).catch(() => undefined);
    signal.removeEventListener("abort", abort);
    signal.throwIfAborted();
  }

  async #untilDone(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.options;
    // Bounded by the leg, and by SQS, which takes the message back in the end.
    for (;;) {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        logger.warn({ err: error }, "a leg's message could not be replaced by a fresh one yet");
      }
      await clock.sleep(RETRY_MS, signal);
    }
  }
}
