import type { EndedEvent, StartedEvent } from "../events/streaming-event.js";
import { LegEnd } from "../kinesis-video/leg-end.js";
import { addFacts, lackingFacts } from "../leg-facts.js";
import type { LegRequest } from "../leg-request.js";
import type { MarkStore } from "../recordings/marks.js";
import { CallDesk, type CallDeskOptions } from "./call-desk.js";
import { EndedMarks } from "./ended-marks.js";
import { endOf, legOf, nameOf } from "./known-leg.js";
import { type Delivery, LegAttempts, type LegAttemptsOptions } from "./leg-attempts.js";
import { isBoundedBy, type Settlement } from "./settlement.js";
import type { WorkerConfig } from "./worker-config.js";

export type { Delivery } from "./leg-attempts.js";

export interface LegDeskOptions extends Omit<LegAttemptsOptions, "endedMarks"> {
  config: LegAttemptsOptions["config"] & Pick<WorkerConfig, "stereo" | "endedMarkMs" | "includeNumbers">;
  /** Where workers leave word for each other. Default: nowhere. */
  marks?: MarkStore;
  /** Told of the number of legs that are being recorded, whenever it changes. */
  onLegs?: (count: number) => void;
  /** Called for every call that was mixed, and for one that was mixed again. */
  onMixed?: CallDeskOptions["onMixed"];
}

interface RunningLeg {
  leg: LegRequest;
  end: LegEnd;
  settled: Promise<Settlement>;
}

/** Turns streaming events into recordings: each leg once at a time, however often and in whatever order events come. */
export class LegDesk {
  readonly #running = new Map<string, RunningLeg>();
  readonly #attempts: LegAttempts;
  readonly #calls: CallDesk;
  readonly #endedMarks: EndedMarks;

  constructor(private readonly options: LegDeskOptions) {
    const { marks, access, logger, config } = options;
    this.#endedMarks = new EndedMarks({ marks, clock: access.clock, logger, silenceMs: config.endedMarkMs });
    this.#attempts = new LegAttempts({ ...options, endedMarks: this.#endedMarks });
    this.#calls = new CallDesk(options);
  }

  /** Legs that are being recorded. */
  get legsInProgress(): number {
    return this.#running.size;
  }

  /** Whether the leg of this name is being recorded here. */
  isRunning(name: string): boolean {
    return this.#running.has(name);
  }

  /** A place among the legs that are read live here. @returns gives it back, more than once if need be; undefined where all are taken */
  place(): (() => void) | undefined {
    return this.#attempts.place();
  }

  /** Throws what a later delivery may mend: a refusal by AWS, a store that cannot be written. */
  async take(event: StartedEvent | EndedEvent, delivery: Delivery): Promise<Settlement> {
    return event.status === "STARTED" ? this.#started(event, delivery) : this.#ended(event, delivery);
  }

  async #started(event: StartedEvent, delivery: Delivery): Promise<Settlement> {
    const { config, logger } = this.options;
    if (config.mode === "archive") {
      const { transactionId, callId, startFragmentNumber } = event;
      logger.info({ transactionId, callId, startFragmentNumber }, "a leg has begun: it is recorded when it has ended");
      return { kind: "done" };
    }
    const leg = legOf(event, this.options.config);
    if ("reason" in leg) return { kind: "putAside", reason: leg.reason };
    const settlement = await this.#once(leg, new LegEnd(), (end) => this.#attempts.live(leg, end, delivery));
    if (settlement.kind === "done") await this.#endedMarks.remove(nameOf(leg));
    return this.#afterwards(settlement, leg, delivery);
  }

  async #ended(event: EndedEvent, delivery: Delivery): Promise<Settlement> {
    const leg = legOf(event, this.options.config);
    if ("reason" in leg) return { kind: "putAside", reason: leg.reason };
    return this.#afterwards(await this.#recordEnded(event, leg, delivery), leg, delivery);
  }

  async #recordEnded(event: EndedEvent, leg: LegRequest, delivery: Delivery): Promise<Settlement> {
    if (!this.isRunning(nameOf(leg))) await this.#tellOthers(event, leg);
    // From here on nothing is waited for between looking for the leg and taking it: STARTED may come at any moment.
    let running = this.#running.get(nameOf(leg));
    while (running) {
      running.end.tell(endOf(leg), this.options.access.clock.now());
      const settlement = await running.settled.catch(() => undefined);
      delivery.signal.throwIfAborted();
      // It may have been told too late: what is not bounded by this event is settled from the archive.
      if (settlement?.kind === "done" && settlement.sidecar && isBoundedBy(settlement.sidecar, leg)) return settlement;
      running = this.#running.get(nameOf(leg));
    }
    const end = new LegEnd();
    end.tell(endOf(leg), this.options.access.clock.now());
    return this.#once(leg, end, () => this.#attempts.archive(leg, delivery));
  }

  /** Another worker may be reading the leg, and hear of its end from nobody else. */
  async #tellOthers(event: EndedEvent, leg: LegRequest): Promise<void> {
    if (!this.options.marks || this.options.config.mode !== "live") return;
    const { sidecar } = await this.options.store.find(nameOf(leg));
    if (!sidecar || !isBoundedBy(sidecar, leg)) await this.#endedMarks.put(nameOf(leg), event);
  }

  /**
   * When a leg is recorded its call is mixed. Only then is the message done: whoever dies in between leaves it to the next delivery,
   * which finds the recording there and mixes. A leg of the call that has ended, too, is waited for: one mix is enough for both.
   */
  async #afterwards(settlement: Settlement, leg: LegRequest, delivery: Delivery): Promise<Settlement> {
    if (settlement.kind !== "done" || !settlement.sidecar) return settlement;
    const { store, config } = this.options;
    if (Object.keys(lackingFacts(settlement.sidecar, leg)).length > 0) await addFacts(leg, store);
    const { transactionId } = leg;
    if (!config.stereo || transactionId === undefined) return settlement;
    const others = [...this.#running.values()].filter(
      (running) => running.leg.transactionId === transactionId && running.end.toldAtMs !== undefined,
    );
    await Promise.allSettled(others.map(({ settled }) => settled));
    delivery.signal.throwIfAborted();
    await this.#calls.mix(transactionId, delivery.signal);
    return settlement;
  }

  /** Two messages about one leg share one recording. */
  #once(leg: LegRequest, end: LegEnd, record: (end: LegEnd) => Promise<Settlement>): Promise<Settlement> {
    const name = nameOf(leg);
    const running = this.#running.get(name);
    if (running) return running.settled;
    const settled = record(end).finally(() => {
      this.#running.delete(name);
      this.options.onLegs?.(this.#running.size);
    });
    this.#running.set(name, { leg, end, settled });
    this.options.onLegs?.(this.#running.size);
    return settled;
  }
}
