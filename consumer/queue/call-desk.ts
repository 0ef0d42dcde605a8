import { setImmediate } from "node:timers/promises";
import { recordCall } from "../call/call-recording.js";
import { Gate } from "../gate.js";
import { KeyedLock } from "../keyed-lock.js";
import type { Logger } from "../logger.js";
import type { CallSidecar } from "../recordings/call-sidecar.js";
import type { RecordingStore } from "../recordings/recording-store.js";
import type { LegObserver } from "./leg-observer.js";

export interface CallDeskOptions {
  store: RecordingStore;
  logger: Logger;
  /** Called for every call that was mixed, and for one that was mixed again. */
  onMixed?: (sidecar: CallSidecar, sidecarLocation: string) => void;
  observer?: Pick<LegObserver, "onMixed">;
}

/** The disk is what limits it, and memory what it must not take from legs that are being recorded. */
const MIXED_AT_A_TIME = 4;

/** Mixes calls out of their legs' recordings, each once at a time. */
export class CallDesk {
  readonly #calls = new KeyedLock();
  readonly #gate = new Gate(MIXED_AT_A_TIME);
  /** Those that have not looked for recordings yet: whoever comes meanwhile is served by them, too. */
  readonly #waiting = new Map<string, Promise<void>>();

  constructor(private readonly options: CallDeskOptions) {}

  /** Brings the call up to date with its legs. Throws what a later delivery may mend. */
  mix(transactionId: string, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(transactionId);
    if (waiting) return waiting;
    const mixed = this.#calls.run(transactionId, async () => {
      try {
        // All messages of a leg are told of its recording at the same moment.
        await setImmediate();
        const leave = await this.#gate.enter(signal);
        this.#waiting.delete(transactionId);
        try {
          await this.#mix(transactionId, signal);
        } finally {
          leave();
        }
      } finally {
        if (this.#waiting.get(transactionId) === mixed) this.#waiting.delete(transactionId);
      }
    });
    this.#waiting.set(transactionId, mixed);
    return mixed;
  }

  async #mix(transactionId: string, signal: AbortSignal): Promise<void> {
    const { store, logger, onMixed, observer } = this.options;
    const outcome = await recordCall(transactionId, { store, signal });
    switch (outcome.kind) {
      case "mixed": {
        const { complete, missingLeg, channelAssignment, durationMs, audio } = outcome.sidecar;
        const { location } = audio;
        logger.info({ transactionId, complete, missingLeg, channelAssignment, durationMs, location }, "call mixed");
        onMixed?.(outcome.sidecar, outcome.sidecarLocation);
        observer?.onMixed(outcome.sidecar);
        return;
      }
      case "notMixed":
        logger.warn({ transactionId, reason: outcome.reason }, "the call's legs cannot be mixed");
        return;
      case "current":
      case "oneLeg":
        return;
    }
  }
}
