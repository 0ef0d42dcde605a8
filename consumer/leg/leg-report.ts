import type { Track } from "../matroska/fragment.js";
import type { ClockStep, Gap } from "./timeline.js";
import type { Predecessor } from "./transaction-filter.js";

/** One transaction of the input. */
export interface TransactionTally {
  /** Absent for fragments that carry no transaction id and continue none. */
  transactionId?: string;
  voiceConnectorId?: string;
  fragments: number;
  /** Of its audio as received, without silence for gaps. */
  samples: number;
}

/** Something that is missing from the leg or cannot be relied on. */
export interface LegFault {
  /**
   * A damage's code; the code of an error tag; `outOfOrder`: an earlier fragment, or audio of an earlier time, came after a later one; `overlap`: a fragment with
   * other audio at times of which audio was taken before, kept, once for each run of such fragments; `unattributed`: a fragment
   * inside the leg that carries no transaction id and does not continue in time, left out, or one right before the leg's first;
   * `transactionConflict`: inside the event's bounds, with another transaction's tags where none can trail, kept where it is the
   * first in a row and its tags come after its cluster, else left out; `halfSample`: a block that ends in the middle of a sample, the
   * half left out; `unreadable`: a fragment inside the leg whose header names no track or format that the leg can have, left out.
   */
  code: string;
  /** Where in the byte stream. */
  offset: number;
  message: string;
}

/** What became of a leg. Times in milliseconds, epoch where they are points in time. */
export interface LegReport {
  /** The transaction followed: the one selected, or the first one met. */
  transactionId?: string;
  voiceConnectorId?: string;
  /** Fragments that audio was taken from. */
  fragments: number;
  blocks: number;
  /** All samples put out, those of the silence in gaps included. */
  samples: number;
  silenceSamples: number;
  sampleRateHz: number;
  /** Of what was put out. */
  durationMs: number;
  /** All transactions of the input, in order of appearance, whether they were wanted or not. */
  transactions: TransactionTally[];
  gaps: Gap[];
  clockSteps: ClockStep[];
  errors: LegFault[];
  /** How far the producer's clock is ahead of the samples at the end; negative where there are more samples than time. */
  driftMs: number;
  /** A neighbouring call's id was first met in tags that trail by a fragment, and no event's bound told more. */
  boundaryUncertain: boolean;
  /** Fragments dropped as seen before. */
  duplicateFragments: number;
  /** Fragments dropped as sent again by the producer. */
  replayedFragments: number;
  /** Samples dropped as sent again by the producer, those of whole fragments included. */
  replayedSamples: number;
  /** Fragments that could be anybody's, all over the input; they are left out. */
  unattributedFragments: number;
  /**
   * Whose the fragment directly before the leg's first is: `other`: another transaction's; `nothing`: it could be anybody's, so
   * the leg's beginning may be missing, which is an `unattributed` among the errors; undefined: none came before.
   */
  precededBy?: Predecessor;
  firstFragmentNumber?: string;
  lastFragmentNumber?: string;
  /** When the first fragment began, by the producer's clock. */
  firstProducerTimestampMs?: number;
  /** When the last fragment began. */
  lastProducerTimestampMs?: number;
  /** When the first sample began, by the producer's clock. */
  mediaStartMs?: number;
  /** When the last sample ended, by the producer's clock. */
  mediaEndMs?: number;
  /** Tracks of the leg's fragments. */
  tracks: readonly Track[];
  /** The track that audio was taken from. */
  track?: Track;
  /**
   * Nothing is known to be missing or another's, as far as the bytes tell: no errors, no uncertain boundary, and something was found.
   * Gaps do not count against it: a call on hold has them.
   */
  complete: boolean;
  /** Entries of `errors`, `gaps`, `clockSteps` and `transactions` left out for their number. */
  entriesOmitted: number;
}
