import { blockTableOf } from "../leg/fragment-blocks.js";
import type { Fragment } from "../matroska/fragment.js";
import type { ListedFragment } from "./fragment-listing.js";

/** 16-bit samples, 8,000 a second: what a block is taken to be that has no neighbour to tell how long it lasts. */
const BYTES_A_MS = 16;
const ROUNDING_MS = 1;

/**
 * The longest a fragment can be said to last by its blocks, in milliseconds: a block has no length of its own, so another one
 * may have been counted at the end.
 */
export function longestMediaMs(fragment: Fragment): number {
  const table = blockTableOf(fragment);
  if (table.length === 0) return 0;
  const last = table.length - 1;
  const trackNumber = table.trackNumber(last);
  let previous = last - 1;
  while (previous >= 0 && table.trackNumber(previous) !== trackNumber) previous--;
  const blockMs =
    previous < 0
      ? (table.end(last) - table.start(last)) / BYTES_A_MS
      : table.timecodeMs(last) - table.timecodeMs(previous);
  const startMs = Math.min(table.clusterTimecodeMs, table.timecodeMs(0));
  return table.timecodeMs(last) - startMs + 2 * blockMs + ROUNDING_MS;
}

/**
 * Clusters in Kinesis' answers have no size, so one that was cut between two blocks looks whole; but ListFragments tells how
 * long it is.
 */
export function shorterThanListed(
  mediaMs: number,
  listed: ListedFragment,
): { code: "shorterThanListed"; message: string } | undefined {
  if (mediaMs >= listed.lengthMs) return undefined;
  const message = `its media ends after ${Math.round(mediaMs)} ms at the latest, ListFragments says that it lasts ${listed.lengthMs} ms`;
  return { code: "shorterThanListed", message };
}

/** When the media of a fragment ends by the producer's clock; the last block is taken to be as long as its neighbours. 0: unknown. */
export function endOfMediaMs(fragment: Fragment): number {
  const { producerTimestampMs: startMs } = fragment;
  const table = blockTableOf(fragment);
  if (startMs === undefined || table.length === 0) return 0;
  const spanMs = table.timecodeMs(table.length - 1) - table.timecodeMs(0);
  const blockMs = table.length > 1 ? spanMs / (table.length - 1) : 0;
  return startMs + spanMs + blockMs;
}
