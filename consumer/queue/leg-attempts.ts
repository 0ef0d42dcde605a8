import { UnsupportedAudio } from "../audio/audio-encoding.js";
import { withoutNumbers } from "../events/without-numbers.js";
import { Gate } from "../gate.js";
import { KeyedLock } from "../keyed-lock.js";
import { ArchiveUnavailable } from "../kinesis-video/fragment-listing.js";
import type { KinesisVideoAccess } from "../kinesis-video/kinesis-video-access.js";
import { LegEnd } from "../kinesis-video/leg-end.js";
import type { LiveEnd, LiveOptions } from "../kinesis-video/live-reader.js";
import { LegError } from "../leg/leg-error.js";
import type { LegOutcome, UncommittedSidecar } from "../leg-recording.js";
import type { LegRequest } from "../leg-request.js";
import type { Logger } from "../logger.js";
import type { RecordLegOptions } from "../record-leg.js";
import { recordLiveLeg } from "../record-live-leg.js";
import { joinPieces, recordWholeLeg } from "../record-whole-leg.js";
import type { RecordingStore } from "../recordings/recording-store.js";
import type { Sidecar } from "../recordings/sidecar.js";
import type { EndedMarks } from "./ended-marks.js";
import { boundBy, endOf, legKeyOf, nameOf } from "./known-leg.js";
import type { LegObserver } from "./leg-observer.js";
import { hasBothEnds, isWorthKeeping, type Settlement, whyLater } from "./settlement.js";
import type { WorkerConfig } from "./worker-config.js";

export interface LegAttemptsOptions {
  config: Pick<WorkerConfig, "mode" | "concurrency" | "quiescenceMs" | "endLimitMs" | "holdLimitMs">;
  access: KinesisVideoAccess;
  store: RecordingStore;
  endedMarks: EndedMarks;
  logger: Logger;
  observer?: LegObserver;
  /** Called for every recording that was committed. */
  onRecorded: (sidecar: Sidecar, sidecarLocation: string) => void;
  /** Told once an hour, while it is heard, of a leg that is read live. */
  onStillHeard?: (name: string) => void;
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
  /** Gives back the place that a leg has among those that are read live. Default: it takes none. */
  leave?: (() => void) | undefined;
  /** Aborted when the work is to be handed back. */
  signal: AbortSignal;
  /** Aborted as soon as the worker stops: a call that is still spoken would outlast any grace. */
  stopping: AbortSignal;
}

/** Beside legs that are read live there is always room for some that have ended: their messages must not wait for calls to end. */
const ARCHIVED_PER_LIVE = 1 / 4;
const LEAST_ARCHIVED = 4;
const STILL_HEARD_EVERY_MS = 60 * 60_000;

/** Attempts at recording a leg, and what is to become of its message then. */
export class LegAttempts {
  /** Legs that are read from the archive, one piece at a time: what the one recorded the next one joins. */
  readonly #archived = new KeyedLock();
  readonly #archiveGate: Gate;
  readonly #places: Gate;

  constructor(private readonly options: LegAttemptsOptions) {
    const { mode, concurrency } = options.config;
    this.#places = new Gate(concurrency);
    const besideLive = Math.max(LEAST_ARCHIVED, Math.ceil(concurrency * ARCHIVED_PER_LIVE));
    this.#archiveGate = new Gate(mode === "live" ? besideLive : concurrency);
  }

  /** A place among the legs that are read live. @returns gives it back; undefined where all are taken */
  place(): (() => void) | undefined {
    return this.#places.tryEnter();
  }

  /** Records a leg while it is spoken. Throws what a later delivery may mend. */
  async live(leg: LegRequest, end: LegEnd, delivery: Delivery): Promise<Settlement> {
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
    const watch = this.options.endedMarks.watch(nameOf(leg), end);
    try {
      signal.throwIfAborted();
      const found = delivery.isContinuation ? await this.#recorded(leg) : undefined;
      if (found) return { kind: "done", sidecar: found };
      this.#pickedUp(leg, delivery);
      const { transactionId, stream } = leg;
      const onRead = (read: LiveEnd) => {
        // How late fragments were tells whether the worker keeps up with its legs.
        this.options.logger.info({ transactionId, streamArn: stream.arn, ...read }, "read live");
        // What has been read to its end is worth the whole grace: there may be no second chance.
        delivery.stopping.removeEventListener("abort", stop);
      };
      const tellHeard = this.#hearing(leg);
      const onFragment = () => {
        watch.heard();
        tellHeard();
      };
      const options = { ...this.#recording(delivery, signal), end, live: this.#liveOptions(), onRead, onFragment };
      const outcome = await recordLiveLeg(leg, options);
      const settlement = await this.#settleLive(outcome, leg, delivery);
      delivery.leave?.();
      return outcome.kind !== "nothing" && settlement.kind === "done"
        ? await this.#join(boundBy(leg, end), outcome, delivery)
        : settlement;
    } catch (error) {
      return this.#settleUnavailable(error);
    } finally {
      delivery.signal.removeEventListener("abort", abort);
      delivery.stopping.removeEventListener("abort", stop);
      watch.stop();
    }
  }

  /** Whoever had the message before may have come as far as a recording. A cut is not the leg. */
  async #recorded(leg: LegRequest): Promise<Sidecar | undefined> {
    const { store, access } = this.options;
    const { sidecar } = await store.find(nameOf(leg));
    if (!sidecar || sidecar.range !== undefined || !hasBothEnds(sidecar, leg)) return undefined;
    return isWorthKeeping(sidecar, access.clock.now()) ? sidecar : undefined;
  }

  #hearing(leg: LegRequest): () => void {
    const { access, onStillHeard } = this.options;
    let dueMs = access.clock.now() + STILL_HEARD_EVERY_MS;
    return () => {
      const nowMs = access.clock.now();
      if (nowMs < dueMs) return;
      dueMs = nowMs + STILL_HEARD_EVERY_MS;
      onStillHeard?.(nameOf(leg));
    };
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

  /** Records a leg that has ended. Throws what a later delivery may mend. */
  archive(leg: LegRequest, delivery: Delivery): Promise<Settlement> {
    return this.#archived.run(legKeyOf(leg), async () => {
      const leave = await this.#archiveGate.enter(delivery.signal);
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
      const settlement = await this.#settleLive(await recordLiveLeg(leg, options), leg, delivery);
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

  /** Where a stream has nothing any more, somebody may have recorded the leg while it had. */
  async #settleLive(outcome: LegOutcome, leg: LegRequest, delivery: Delivery): Promise<Settlement> {
    if (outcome.kind === "nothing") {
      const { sidecar } = await this.options.store.find(nameOf(leg));
      if (sidecar && sidecar.range === undefined && sidecar.endProof !== "none") return { kind: "done", sidecar };
    }
    return this.#settle(outcome, delivery);
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
