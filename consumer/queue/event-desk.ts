import { foreignReason } from "../events/event-origin.js";
import type { EndedEvent, FailedEvent, StartedEvent, StreamingEvent } from "../events/streaming-event.js";
import { withoutNumbers } from "../events/without-numbers.js";
import { legMetrics } from "../metrics/leg-metrics.js";
import { type Metrics, noMetrics } from "../metrics/metrics.js";
import type { Sidecar } from "../recordings/sidecar.js";
import { type Delivery, LegDesk, type LegDeskOptions } from "./leg-desk.js";
import type { LegObserver } from "./leg-observer.js";
import type { Settlement } from "./settlement.js";
import { StartedMarks } from "./started-marks.js";
import type { WorkerConfig } from "./worker-config.js";

export interface EventDeskOptions extends Omit<LegDeskOptions, "observer"> {
  config: LegDeskOptions["config"] & Pick<WorkerConfig, "origin">;
  /** Default: nothing is counted. */
  metrics?: Metrics | undefined;
}

/** Decides what is done about an event: whether it is ours, and what is left when nobody hears of the next one. */
export class EventDesk {
  /** Where legs are recorded. */
  readonly legs: LegDesk;

  readonly #observer: LegObserver;
  readonly #marks: StartedMarks;

  constructor(private readonly options: EventDeskOptions) {
    this.#observer = legMetrics(options.metrics ?? noMetrics);
    const { marks, store, access, logger } = options;
    this.#marks = new StartedMarks({ marks, store, clock: access.clock, logger });
    const onStillHeard = (name: string) => void this.#marks.stillHeard(name);
    this.legs = new LegDesk({ ...options, observer: this.#observer, onStillHeard });
  }

  /** Throws what a later delivery may mend: a refusal by AWS, a store that cannot be written. */
  async take(event: StreamingEvent, delivery: Delivery): Promise<Settlement> {
    const { config } = this.options;
    const foreign = foreignReason(event, config.origin);
    if (foreign !== undefined) return { kind: "putAside", reason: foreign };
    // Who reads a leg live is done when it has ended, and may be another worker by then.
    const isCountedAtOnce = event.status === "STARTED" && config.mode === "live";
    if (isCountedAtOnce && (delivery.receiveCount ?? 1) === 1 && !delivery.isContinuation)
      this.#observer.onEvent(event);
    const settlement = await this.#settle(event, delivery);
    // Not when it comes: SQS counts deliveries that a function never saw, so the first one here need not be the first.
    const isSettled = settlement.kind !== "later" || delivery.isLast;
    if (isSettled && !isCountedAtOnce) this.#observer.onEvent(event);
    if (settlement.kind === "done" && settlement.sidecar) this.settledOn(settlement.sidecar);
    return settlement;
  }

  /** A message is done with, as there is this recording. */
  settledOn(sidecar: Sidecar): void {
    this.#observer.onSettled(sidecar);
  }

  async #settle(event: StreamingEvent, delivery: Delivery): Promise<Settlement> {
    switch (event.status) {
      case "STARTED":
        await this.#begun(event);
        return this.#recordLeg(event, delivery);
      case "ENDED":
        return this.#recordLeg(event, delivery);
      case "UPDATED":
        return { kind: "done" };
      case "FAILED":
        this.#tellFailure(event);
        return { kind: "done" };
    }
  }

  /** A leg that is read live does not wait for word of it to be left: a bucket that refuses now may take the recording later. */
  async #begun(event: StartedEvent): Promise<void> {
    const { config, logger } = this.options;
    try {
      await this.#marks.begun(event);
    } catch (error) {
      if (config.mode !== "live") throw error;
      logger.error(
        { err: error },
        "word of a leg that has begun could not be left: should it be lost, nobody looks for it",
      );
    }
  }

  #tellFailure({ transactionId, callId, voiceConnectorId, failureReason: reason }: FailedEvent): void {
    const failureReason = reason && withoutNumbers(reason);
    this.options.logger.warn(
      { transactionId, callId, voiceConnectorId, failureReason },
      "Chime could not stream a call",
    );
  }

  async #recordLeg(event: StartedEvent | EndedEvent, delivery: Delivery): Promise<Settlement> {
    let isTriedAgain = true;
    try {
      const settlement = await this.legs.take(event, delivery);
      isTriedAgain = settlement.kind === "later";
      const isRecorded = settlement.kind === "done" && settlement.sidecar !== undefined;
      // What was put aside is known to be missing: there is no need to find that out.
      const isPutAside = settlement.kind === "putAside" && event.status === "ENDED";
      if (isRecorded || isPutAside) await this.#marks.remove(event);
      return settlement;
    } finally {
      if (isTriedAgain && event.status === "ENDED") await this.#marks.endHeard(event);
    }
  }
}
