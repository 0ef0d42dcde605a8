import type { Clock } from "./clock.js";
import type { EndProof, LegProgress } from "./kinesis-video/end-proof.js";
import { isWithin } from "./kinesis-video/fragment-bounds.js";
import type { FragmentRange, ListedFragment } from "./kinesis-video/fragment-listing.js";
import { LegAssembler } from "./leg/leg-assembler.js";
import type { LegReport } from "./leg/leg-report.js";
import type { LegRequest } from "./leg-request.js";
import { compareFragmentNumbers, type Fragment } from "./matroska/fragment.js";
import { packageVersion } from "./package-version.js";
import { recordingName } from "./recordings/recording-name.js";
import type { RecordingStore } from "./recordings/recording-store.js";
import { isBetterRecording, type Sidecar } from "./recordings/sidecar.js";
import type { AudioSink } from "./sinks/audio-sink.js";

/** What a reader knows when it has read a leg. */
export interface ReadingEnd {
  endProof: EndProof;
  reader: "archive" | "live";
  /** What ListFragments returned; absent where the stream archives nothing. */
  listed?: readonly ListedFragment[];
  /** What was listed: what starts before it, or has expired, is not in it. */
  range?: FragmentRange;
}

export type LegOutcome =
  | { kind: "recorded"; sidecar: Sidecar; sidecarLocation: string }
  /** There is a recording at least as good. */
  | { kind: "kept"; sidecar: Sidecar; sidecarLocation: string }
  /** Read, but not good enough for whoever asked: nothing was kept. */
  | { kind: "declined"; sidecar: UncommittedSidecar }
  /** Nothing of the leg was found. */
  | { kind: "nothing"; listed: number };

/** A sidecar whose audio has no place, size or hash, as nothing was committed. */
export type UncommittedSidecar = Omit<Sidecar, "sha256" | "audio">;

/** Media that starts this much after a listing's beginning is not what the beginning cut: no fragment is longer than 20 s. */
const LONGEST_FRAGMENT_MS = 20_000;

/** One leg on its way from fragments to a committed recording. Ended by `finish` or `abort`. */
export class LegRecording implements LegProgress {
  readonly #assembler: LegAssembler;
  readonly #whole = new Set<string>();
  readonly #failures: Sidecar["errors"] = [];
  #lastPushed: string | undefined;
  #firstMatched: string | undefined;
  #sink: AudioSink | undefined;

  constructor(
    private leg: LegRequest,
    private readonly store: RecordingStore,
    private readonly clock: Clock,
  ) {
    const { transactionId, startFragmentNumber, endFragmentNumber, sampleRateHz } = leg;
    this.#assembler = new LegAssembler({ transactionId, startFragmentNumber, endFragmentNumber }, { sampleRateHz });
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

  /** Whether {@link finish} would claim a complete recording. */
  isComplete(end: ReadingEnd): boolean {
    return this.#draft(this.#assembler.report(), end).complete;
  }

  /** What has been received whole so far, for a reader that goes on where another stopped. */
  get received(): { fragmentNumbers: ReadonlySet<string>; last: string } | undefined {
    return this.#lastPushed === undefined ? undefined : { fragmentNumbers: this.#whole, last: this.#lastPushed };
  }

  /** The next fragment, in order; or what came instead of it. */
  async push(read: { fragment?: Fragment; failure?: { code: string; message: string }; listed?: ListedFragment }) {
    const { fragment, failure } = read;
    const fragmentNumber = fragment?.fragmentNumber ?? read.listed?.fragmentNumber;
    // What a damaged fragment lacks is reported by the assembler, which knows what it could use of it.
    if (failure && !fragment) this.#failures.push({ ...failure, ...(fragmentNumber && { fragmentNumber }) });
    if (fragmentNumber !== undefined) {
      this.#lastPushed = fragmentNumber;
      if (!failure) this.#whole.add(fragmentNumber);
    }
    if (fragment) await this.#write(this.#assembler.push(fragment));
  }

  async #write(chunks: readonly Uint8Array[]): Promise<void> {
    if (chunks.length === 0) return;
    this.#sink ??= await this.#openSink();
    for (const chunk of chunks) await this.#sink.write(chunk);
  }

  #openSink(): Promise<AudioSink> {
    return this.store.openAudio(this.#name(), this.#assembler.report().sampleRateHz);
  }

  #name(): string {
    const { transactionId, stream, startFragmentNumber } = this.leg;
    this.#firstMatched ??= startFragmentNumber ?? this.#assembler.report().firstFragmentNumber;
    return recordingName({ transactionId, stream, firstFragmentNumber: this.#firstMatched });
  }

  async abort(): Promise<void> {
    await this.#sink?.abort();
    this.#sink = undefined;
  }

  /**
   * Commits the audio, then the sidecar, unless there is a recording at least as good.
   * @param accept whether a recording like this is worth keeping; default: any is
   */
  async finish(end: ReadingEnd, accept: (sidecar: UncommittedSidecar) => boolean = () => true): Promise<LegOutcome> {
    await this.#write(this.#assembler.end());
    const report = this.#assembler.report();
    if (report.fragments === 0) {
      await this.abort();
      return { kind: "nothing", listed: end.listed?.length ?? 0 };
    }
    const name = this.#name();
    const draft = this.#draft(report, end);
    if (!accept(draft)) {
      await this.abort();
      return { kind: "declined", sidecar: draft };
    }
    const sidecarLocation = this.store.sidecarLocation(name);
    const existing = await this.store.find(name);
    if (existing && !isBetterRecording(draft, existing)) {
      await this.abort();
      return { kind: "kept", sidecar: existing, sidecarLocation };
    }
    // A leg can be a call without a sound: its file is a header.
    this.#sink ??= await this.#openSink();
    const { location, sha256, bytes } = await this.#sink.commit();
    this.#sink = undefined;
    const { sampleRateHz } = report;
    const audio = { location, format: "wav", sampleRateHz, channels: 1, bitsPerSample: 16, bytes } as const;
    const sidecar = { ...draft, audio, sha256 };
    await this.store.putSidecar(name, sidecar);
    return { kind: "recorded", sidecar, sidecarLocation };
  }

  #draft(report: LegReport, end: ReadingEnd): UncommittedSidecar {
    const { leg } = this;
    const tallied = report.transactions.find(({ transactionId }) => transactionId === leg.transactionId);
    const errors = [...report.errors, ...this.#failures];
    const inLeg = end.listed?.filter(({ fragmentNumber }) =>
      isWithin(fragmentNumber, {
        startFragmentNumber: leg.startFragmentNumber ?? report.firstFragmentNumber,
        endFragmentNumber: leg.endFragmentNumber ?? report.lastFragmentNumber,
      }),
    );
    const missing = inLeg?.filter(({ fragmentNumber }) => !this.#whole.has(fragmentNumber)).length;
    const isAllThere = missing === 0 && errors.length === 0 && this.#hasFirst(report, end) && this.#hasLast();
    const complete = isAllThere && end.endProof !== "none" && !report.boundaryUncertain;
    return {
      version: 1,
      package: packageVersion(),
      transactionId: leg.transactionId,
      callId: leg.callId,
      voiceConnectorId: leg.voiceConnectorId ?? tallied?.voiceConnectorId,
      streamArn: leg.stream.arn,
      isCaller: leg.isCaller,
      direction: leg.direction,
      bounds: {
        startFragmentNumber: leg.startFragmentNumber,
        endFragmentNumber: leg.endFragmentNumber,
        startTime: isoOf(leg.startTimeMs),
        endTime: isoOf(leg.endTimeMs),
      },
      fragments: {
        listed: inLeg?.length,
        received: inLeg && missing !== undefined ? inLeg.length - missing : report.fragments,
        replayed: report.replayedFragments,
        unattributed: report.unattributedFragments,
        first: report.firstFragmentNumber,
        last: report.lastFragmentNumber,
      },
      gaps: report.gaps,
      clockSteps: report.clockSteps,
      errors,
      samples: report.samples,
      silenceSamples: report.silenceSamples,
      durationMs: report.durationMs,
      driftMs: report.driftMs,
      endProof: end.endProof,
      complete,
      boundaryUncertain: report.boundaryUncertain,
      mediaStartTime: isoOf(report.firstProducerTimestampMs),
      mediaEndTime: isoOf(report.mediaEndMs),
      recordedTime: new Date(this.clock.now()).toISOString(),
      reader: end.reader,
    };
  }

  /** Told by an event, the first fragment must be there; else something before it must show that it is the first. */
  #hasFirst(report: LegReport, end: ReadingEnd): boolean {
    const { startFragmentNumber } = this.leg;
    if (startFragmentNumber !== undefined) return this.#whole.has(startFragmentNumber);
    const first = report.firstFragmentNumber;
    const listedFirst = end.listed?.find(({ fragmentNumber }) => fragmentNumber === first);
    const earliest = end.listed?.[0];
    if (first === undefined || !listedFirst || !earliest) return false;
    if (compareFragmentNumbers(earliest.fragmentNumber, first) < 0) return true;
    if (!end.range) return false;
    const startMs = end.range.by === "server" ? listedFirst.serverTimestampMs : listedFirst.producerTimestampMs;
    return startMs - end.range.fromMs >= LONGEST_FRAGMENT_MS;
  }

  #hasLast(): boolean {
    const { endFragmentNumber } = this.leg;
    return endFragmentNumber === undefined || this.#whole.has(endFragmentNumber);
  }
}

function isoOf(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString();
}
