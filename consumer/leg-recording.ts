import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.js";
import { type RetryOptions, withRetries } from "./kinesis-video/backoff.js";
import type { LegProgress } from "./kinesis-video/end-proof.js";
import type { ListedFragment } from "./kinesis-video/fragment-listing.js";
import { longestMediaMs } from "./kinesis-video/media-length.js";
import { LegAssembler } from "./leg/leg-assembler.js";
import type { LegReport } from "./leg/leg-report.js";
import {
  assessLeg,
  EXPIRED_UNPROVEN_CODE,
  type LegCompleteness,
  type ReadingEnd,
  type RecordingLimits,
} from "./leg-completeness.js";
import { boundsOf, knownBefore } from "./leg-pieces.js";
import type { LegRequest } from "./leg-request.js";
import type { Fragment } from "./matroska/fragment.js";
import { packageVersion } from "./package-version.js";
import { recordingName } from "./recordings/recording-name.js";
import { RecordingChanged, type RecordingStore, type StoreSink } from "./recordings/recording-store.js";
import { isAllOfBoundedLeg, isBetterRecording, reachesFurther, type Sidecar } from "./recordings/sidecar.js";
import type { CommittedAudio } from "./sinks/audio-sink.js";

export type LegOutcome =
  | { kind: "recorded"; sidecar: Sidecar; sidecarLocation: string }
  /** There is a recording at least as good. */
  | { kind: "kept"; sidecar: Sidecar; sidecarLocation: string }
  /** Read, but not good enough for whoever asked: a later attempt may do better. Kept only where it may be all that can be had. */
  | { kind: "declined"; sidecar: UncommittedSidecar }
  /** Nothing of the leg was found. */
  | { kind: "nothing"; listed: number };

/** A sidecar whose audio has no place, size or hash, as nothing was committed. */
export type UncommittedSidecar = Omit<Sidecar, "sha256" | "audio">;

export interface LegRecordingOptions {
  store: RecordingStore;
  clock: Clock;
  /** Default: all of the leg. */
  limits?: RecordingLimits;
  /** Listings that stay equal for this long prove an end. Default 30 s; less only serves tests. */
  provingQuiescenceMs?: number;
  /** As in `LegAssemblerOptions`. */
  rememberedBytes?: number;
}

const PROVING_QUIESCENCE_MS = 30_000;
/** How often somebody else may put a recording of the same leg in place while this one is. */
const MAX_CONFLICTS = 5;

/** One leg on its way from fragments to a committed recording. Ended by `finish` or `abort`. */
export class LegRecording implements LegProgress {
  readonly #assembler: LegAssembler;
  /** What came whole, and how long it is at most. */
  readonly #whole = new Map<string, number>();
  readonly #failures: Sidecar["errors"] = [];
  #lastPushed: string | undefined;
  #sink: StoreSink | undefined;
  #committed: { name: string; audio: CommittedAudio } | undefined;

  constructor(
    private leg: LegRequest,
    private readonly options: LegRecordingOptions,
  ) {
    const { transactionId, startFragmentNumber, endFragmentNumber, pieces, sampleRateHz } = leg;
    this.#assembler = new LegAssembler(
      { transactionId, startFragmentNumber, endFragmentNumber, pieces },
      { sampleRateHz, rememberedBytes: options.rememberedBytes, reusesMemory: true },
    );
  }

  switchedAway(): boolean {
    return this.#assembler.switchedAway;
  }

  hasBegun(): boolean {
    return this.#assembler.report().fragments > 0;
  }

  /** ENDED came while the leg was read. The reader has kept to these bounds, the sidecar names them. */
  learnEnd(bounds: { endFragmentNumber?: string; endTimeMs?: number }): void {
    this.leg = { ...this.leg, ...bounds };
  }

  /** Whether everything that is listed of the leg has come whole. */
  hasAllListed(end: ReadingEnd): boolean {
    return this.#assess(this.#assembler.report(), end).hasAllListed;
  }

  /** What has been received whole so far, for a reader that goes on where another stopped. */
  get received(): { fragmentNumbers: ReadonlySet<string>; last: string } | undefined {
    return this.#lastPushed === undefined
      ? undefined
      : { fragmentNumbers: new Set(this.#whole.keys()), last: this.#lastPushed };
  }

  /** The next fragment, in order; or what came instead of it. */
  async push(read: { fragment?: Fragment; failure?: { code: string; message: string }; listed?: ListedFragment }) {
    const { fragment, failure } = read;
    const fragmentNumber = fragment?.fragmentNumber ?? read.listed?.fragmentNumber;
    // What the parser finds damaged the assembler reports, which knows what it could use of it.
    if (failure && !fragment?.damaged) {
      const atMs = Math.round(this.#assembler.positionMs);
      this.#failures.push({ ...failure, ...(fragmentNumber && { fragmentNumber }), atMs });
    }
    if (fragmentNumber !== undefined) {
      this.#lastPushed = fragmentNumber;
      if (!failure && fragment) this.#whole.set(fragmentNumber, longestMediaMs(fragment));
    }
    if (fragment) await this.#write(this.#assembler.push(fragment));
  }

  async #write(chunks: readonly Uint8Array[]): Promise<void> {
    if (chunks.length === 0) return;
    this.#sink ??= await this.#openSink();
    for (const chunk of chunks) await this.#sink.write(chunk);
  }

  #openSink(): Promise<StoreSink> {
    return this.options.store.openAudio(this.#assembler.sampleRateHz);
  }

  #name(): string {
    return this.#nameFrom(this.leg.startFragmentNumber ?? this.#assembler.report().firstFragmentNumber);
  }

  #nameFrom(firstFragmentNumber: string | undefined): string {
    const { transactionId, stream } = this.leg;
    return recordingName({ transactionId, stream, firstFragmentNumber });
  }

  async abort(): Promise<void> {
    await this.#sink?.abort();
    this.#sink = undefined;
  }

  /**
   * Commits the audio, then the sidecar, unless there is a recording at least as good.
   * @param accept whether a recording like this is good enough; default: any is
   * @param options `isIrreplaceable`: nothing shows that it can be had again, so it is kept even if it is not good enough. Default
   * false; true in any case of a leg of which a part has expired. `retry`: of what the store fails at. Default: it is not tried again
   */
  async finish(
    end: ReadingEnd,
    accept: (sidecar: UncommittedSidecar) => boolean = () => true,
    options: { isIrreplaceable?: boolean; retry?: RetryOptions } = {},
  ): Promise<LegOutcome> {
    if (!this.hasBegun()) {
      await this.abort();
      return { kind: "nothing", listed: end.listing?.listed.length ?? 0 };
    }
    const draft = this.draft(end);
    const isIrreplaceable = options.isIrreplaceable || draft.errors.some(({ code }) => code === EXPIRED_UNPROVEN_CODE);
    const settle = () => this.#settle(draft, accept(draft), isIrreplaceable);
    const isRetryable = (error: unknown) => !(error instanceof RecordingChanged);
    for (let conflicts = 0; ; conflicts++) {
      try {
        const outcome = await withRetries(settle, { attempts: 1, ...options.retry, isRetryable });
        await this.abort();
        return outcome;
      } catch (error) {
        if (!(error instanceof RecordingChanged) || conflicts === MAX_CONFLICTS) throw error;
      }
    }
  }

  async #settle(draft: UncommittedSidecar, isWanted: boolean, isIrreplaceable: boolean): Promise<LegOutcome> {
    const { store } = this.options;
    const { name, existing, version } = await this.#placeFor(draft);
    const sidecarLocation = store.sidecarLocation(name);
    const kind = isWanted ? "recorded" : "declined";
    if (existing && this.#isWritten(existing, draft)) return { kind, sidecar: existing, sidecarLocation };
    if (existing && !isBetterRecording(draft, existing)) {
      const keepsWaiting = !isWanted && !existing.complete;
      await this.#withdraw(name, existing);
      return keepsWaiting ? { kind: "declined", sidecar: draft } : { kind: "kept", sidecar: existing, sidecarLocation };
    }
    if (!isWanted && !isIrreplaceable) {
      await this.abort();
      return { kind: "declined", sidecar: draft };
    }
    const { location, sha256, bytes } = await this.#commit(name);
    const { sampleRateHz } = this.#assembler;
    const audio = { location, format: "wav", sampleRateHz, channels: 1, bitsPerSample: 16, bytes } as const;
    const sidecar = { ...draft, ...(existing && knownBefore(draft, existing)), audio, sha256 };
    await store.putSidecar(name, sidecar, version);
    if (existing && existing.audio.location !== location) await store.removeAudio(name, existing.audio.location);
    return { kind, sidecar, sidecarLocation };
  }

  /**
   * The leg's name, with what is there; or, where that is a recording that neither contains this one nor is contained by it,
   * the name of this stretch of the leg: both are kept.
   */
  async #placeFor(draft: UncommittedSidecar) {
    const { store } = this.options;
    const name = this.#name();
    const { sidecar: existing, version } = await store.find(name);
    const own = this.#nameFrom(draft.fragments.first);
    const isBeside =
      existing &&
      own !== name &&
      !isAllOfBoundedLeg(existing) &&
      !isBetterRecording(draft, existing) &&
      reachesFurther(draft, existing);
    if (!isBeside) return { name, existing, version };
    const beside = await store.find(own);
    return { name: own, existing: beside.sidecar, version: beside.version };
  }

  /** Once, however often the sidecar is tried. */
  async #commit(name: string): Promise<CommittedAudio> {
    if (this.#committed?.name === name) return this.#committed.audio;
    // A leg can be a call without a sound: its file is a header.
    this.#sink ??= await this.#openSink();
    const audio = await this.#sink.commit(name);
    this.#committed = { name, audio };
    return audio;
  }

  /** Whether a sidecar is the one just written, whose answer was lost. */
  #isWritten({ recordingId }: Sidecar, draft: UncommittedSidecar): boolean {
    return this.#committed !== undefined && recordingId === draft.recordingId;
  }

  /** Somebody else's recording is as good. */
  async #withdraw(name: string, existing: Sidecar): Promise<void> {
    await this.abort();
    const location = this.#committed?.audio.location;
    if (location && location !== existing.audio.location) await this.options.store.removeAudio(name, location);
  }

  #assess(report: LegReport, end: ReadingEnd): LegCompleteness {
    const { limits = {}, provingQuiescenceMs = PROVING_QUIESCENCE_MS } = this.options;
    const { leg } = this;
    return assessLeg({
      leg,
      limits,
      report,
      end,
      received: this.#whole,
      failures: this.#failures,
      provingQuiescenceMs,
    });
  }

  /** What its sidecar would say if it were finished now. */
  draft(end: ReadingEnd): UncommittedSidecar {
    const { leg } = this;
    const report = this.#assembler.report();
    const { limits = {} } = this.options;
    const tallied = report.transactions.find(({ transactionId }) => transactionId === leg.transactionId);
    const { listed, received, errors, complete } = this.#assess(report, end);
    const { errorsAtMs, fragmentStarts } = this.#assembler;
    const isQuiet = end.endProof === "quiescence" && end.listing;
    return {
      version: 1,
      recordingId: randomUUID(),
      package: packageVersion(),
      transactionId: leg.transactionId,
      callId: leg.callId,
      voiceConnectorId: leg.voiceConnectorId ?? tallied?.voiceConnectorId,
      streamArn: leg.stream.arn,
      isCaller: leg.isCaller,
      direction: leg.direction,
      mediaIndex: leg.mediaIndex,
      mediaLabel: leg.mediaLabel,
      fromNumber: leg.fromNumber,
      toNumber: leg.toNumber,
      bounds: {
        ...boundsOf(leg),
        ...(limits.fromMs !== undefined && { startTime: undefined }),
        ...(limits.toMs !== undefined && { endTime: undefined }),
      },
      pieces: leg.pieces?.map(boundsOf),
      ...((limits.fromMs ?? limits.toMs) !== undefined && {
        range: { from: isoOf(limits.fromMs), to: isoOf(limits.toMs) },
      }),
      fragments: {
        listed,
        received,
        replayed: report.replayedFragments,
        unattributed: report.unattributedFragments,
        first: report.firstFragmentNumber,
        last: report.lastFragmentNumber,
      },
      fragmentStarts,
      gaps: report.gaps,
      clockSteps: report.clockSteps,
      // The first are the report's.
      errors: errors.map((error, i) => ({ ...error, ...(errorsAtMs[i] !== undefined && { atMs: errorsAtMs[i] }) })),
      samples: report.samples,
      silenceSamples: report.silenceSamples,
      durationMs: report.durationMs,
      driftMs: report.driftMs,
      endProof: end.endProof,
      ...(isQuiet && { quiescenceSeconds: isQuiet.unchangedMs / 1000 }),
      complete,
      boundaryUncertain: report.boundaryUncertain,
      mediaStartTime: isoOf(report.mediaStartMs ?? report.firstProducerTimestampMs),
      mediaEndTime: isoOf(report.mediaEndMs),
      recordedTime: new Date(this.options.clock.now()).toISOString(),
      reader: end.reader,
    };
  }
}

function isoOf(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString();
}
