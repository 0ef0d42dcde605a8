import type { Logger } from "pino";
import { UnsupportedAudio } from "../audio/audio-encoding.js";
import type { EndedEvent, StartedEvent, StreamingEvent } from "../events/streaming-event.js";
import { Gate } from "../gate.js";
import { ArchiveUnavailable } from "../kinesis-video/fragment-listing.js";
import type { KinesisVideoAccess } from "../kinesis-video/kinesis-video-access.js";
import { LegEnd } from "../kinesis-video/leg-end.js";
import { LegError } from "../leg/leg-error.js";
import type { LegOutcome, UncommittedSidecar } from "../leg-recording.js";
import { type LegRequest, legOfEvent, UnknownMediaType } from "../leg-request.js";
import { type RecordLegOptions, recordLeg } from "../record-leg.js";
import { recordLiveLeg } from "../record-live-leg.js";
import { recordingName } from "../recordings/recording-name.js";
import type { RecordingStore } from "../recordings/recording-store.js";
import type { Sidecar } from "../recordings/sidecar.js";
import type { WorkerConfig } from "./worker-config.js";

/** What is to become of the message that an event came in. */
export type Settlement =
  | { kind: "done" }
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
const MENDABLE = /^(?:kinesis-(?:3002|5\d{3})|not-received)$/;

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
        return this.options.config.mode === "live" ? this.#started(event, delivery) : { kind: "done" };
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

  #started(event: StartedEvent, delivery: Delivery): Promise<Settlement> {
    const leg = legOf(event);
    if ("reason" in leg) return Promise.resolve({ kind: "putAside", reason: leg.reason });
    return this.#once(leg, new LegEnd(), (end) => this.#live(leg, end, delivery));
  }

  async #ended(event: EndedEvent, delivery: Delivery): Promise<Settlement> {
    const leg = legOf(event);
    if ("reason" in leg) return { kind: "putAside", reason: leg.reason };
    const running = this.#running.get(nameOf(leg));
    if (running) {
      running.end.tell(endOf(leg), this.options.access.clock.now());
      // What the live reader could not settle is settled from the archive.
      const settlement = await running.settled.catch(() => undefined);
      delivery.signal.throwIfAborted();
      if (settlement?.kind === "done") return settlement;
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
      const { quiescenceMs, holdLimitMs } = this.options.config;
      const live = { quiescenceMs, holdLimitMs };
      return this.#settle(await recordLiveLeg(leg, { ...this.#recording(delivery, signal), end, live }), delivery);
    } catch (error) {
      return this.#settleUnavailable(error, delivery);
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
      return this.#settleUnavailable(error, delivery);
    }
  }

  #recording(delivery: Delivery, signal: AbortSignal): RecordLegOptions {
    const { access, store, config } = this.options;
    const accept = (sidecar: UncommittedSidecar) => delivery.isLast || isWorthKeeping(sidecar);
    const archive = { quiescenceMs: config.quiescenceMs, endLimitMs: config.endLimitMs };
    return { access, store, archive, awaitBeginning: true, accept, signal };
  }

  #settle(outcome: LegOutcome, delivery: Delivery): Settlement {
    switch (outcome.kind) {
      case "recorded":
        this.options.onRecorded(outcome.sidecar, outcome.sidecarLocation);
        return { kind: "done" };
      case "kept":
        return { kind: "done" };
      case "declined":
        return { kind: "later", why: `the leg's end is not proven (${outcome.sidecar.endProof})` };
      case "nothing":
        if (delivery.isLast) return { kind: "putAside", reason: "no media of this leg was found in the stream" };
        return { kind: "later", why: "no media of the leg is listed yet" };
    }
  }

  #settleUnavailable(error: unknown, delivery: Delivery): Settlement {
    // What is in the stream stays what it is.
    if (error instanceof UnsupportedAudio || error instanceof LegError)
      return { kind: "putAside", reason: error.message };
    if (!(error instanceof ArchiveUnavailable)) throw error;
    // Without retention only the worker that reads the leg live can record it: that one may need some more time.
    const othersMay = this.options.config.mode === "live" && error.reason === "retentionZero";
    if (othersMay && !delivery.isLast) return { kind: "later", why: error.message };
    return { kind: "putAside", reason: error.message };
  }
}

/** An end that is not proven, and fragments that may yet be had, are reasons to wait for a better recording. */
function isWorthKeeping(sidecar: UncommittedSidecar): boolean {
  if (sidecar.complete) return true;
  // Live without retention: there is no second chance.
  if (sidecar.fragments.listed === undefined) return true;
  return sidecar.endProof !== "none" && !sidecar.errors.some(({ code }) => MENDABLE.test(code));
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
