import { UnsupportedAudio } from "../audio/audio-encoding.js";
import type { EndedEvent, StartedEvent, StreamingEvent } from "../events/streaming-event.js";
import { Gate } from "../gate.js";
import { ArchiveUnavailable } from "../kinesis-video/fragment-listing.js";
import type { KinesisVideoAccess } from "../kinesis-video/kinesis-video-access.js";
import { LegEnd } from "../kinesis-video/leg-end.js";
import type { LiveOptions } from "../kinesis-video/live-reader.js";
import { LegError } from "../leg/leg-error.js";
import type { LegOutcome, UncommittedSidecar } from "../leg-recording.js";
import { type LegRequest, legOfEvent, UnknownMediaType } from "../leg-request.js";
import type { Logger } from "../logger.js";
import { type RecordLegOptions, recordLeg } from "../record-leg.js";
import { recordLiveLeg } from "../record-live-leg.js";
import { recordingName } from "../recordings/recording-name.js";
import type { RecordingStore } from "../recordings/recording-store.js";
import type { Sidecar } from "../recordings/sidecar.js";
import type { WorkerConfig } from "./worker-config.js";

/** What is to become of the message that an event came in. */
export type Settlement =
  | { kind: "done"; sidecar?: Sidecar }
  /** The leg is not all there yet. */
  | { kind: "later"; why: string }
  /** No delivery will ever help. */
  | { kind: "putAside"; reason: string };

export interface LegDeskOptions {
  config: Pick<WorkerConfig, "mode" | "concurrency" | "quiescenceMs" | "endLimitMs" | "holdLimitMs">;
  access: KinesisVideoAccess;
  store: RecordingStore;
  logger: Logger;
  /** Called for every recording that was committed. */
  onRecorded: (sidecar: Sidecar, sidecarLocation: string) => void;
}

export interface Delivery {
  /** SQS will deliver the message no more: what there is by now is all that can be recorded. */
  isLast: boolean;
  /** Aborted when the work is to be handed back. */
  signal: AbortSignal;
  /** Aborted as soon as the worker stops: a call that is still spoken would outlast any grace. */
  stopping: AbortSignal;
}

interface RunningLeg {
  end: LegEnd;
  settled: Promise<Settlement>;
}

/** Errors of a recording that a later attempt can mend. */
const MENDABLE = /^(?:kinesis-(?:3002|5\d{3})|not-received|shorterThanListed)$/;
/** A fragment that is not listed by then will not be: it has expired, and while one waits so does what follows it. */
const LISTED_AFTER_MS = 10 * 60_000;

/** Turns streaming events into recordings: each leg once at a time, however often and in whatever order events come. */
export class LegDesk {
  readonly #running = new Map<string, RunningLeg>();
  readonly #gate: Gate;

  constructor(private readonly options: LegDeskOptions) {
    this.#gate = new Gate(options.config.concurrency);
  }

  /** Throws what a later delivery may mend: a refusal by AWS, a store that cannot be written. */
  async take(event: StreamingEvent, delivery: Delivery): Promise<Settlement> {
    const { logger } = this.options;
    switch (event.status) {
      case "STARTED":
        return this.#started(event, delivery);
      case "ENDED":
        return this.#ended(event, delivery);
      case "UPDATED":
        return { kind: "done" };
      case "FAILED": {
        const { transactionId, callId, voiceConnectorId, failureReason } = event;
        logger.warn({ transactionId, callId, voiceConnectorId, failureReason }, "Chime could not stream a call");
        return { kind: "done" };
      }
    }
  }

  async #started(event: StartedEvent, delivery: Delivery): Promise<Settlement> {
    const { config, logger } = this.options;
    if (config.mode === "archive") {
      const { transactionId, callId, startFragmentNumber } = event;
      logger.info({ transactionId, callId, startFragmentNumber }, "a leg has begun: it is recorded when it has ended");
      return { kind: "done" };
    }
    const leg = legOf(event);
    if ("reason" in leg) return { kind: "putAside", reason: leg.reason };
    return this.#once(leg, new LegEnd(), (end) => this.#live(leg, end, delivery));
  }

  async #ended(event: EndedEvent, delivery: Delivery): Promise<Settlement> {
    const leg = legOf(event);
    if ("reason" in leg) return { kind: "putAside", reason: leg.reason };
    let running = this.#running.get(nameOf(leg));
    while (running) {
      running.end.tell(endOf(leg), this.options.access.clock.now());
      const settlement = await running.settled.catch(() => undefined);
      delivery.signal.throwIfAborted();
      // It may have been told too late: what is not bounded by this event is settled from the archive.
      if (settlement?.kind === "done" && settlement.sidecar && isBoundedBy(settlement.sidecar, leg)) return settlement;
      running = this.#running.get(nameOf(leg));
    }
    return this.#once(leg, new LegEnd(endOf(leg)), () => this.#archive(leg, delivery));
  }

  /** Two messages about one leg share one recording. */
  #once(leg: LegRequest, end: LegEnd, record: (end: LegEnd) => Promise<Settlement>): Promise<Settlement> {
    const name = nameOf(leg);
    const running = this.#running.get(name);
    if (running) return running.settled;
    const settled = record(end).finally(() => this.#running.delete(name));
    this.#running.set(name, { end, settled });
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
    try {
      leave = await this.#gate.enter(signal);
      // While it waited for its turn the call may have ended: the archive is faster then.
      if (end.toldAtMs !== undefined) return await this.#fromArchive(boundBy(leg, end), delivery);
      const options = { ...this.#recording(delivery, signal), end, live: this.#liveOptions() };
      return this.#settle(await recordLiveLeg(leg, options), delivery);
    } catch (error) {
      return this.#settleUnavailable(error);
    } finally {
      delivery.signal.removeEventListener("abort", abort);
      delivery.stopping.removeEventListener("abort", stop);
      leave?.();
    }
  }

  async #archive(leg: LegRequest, delivery: Delivery): Promise<Settlement> {
    const leave = await this.#gate.enter(delivery.signal);
    try {
      return await this.#fromArchive(leg, delivery);
    } finally {
      leave();
    }
  }

  async #fromArchive(leg: LegRequest, delivery: Delivery): Promise<Settlement> {
    try {
      return this.#settle(await recordLeg(leg, this.#recording(delivery, delivery.signal)), delivery);
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
    const archive = { quiescenceMs: config.quiescenceMs, endLimitMs: config.endLimitMs };
    return { access, store, archive, awaitBeginning: true, accept, signal };
  }

  #settle(outcome: LegOutcome, delivery: Delivery): Settlement {
    switch (outcome.kind) {
      case "recorded":
        this.options.onRecorded(outcome.sidecar, outcome.sidecarLocation);
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
    // What is in the stream stays what it is.
    if (error instanceof UnsupportedAudio || error instanceof LegError)
      return { kind: "putAside", reason: error.message };
    if (!(error instanceof ArchiveUnavailable)) throw error;
    return { kind: "putAside", reason: error.message };
  }
}

/** An end that is not proven, and fragments that may yet be had, are reasons to wait for a better recording. */
function isWorthKeeping(sidecar: UncommittedSidecar, nowMs: number): boolean {
  if (sidecar.complete) return true;
  // Live without retention: there is no second chance.
  if (sidecar.fragments.listed === undefined) return true;
  const { errors, bounds, endProof } = sidecar;
  const isYoung = bounds.startTime !== undefined && nowMs - Date.parse(bounds.startTime) < LISTED_AFTER_MS;
  const canMend = errors.some(({ code }) => MENDABLE.test(code) || (code === "first-missing" && isYoung));
  return endProof !== "none" && !canMend;
}

function whyLater({ endProof, errors }: UncommittedSidecar): string {
  if (endProof === "none") return "the leg's end is not proven";
  return `fragments may yet be had (${errors.map(({ code }) => code).join(", ")})`;
}

/** Whether a recording was made with the knowledge that the event has. */
function isBoundedBy({ bounds }: Sidecar, leg: LegRequest): boolean {
  const endTimeMs = bounds.endTime === undefined ? undefined : Date.parse(bounds.endTime);
  return bounds.endFragmentNumber === leg.endFragmentNumber && endTimeMs === leg.endTimeMs;
}

function hasBothEnds({ fragments, endProof }: Sidecar, leg: LegRequest): boolean {
  if (leg.startFragmentNumber === undefined || fragments.first !== leg.startFragmentNumber) return false;
  return leg.endFragmentNumber === undefined ? endProof !== "none" : fragments.last === leg.endFragmentNumber;
}

function legOf(event: StartedEvent | EndedEvent): LegRequest | { reason: string } {
  try {
    return legOfEvent(event);
  } catch (error) {
    if (error instanceof UnknownMediaType) return { reason: error.message };
    throw error;
  }
}

function nameOf({ transactionId, stream, startFragmentNumber }: LegRequest): string {
  return recordingName({ transactionId, stream, firstFragmentNumber: startFragmentNumber });
}

function endOf({ endFragmentNumber, endTimeMs }: LegRequest) {
  return { fragmentNumber: endFragmentNumber, timeMs: endTimeMs };
}

function boundBy(leg: LegRequest, end: LegEnd): LegRequest {
  return { ...leg, endFragmentNumber: end.fragmentNumber, endTimeMs: end.timeMs };
}
