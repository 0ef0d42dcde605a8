import type { StreamArn } from "../events/stream-arn.js";
import type { ListedFragment } from "../kinesis-video/fragment-listing.js";
import { readFragmentMedia } from "../kinesis-video/fragment-media.js";
import type { KinesisVideoAccess } from "../kinesis-video/kinesis-video-access.js";
import type { Fragment } from "../matroska/fragment.js";
import type { FragmentRun } from "./fragment-runs.js";

/** Whose a fragment is, by its tags. */
export interface FragmentOwner {
  transactionId: string;
  callId?: string;
  /**
   * The tags came before the fragment's media, as a session's first ones do, and can only be its own. Those that come after it may
   * have been written for the next fragment already.
   */
  isCertain: boolean;
}

/** Tags can be missing for a fragment or two; where they are missing for longer nobody can say whose the media is. */
const NEIGHBOURS = 3;
/** A probe that cannot be had is no more than a missing tag. */
const FRUITLESS_ATTEMPTS = 2;

/** Reads the owners of fragments of one listing out of their media, each fragment at most once. */
export class FragmentOwners {
  readonly #read = new Map<number, FragmentOwner | undefined>();

  constructor(
    private readonly access: KinesisVideoAccess,
    private readonly stream: StreamArn,
    private readonly listed: readonly ListedFragment[],
    private readonly signal?: AbortSignal,
  ) {}

  /** Reads several fragments in as few requests as the service allows. */
  async read(places: Iterable<number>): Promise<void> {
    const wanted = [...new Set(places)].filter((place) => !this.#read.has(place)).sort((a, b) => a - b);
    if (wanted.length === 0) return;
    const fragments = wanted.map((place) => this.listed[place]!);
    const options = { fruitlessAttempts: FRUITLESS_ATTEMPTS };
    let at = 0;
    for await (const { fragment } of readFragmentMedia(this.access, this.stream, fragments, options, this.signal)) {
      this.#read.set(wanted[at++]!, fragment && ownerIn(fragment));
    }
  }

  /**
   * By its own tags, or those of its neighbours in the run: what has no tags belongs to what comes before it.
   * @returns undefined where none of them has any
   */
  async of(place: number, run: FragmentRun): Promise<FragmentOwner | undefined> {
    const before = Array.from({ length: NEIGHBOURS }, (_, i) => place - 1 - i);
    const after = Array.from({ length: NEIGHBOURS }, (_, i) => place + 1 + i);
    for (const candidate of [place, ...before, ...after]) {
      if (candidate < run.first || candidate > run.last) continue;
      await this.read([candidate]);
      const owner = this.#read.get(candidate);
      if (owner) return candidate === place ? owner : { ...owner, isCertain: false };
    }
    return undefined;
  }
}

function ownerIn({ tagsBefore, tagsAfter }: Fragment): FragmentOwner | undefined {
  for (const tags of [tagsBefore, tagsAfter]) {
    const transactionId = tags.get("TransactionId");
    if (transactionId === undefined || transactionId === "") continue;
    return { transactionId, callId: tags.get("CallId"), isCertain: tags === tagsBefore };
  }
  return undefined;
}
