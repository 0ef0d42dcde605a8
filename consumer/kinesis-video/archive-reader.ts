import type { StreamArn } from "../events/stream-arn.js";
import { compareFragmentNumbers } from "../matroska/fragment.js";
import { Backoff } from "./backoff.js";
import { END_TIME_TOLERANCE_MS, type EndProof, type LegProgress } from "./end-proof.js";
import { type FragmentBounds, isWithin } from "./fragment-bounds.js";
import { type FragmentRange, type ListedFragment, listFragments } from "./fragment-listing.js";
import { type ReadFragment, readFragmentMedia } from "./fragment-media.js";
import type { KinesisVideoAccess } from "./kinesis-video-access.js";

export interface ArchiveRequest {
  stream: StreamArn;
  /** Where to look. Wider than the leg: ListFragments filters by when a fragment starts. */
  range: FragmentRange;
  /** Both included. */
  bounds: FragmentBounds;
  /** When the leg ended by the producer's clock: media that reaches it proves the end. */
  endTimeMs?: number;
  /** Leave out what starts after `endTimeMs`. Default false: clocks differ, and no sample is dropped for that. */
  cutAtEndTime?: boolean;
  /**
   * Whether listings that stay equal prove an end. Default true. False where the end of the call will be told and has not
   * been: a call on hold is as quiet as one that is over.
   */
  silenceProves?: boolean;
  /** What a live reader has received already: only what comes after is read. */
  received?: { fragmentNumbers: ReadonlySet<string>; last: string };
}

export interface ArchiveOptions {
  /** Two equal listings this far apart prove that a leg has ended. Default 30 s. */
  quiescenceMs?: number;
  /**
   * Fragments are listed late. A listing with a hole, or of a leg whose first fragment was not told, is believed once it has not
   * changed for this long; one without, whose end is known by time or by the next call alone, after 2 s of it. Default 5 s.
   */
  settlingMs?: number;
  /** How long to go on listing, with nothing new to read, until the end is proven. Default 2 min. */
  endLimitMs?: number;
  /** The longest wait between two listings. Default 5 s. */
  relistMs?: number;
  /** Answers that may break off at one fragment, and bring nothing, before it is given up. Default 4. */
  fruitlessAttempts?: number;
  /** A connection that brings no whole fragment for this long is closed, and the rest asked for again. Default 60 s. */
  stallMs?: number;
}

export interface ArchiveEnd {
  endProof: EndProof;
  /** What the last listing holds of the leg's bounds, in order. */
  listed: ListedFragment[];
  /** When that listing was asked for. */
  listedAtMs: number;
  /** How long it had not changed by then. */
  unchangedMs: number;
}

/** A fragment was listed behind what has been read: the leg has to be read again from its beginning. */
export class ListingChanged extends Error {
  override readonly name = "ListingChanged";
}

/** Media times are milliseconds, rounded: a neighbour this near is the next one. */
const HOLE_MS = 100;

/** A listing in which nothing is missing before its end needs no longer than this. */
const WHOLE_SETTLING_MS = 2_000;

/** Whether something may still be listed before the last one: the leg's first fragment, or one in the middle. */
function mayLack(listed: readonly ListedFragment[], startFragmentNumber: string | undefined): boolean {
  const first = listed[0]?.fragmentNumber;
  if (startFragmentNumber === undefined) return true;
  if (first && compareFragmentNumbers(first, startFragmentNumber) !== 0) return true;
  return listed.some((fragment, i) => {
    const next = listed[i + 1];
    return next && next.producerTimestampMs - (fragment.producerTimestampMs + fragment.lengthMs) > HOLE_MS;
  });
}

/** One leg out of the archive: listed again and again until its end is proven, read while that goes on. */
export class ArchiveReader {
  readonly #options: Required<ArchiveOptions>;
  readonly #known: Set<string>;
  #unchangedSinceMs: number | undefined;
  #position: string | undefined;

  constructor(
    private readonly access: KinesisVideoAccess,
    private readonly request: ArchiveRequest,
    private readonly progress: LegProgress,
    options: ArchiveOptions = {},
  ) {
    this.#known = new Set(request.received?.fragmentNumbers);
    this.#position = request.received?.last;
    this.#options = {
      quiescenceMs: options.quiescenceMs ?? 30_000,
      settlingMs: options.settlingMs ?? 5_000,
      endLimitMs: options.endLimitMs ?? 120_000,
      relistMs: options.relistMs ?? 5_000,
      fruitlessAttempts: options.fruitlessAttempts ?? 4,
      stallMs: options.stallMs ?? 60_000,
    };
  }

  /**
   * Throws `ArchiveUnavailable`, `AwsCallError`, or `ListingChanged`.
   * @returns how the end is known, and what should have been received
   */
  async *fragments(signal?: AbortSignal): AsyncGenerator<ReadFragment, ArchiveEnd> {
    const { access, request } = this;
    let newsAtMs = access.clock.now();
    const backoff = new Backoff({ ...access.retry, baseMs: 500, maxMs: this.#options.relistMs });
    for (;;) {
      const all = await listFragments(access, request.stream, request.range, signal);
      const listedAtMs = access.clock.now();
      const inBounds = all.filter((fragment) => isWithin(fragment.fragmentNumber, request.bounds));
      const cutMs = request.cutAtEndTime ? (request.endTimeMs ?? Infinity) : Infinity;
      const listed = inBounds.filter((fragment) => fragment.producerTimestampMs <= cutMs);
      const unchangedMs = listedAtMs - this.#unchangedSince(listed, listedAtMs);

      const fresh = listed.filter((fragment) => this.#isFresh(fragment));
      for await (const read of readFragmentMedia(access, request.stream, fresh, this.#options, signal)) {
        yield read;
        this.#position = read.listed.fragmentNumber;
        // Whatever follows on the stream belongs to other calls.
        if (this.progress.switchedAway()) break;
      }

      const nowMs = access.clock.now();
      // Reading may take longer than the limit: it is for waiting.
      if (fresh.length > 0) newsAtMs = nowMs;
      const seen = { listed, listedAtMs, unchangedMs };
      const likely = this.#likelyProof(listed, inBounds);
      const provesAfterMs = this.#provesAfterMs(likely, listed);
      if (unchangedMs >= provesAfterMs) return { endProof: likely, ...seen };
      if (!this.progress.hasBegun() && listed.length > 0) return { endProof: "none", ...seen };
      if (nowMs - newsAtMs >= this.#options.endLimitMs) return { endProof: "none", ...seen };
      const provenInMs = listedAtMs - unchangedMs + provesAfterMs - nowMs;
      await access.clock.sleep(Math.min(backoff.nextMs(), provenInMs), signal);
    }
  }

  /** Fragments that expire leave a listing without changing it: only a new one does. */
  #unchangedSince(listed: readonly ListedFragment[], listedAtMs: number): number {
    const added = listed.filter((fragment) => !this.#known.has(fragment.fragmentNumber));
    if (added.length > 0 || this.#unchangedSinceMs === undefined) this.#unchangedSinceMs = listedAtMs;
    for (const { fragmentNumber } of added) {
      if (this.#position !== undefined && compareFragmentNumbers(fragmentNumber, this.#position) < 0) {
        throw new ListingChanged(`fragment ${fragmentNumber} was listed after later ones had been read`);
      }
      this.#known.add(fragmentNumber);
    }
    return this.#unchangedSinceMs;
  }

  #isFresh(fragment: ListedFragment): boolean {
    return this.#position === undefined || compareFragmentNumbers(fragment.fragmentNumber, this.#position) > 0;
  }

  /** What the end is to be known by, once it has settled. */
  #likelyProof(listed: readonly ListedFragment[], inBounds: readonly ListedFragment[]): EndProof {
    const { endFragmentNumber } = this.request.bounds;
    const last = listed.at(-1);
    const bySilence = (this.request.silenceProves ?? true) ? "quiescence" : "none";
    if (endFragmentNumber !== undefined) {
      return last && compareFragmentNumbers(last.fragmentNumber, endFragmentNumber) === 0 ? "endedEvent" : bySilence;
    }
    if (this.progress.switchedAway()) return "nextTransaction";
    const { endTimeMs } = this.request;
    if (endTimeMs === undefined) return bySilence;
    const isReached = last && last.producerTimestampMs + last.lengthMs >= endTimeMs - END_TIME_TOLERANCE_MS;
    return isReached || inBounds.length > listed.length ? "endTime" : bySilence;
  }

  #provesAfterMs(proof: EndProof, listed: readonly ListedFragment[]): number {
    const { quiescenceMs, settlingMs } = this.#options;
    if (proof === "quiescence" || proof === "none") return quiescenceMs;
    if (mayLack(listed, this.request.bounds.startFragmentNumber)) return settlingMs;
    return proof === "endedEvent" ? 0 : Math.min(settlingMs, WHOLE_SETTLING_MS);
  }
}
