import { AwsCallError } from "../../aws/call-error.js";
import type { StreamArn } from "../events/stream-arn.js";
import { compareFragmentNumbers, type Fragment } from "../matroska/fragment.js";
import { ArchiveUnavailable, type FragmentRange, type ListedFragment, listFragments } from "./fragment-listing.js";
import { readFragmentMedia } from "./fragment-media.js";
import type { KinesisVideoAccess } from "./kinesis-video-access.js";

/** Where a live reader is. */
export interface LivePosition {
  fragmentNumber: string;
  /** Of that fragment; absent where it was received without one. */
  serverTimestampMs?: number;
  /** Where its media ends, by the producer's clock. */
  endOfMediaMs: number;
}

/** Where a leg begins that nothing has been read of. */
export interface LegBeginning {
  startFragmentNumber?: string;
  /** Media that ends before is left out. */
  fromMs: number;
}

/** ListFragments shows a fragment within a second as a rule. What is younger than this is left to GetMedia. */
const SETTLED_AFTER_MS = 5_000;
/** Media times are milliseconds, rounded: a neighbour this near is the next one. */
const HOLE_MS = 100;
/** The longest fragment that Kinesis takes. */
const LONGEST_FRAGMENT_MS = 20_000;
/** A minute of a leg: a process has many legs, and they may all be late at the same time. */
const BATCH_BYTES = 1024 * 1024;
/** Chime's clock, the producer's and Kinesis' differ. */
const CLOCK_TOLERANCE_MS = 60_000;

/**
 * What a late reader has to catch up with, out of the archive: GetMedia gives five fragments a second, the archive five hundred.
 *
 * Only what is beyond doubt: whole fragments that follow each other without a hole, listed long enough ago that none can turn up
 * between them. Whatever comes behind a hole, or cannot be had here, is left to GetMedia, which has its own ways with both. So
 * nothing is passed over, and an end does not say that there is no more.
 *
 * Throws `ArchiveUnavailable` and `AwsCallError`.
 */
export async function* readBacklog(
  access: KinesisVideoAccess,
  stream: StreamArn,
  from: LivePosition | LegBeginning,
  signal?: AbortSignal,
): AsyncGenerator<Fragment, void> {
  const range = rangeOf(from, access.clock.now());
  const listed = await listFragments(access, stream, range, signal);
  const wanted = settledRun(from, listed, access.clock.now());
  for await (const { fragment, failure } of readFragmentMedia(
    access,
    stream,
    wanted,
    { batchBytes: BATCH_BYTES },
    signal,
  )) {
    if (!fragment || failure) return;
    yield fragment;
  }
}

function rangeOf(from: LivePosition | LegBeginning, nowMs: number): FragmentRange {
  const toMs = nowMs + CLOCK_TOLERANCE_MS;
  if ("fragmentNumber" in from) {
    // Numbers rise with ingestion, so what follows the position was not received before it.
    const fromMs = (from.serverTimestampMs ?? from.endOfMediaMs - CLOCK_TOLERANCE_MS) - LONGEST_FRAGMENT_MS;
    return { by: "server", fromMs, toMs };
  }
  const marginMs = from.startFragmentNumber === undefined ? LONGEST_FRAGMENT_MS : CLOCK_TOLERANCE_MS;
  return {
    by: from.startFragmentNumber === undefined ? "producer" : "server",
    fromMs: from.fromMs - marginMs,
    toMs,
  };
}

/** The fragments from the reader's position on, up to the first that may have another one before it. */
function settledRun(
  from: LivePosition | LegBeginning,
  listed: readonly ListedFragment[],
  nowMs: number,
): ListedFragment[] {
  const following = listed.filter((fragment) => follows(from, fragment));
  const first = following[0];
  const named = "fragmentNumber" in from ? undefined : from.startFragmentNumber;
  if (named !== undefined && first && compareFragmentNumbers(first.fragmentNumber, named) !== 0) return [];
  const run: ListedFragment[] = [];
  let endMs = "fragmentNumber" in from ? from.endOfMediaMs : first?.producerTimestampMs;
  for (const fragment of following) {
    if (endMs === undefined || fragment.producerTimestampMs - endMs > HOLE_MS) break;
    if (fragment.serverTimestampMs > nowMs - SETTLED_AFTER_MS) break;
    run.push(fragment);
    endMs = Math.max(endMs, fragment.producerTimestampMs + fragment.lengthMs);
  }
  return run;
}

function follows(from: LivePosition | LegBeginning, fragment: ListedFragment): boolean {
  if ("fragmentNumber" in from) return compareFragmentNumbers(fragment.fragmentNumber, from.fragmentNumber) > 0;
  if (from.startFragmentNumber !== undefined) {
    return compareFragmentNumbers(fragment.fragmentNumber, from.startFragmentNumber) >= 0;
  }
  return fragment.producerTimestampMs + fragment.lengthMs > from.fromMs;
}

/** Whether the archive is of no use to a reader that can do without: `never` for this leg, `now` for a while. */
export function archiveRefusal(error: unknown): "never" | "now" | undefined {
  if (error instanceof ArchiveUnavailable) return "never";
  // Without the stream's key GetMedia is refused as well.
  if (!(error instanceof AwsCallError) || error.action.startsWith("kms:")) return undefined;
  return error.kind === "accessDenied" ? "never" : "now";
}
