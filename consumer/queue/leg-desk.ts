import { UnsupportedAudio } from "../audio/audio-encoding.js";
import type { EndedEvent, StartedEvent } from "../events/streaming-event.js";
import { withoutNumbers } from "../events/without-numbers.js";
import { Gate } from "../gate.js";
import { KeyedLock } from "../keyed-lock.js";
import { ArchiveUnavailable } from "../kinesis-video/fragment-listing.js";
import type { KinesisVideoAccess } from "../kinesis-video/kinesis-video-access.js";
import { LegEnd } from "../kinesis-video/leg-end.js";
import type { LiveEnd, LiveOptions } from "../kinesis-video/live-reader.js";
import { LegError } from "../leg/leg-error.js";
import { addFacts, lackingFacts } from "../leg-facts.js";
import type { LegOutcome, UncommittedSidecar } from "../leg-recording.js";
import type { LegRequest } from "../leg-request.js";
import type { EndWatch } from "../live/end-watch.js";
import type { Logger } from "../logger.js";
import type { RecordLegOptions } from "../record-leg.js";
import { recordLiveLeg } from "../record-live-leg.js";
import { joinPieces, recordWholeLeg } from "../record-whole-leg.js";
import type { MarkStore } from "../recordings/marks.js";
import type { RecordingStore } from "../recordings/recording-store.js";
import type { Sidecar } from "../recordings/sidecar.js";
import { CallDesk, type CallDeskOptions } from "./call-desk.js";
import { EndedMarks } from "./ended-marks.js";
import { boundBy, endOf, legKeyOf, legOf, nameOf } from "./known-leg.js";
import type { LegObserver } from "./leg-observer.js";
import { hasBothEnds, isBoundedBy, isWorthKeeping, type Settlement, whyLater } from "./settlement.js";
import type { WorkerConfig } from "./worker-config.js";

export interface LegDeskOptions {
  config: Pick<
    WorkerConfig,
    "mode" | "stereo" | "concurrency" | "quiescenceMs" | "endLimitMs" | "holdLimitMs" | "endedMarkMs" | "includeNumbers"
  >;
  access: KinesisVideoAccess;
  store: RecordingStore;
  /** Where workers leave word for each other. Default: nowhere. */
  marks?: MarkStore;
  logger: Logger;
  observer?: LegObserver;
  /** Told of the number of legs that are being recorded, whenever it changes. */
  onLegs?: (count: number) => void;
  /** Called for every recording that was committed. */
  onRecorded: (sidecar: Sidecar, sidecarLocation: string) => void;
  /** Called for every call that was mixed, and for one that was mixed again. */
  onMixed?: CallDeskOptions["onMixed"];
}

export interface Delivery {
  /** Deliveries so far, this one included. Default 1. */
  receiveCount?: number;
  /** Of the archive reader, where it is less than the configuration's. */
  endLimitMs?: number;
  /** SQS will deliver the message no more: what there is by now is all that can be recorded. */
  isLast: boolean;
  /** The leg has been begun before, by whoever had the message then. Default false. */
  isContinuation?: boolean;
  /** Aborted when the work is to be handed back. */
  signal: AbortSignal;
  /** Aborted as soon as the worker stops: a call that is still spoken would outlast any grace. */
  stopping: AbortSignal;
}

interface RunningLeg {
  leg: LegRequest;
  end: LegEnd;
  settled: Promise<Settlement>;
}

/** Turns streaming events into recordings: each leg once at a time, however often and in whatever order events come. */
export class LegDesk {
  readonly #running = new Map<string, RunningLeg>();
  /** Legs that are read from the archive, one piece at a time: what the one recorded the next one joins. */
  readonly #archived = new KeyedLock();
  readonly #gate: Gate;
  readonly #calls: CallDesk;
  readonly #endedMarks: EndedMarks;

  constructor(private readonly options: LegDeskOptions) {
    this.#gate = new Gate(options.config.concurrency);
    this.#calls = new CallDesk(options);
    const { marks, access, logger, config } = options;
    this.#endedMarks = new EndedMarks({ marks, clock: access.clock, logger, silenceMs: config.endedMarkMs });
  }

  /** Legs that are being recorded. */
  get legsInProgress(): number {
    return this.#running.size;
  }

  /** Whether the leg of this name is being recorded here. */
  isRunning(name: string): boolean {
    return this.#running.has(name);
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
    const settlement = await this.#once(leg, new LegEnd(), (end) => this.#live(leg, end, delivery));
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
    return this.#once(leg, end, () => this.#archive(leg, delivery));
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

  async #live(leg: LegRequest, end: LegEnd, delivery: Delivery): Promise<Settlement> {
    const handBack = new AbortController();
    const { signal } = handBack;
    const abort = () => handBack.abort(delivery.signal.reason);
    const stop = () => {
      if (end.toldAtMs === undefined) handBack.abort(delivery.stopping.reason);
    };
    delivery.signal.addEventListener("abort", abort, { once: true });
    delivery.stopping.addEventListener("abort", stop, { once: true });
    if (delivery.signal.aborted) abort();
    if (delivery.stopping.aborted) stop();
    let leave: (() => void) | undefined;
    let watch: EndWatch | undefined;
    try {
      leave = await this.#gate.enter(signal);
      if (end.toldAtMs === undefined) {
        this.#pickedUp(leg, delivery);
        watch = this.#endedMarks.watch(nameOf(leg), end);
        const { transactionId, stream } = leg;
        // How late fragments were tells whether the worker keeps up with its legs.
        const onRead = (read: LiveEnd) =>
          this.options.logger.info({ transactionId, streamArn: stream.arn, ...read }, "read live");
        const onFragment = () => watch?.heard();
        const options = { ...this.#recording(delivery, signal), end, live: this.#liveOptions(), onRead, onFragment };
        const outcome = await recordLiveLeg(leg, options);
        const settlement = this.#settle(outcome, delivery);
        leave();
        leave = undefined;
        return settlement.kind === "done" ? await this.#join(boundBy(leg, end), outcome, delivery) : settlement;
      }
    } catch (error) {
      return this.#settleUnavailable(error);
    } finally {
      delivery.signal.removeEventListener("abort", abort);
      delivery.stopping.removeEventListener("abort", stop);
      watch?.stop();
      leave?.();
    }
    // While it waited for its turn the call ended: the archive is faster then.
    return this.#archive(boundBy(leg, end), delivery);
  }

  #pickedUp({ transactionId, stream, startTimeMs }: LegRequest, { isContinuation = false }: Delivery): void {
    const { observer, access, logger } = this.options;
    const lagMs = startTimeMs === undefined ? undefined : Math.max(0, access.clock.now() - startTimeMs);
    logger.info({ transactionId, streamArn: stream.arn, lagMs, isContinuation }, "reading live");
    if (!isContinuation && lagMs !== undefined) observer?.onPickup(lagMs);
  }

  /** What was read live is one piece: the leg's others are known by their recordings. */
  async #join(leg: LegRequest, outcome: LegOutcome, delivery: Delivery): Promise<Settlement> {
    const join = () => joinPieces(leg, outcome, this.#recording(delivery, delivery.signal));
    const joined = await this.#archived.run(legKeyOf(leg), join);
    const sidecar = recordedBy(joined);
    const isTold = sidecar !== undefined && sidecar.recordingId === recordedBy(outcome)?.recordingId;
    return isTold ? { kind: "done", sidecar } : this.#settle(joined, delivery);
  }

  #archive(leg: LegRequest, delivery: Delivery): Promise<Settlement> {
    return this.#archived.run(legKeyOf(leg), async () => {
      const leave = await this.#gate.enter(delivery.signal);
      try {
        return await this.#fromArchive(leg, delivery);
      } finally {
        leave();
      }
    });
  }

  async #fromArchive(leg: LegRequest, delivery: Delivery): Promise<Settlement> {
    try {
      return this.#settle(await recordWholeLeg(leg, this.#recording(delivery, delivery.signal)), delivery);
    } catch (error) {
      const isLive = this.options.config.mode === "live";
      const isUnarchived = error instanceof ArchiveUnavailable && error.reason === "retentionZero";
      if (isLive && isUnarchived) return this.#fromHostBuffer(leg, delivery);
      return this.#settleUnavailable(error);
    }
  }

  /**
   * Without retention a stream still has its last minutes. Whoever reads the leg live from its beginning has more, but is
   * known only to the worker that it is: so what is there now is recorded at once, as it will not be there for long, and
   * unless that is all of the leg, the message stays for the other worker to hear of the end, until its last delivery.
   */
  async #fromHostBuffer(leg: LegRequest, delivery: Delivery): Promise<Settlement> {
    const end = new LegEnd();
    end.tell(endOf(leg), this.options.access.clock.now());
    const options = { ...this.#recording(delivery, delivery.signal), end, live: this.#liveOptions() };
    try {
      const settlement = this.#settle(await recordLiveLeg(leg, options), delivery);
      if (settlement.kind !== "done" || delivery.isLast) return settlement;
      if (settlement.sidecar && hasBothEnds(settlement.sidecar, leg)) return settlement;
      return { kind: "later", why: "another worker may be recording this leg from its beginning" };
    } catch (error) {
      return this.#settleUnavailable(error);
    }
  }

  #liveOptions(): LiveOptions {
    const { quiescenceMs, holdLimitMs } = this.options.config;
    return { quiescenceMs, holdLimitMs };
  }

  #recording(delivery: Delivery, signal: AbortSignal): RecordLegOptions {
    const { access, store, config } = this.options;
    const accept = (sidecar: UncommittedSidecar) => delivery.isLast || isWorthKeeping(sidecar, access.clock.now());
    const archive = { quiescenceMs: config.quiescenceMs, endLimitMs: delivery.endLimitMs ?? config.endLimitMs };
    return { access, store, archive, awaitBeginning: true, accept, signal };
  }

  #settle(outcome: LegOutcome, delivery: Delivery): Settlement {
    switch (outcome.kind) {
      case "recorded":
        this.options.onRecorded(outcome.sidecar, outcome.sidecarLocation);
        this.options.observer?.onRecorded(outcome.sidecar);
        return { kind: "done", sidecar: outcome.sidecar };
      case "kept":
        return { kind: "done", sidecar: outcome.sidecar };
      case "declined":
        return { kind: "later", why: whyLater(outcome.sidecar) };
      case "nothing":
        if (delivery.isLast) return { kind: "putAside", reason: "no media of this leg was found in the stream" };
        return { kind: "later", why: "no media of the leg is listed yet" };
    }
  }

  #settleUnavailable(error: unknown): Settlement {
    // What is in the stream stays what it is. Tracks are named by whoever made them.
    if (error instanceof UnsupportedAudio || error instanceof LegError)
      return { kind: "putAside", reason: withoutNumbers(error.message) };
    if (!(error instanceof ArchiveUnavailable)) throw error;
    if (error.reason !== "expired") return { kind: "putAside", reason: error.message };
    this.options.observer?.onExpired();
    return { kind: "putAside", reason: `media expired unread: ${error.message}` };
  }
}

function recordedBy(outcome: LegOutcome): Sidecar | undefined {
  return outcome.kind === "recorded" || outcome.kind === "kept" ? outcome.sidecar : undefined;
}
