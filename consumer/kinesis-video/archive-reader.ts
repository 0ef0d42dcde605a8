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
  /** What a live reader has received already: only what comes after is read. */
  received?: { fragmentNumbers: ReadonlySet<string>; last: string };
}

export interface ArchiveOptions {
  /** Two equal listings this far apart prove that a leg has ended. Default 30 s. */
  quiescenceMs?: number;
  /** A hole in a listing counts once it has been seen for this long: fragments are listed late. Default 2 s. */
  holeConfirmationMs?: number;
  /** How long to go on listing until the end is proven. Default 2 min. */
  endLimitMs?: number;
  /** The longest wait between two listings. Default 5 s. */
  relistMs?: number;
  fruitlessAttempts?: number;
}

export interface ArchiveEnd {
  endProof: EndProof;
  /** What the last listing holds of the leg's bounds, in order. */
  listed: ListedFragment[];
}

/** A fragment was listed behind what has been read: the leg has to be read again from its beginning. */
export class ListingChanged extends Error {
  override readonly name = "ListingChanged";
}

/** Media times are milliseconds, rounded: a neighbour this near is the next one. */
const HOLE_MS = 100;

function hasHole(listed: readonly ListedFragment[]): boolean {
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
      holeConfirmationMs: options.holeConfirmationMs ?? 2_000,
      endLimitMs: options.endLimitMs ?? 120_000,
      relistMs: options.relistMs ?? 5_000,
      fruitlessAttempts: options.fruitlessAttempts ?? 4,
    };
  }

  /**
   * Throws `ArchiveUnavailable`, `AwsCallError`, or `ListingChanged`.
   * @returns how the end is known, and what should have been received
   */
  async *fragments(signal?: AbortSignal): AsyncGenerator<ReadFragment, ArchiveEnd> {
    const { access, request } = this;
    const startedMs = access.clock.now();
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

      const endProof = this.#proofOf(listed, inBounds, unchangedMs);
      if (endProof) return { endProof, listed };
      if (!this.progress.hasBegun() && listed.length > 0) return { endProof: "none", listed };
      const nowMs = access.clock.now();
      if (nowMs - startedMs >= this.#options.endLimitMs) return { endProof: "none", listed };
      const quietInMs = listedAtMs - unchangedMs + this.#options.quiescenceMs - nowMs;
      await access.clock.sleep(Math.min(backoff.nextMs(), quietInMs), signal);
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

  #proofOf(
    listed: readonly ListedFragment[],
    inBounds: readonly ListedFragment[],
    unchangedMs: number,
  ): EndProof | undefined {
    const { endFragmentNumber } = this.request.bounds;
    const last = listed.at(-1);
    if (!hasHole(listed) || unchangedMs >= this.#options.holeConfirmationMs) {
      if (endFragmentNumber !== undefined) {
        if (last && compareFragmentNumbers(last.fragmentNumber, endFragmentNumber) === 0) return "endedEvent";
      } else {
        if (this.progress.switchedAway()) return "nextTransaction";
        const { endTimeMs } = this.request;
        if (endTimeMs !== undefined) {
          const reached = last && last.producerTimestampMs + last.lengthMs >= endTimeMs - END_TIME_TOLERANCE_MS;
          if (reached || inBounds.length > listed.length) return "endTime";
        }
      }
    }
    return unchangedMs >= this.#options.quiescenceMs ? "quiescence" : undefined;
  }
}
