import { type Clock, systemClock } from "../clock.js";
import type { StreamArn } from "../events/stream-arn.js";
import { Gate } from "../gate.js";

export interface StreamQuotasOptions {
  /** Archived media of one stream. Default 500, the service's quota. */
  fragmentsPerSecond?: number;
  /** GetMediaForFragmentList calls on one stream at a time. Default 5, the service's quota. */
  concurrentReads?: number;
  /**
   * Such calls of this process on all streams. Default 50: what they bring is held until its turn, and after an outage a thousand
   * live legs come to the archive at the same moment.
   */
  concurrentReadsInAll?: number;
  clock?: Clock;
}

interface StreamState {
  gate: Gate;
  /** Readers inside the gate or in front of it. */
  users: number;
  /** When the fragments already asked for will have been delivered at the quota's rate. */
  paidUntilMs: number;
}

/**
 * Keeps all readers of a process within the quotas that Kinesis Video Streams sets for one stream's archived media
 * (https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/service-quotas.html): asking for more only costs
 * refused calls, and takes from whoever else reads the stream.
 */
export class StreamQuotas {
  readonly #fragmentsPerSecond: number;
  readonly #concurrentReads: number;
  readonly #all: Gate;
  readonly #clock: Clock;
  readonly #streams = new Map<string, StreamState>();

  constructor(options: StreamQuotasOptions = {}) {
    this.#fragmentsPerSecond = options.fragmentsPerSecond ?? 500;
    this.#concurrentReads = options.concurrentReads ?? 5;
    this.#all = new Gate(options.concurrentReadsInAll ?? 50);
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Waits until the stream's quotas allow reading `fragments` more.
   * @returns to be called once, when the read is over, however it ended
   */
  async acquire(stream: StreamArn, fragments: number, signal?: AbortSignal): Promise<() => void> {
    const state = this.#stateOf(stream);
    state.users++;
    const leave = () => {
      state.users--;
      this.#forgetPaid();
    };
    let giveBack: (() => void) | undefined;
    let giveBackInAll: () => void;
    try {
      giveBack = await state.gate.enter(signal);
      const nowMs = this.#clock.now();
      const startMs = Math.max(nowMs, state.paidUntilMs);
      state.paidUntilMs = startMs + (fragments / this.#fragmentsPerSecond) * 1000;
      if (startMs > nowMs) await this.#clock.sleep(startMs - nowMs, signal);
      // Last, so that nobody holds a place who is still waiting for his own stream.
      giveBackInAll = await this.#all.enter(signal);
    } catch (error) {
      giveBack?.();
      leave();
      throw error;
    }
    const release = giveBack;
    return () => {
      giveBackInAll();
      release();
      leave();
    };
  }

  #stateOf(stream: StreamArn): StreamState {
    const known = this.#streams.get(stream.arn);
    if (known) return known;
    const state = { gate: new Gate(this.#concurrentReads), users: 0, paidUntilMs: 0 };
    this.#streams.set(stream.arn, state);
    return state;
  }

  /** A stream whose reads are not paid for yet is kept: forgetting it would grant the next reader a second burst. */
  #forgetPaid(): void {
    const nowMs = this.#clock.now();
    for (const [arn, state] of this.#streams) {
      if (state.users === 0 && state.paidUntilMs <= nowMs) this.#streams.delete(arn);
    }
  }
}
