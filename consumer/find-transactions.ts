import type { StreamArn } from "./events/stream-arn.js";
import { type FragmentBounds, isWithin } from "./kinesis-video/fragment-bounds.js";
import { type FragmentRange, type ListedFragment, listFragments } from "./kinesis-video/fragment-listing.js";
import { readFragmentMedia } from "./kinesis-video/fragment-media.js";
import type { KinesisVideoAccess } from "./kinesis-video/kinesis-video-access.js";

/** A stretch of one transaction's fragments on a stream. */
export interface FoundTransaction {
  transactionId: string;
  first: ListedFragment;
  last: ListedFragment;
}

/**
 * Which transactions have media in a range of time, in the order in which they begin. The listing says nothing about
 * it, so all media of the range is read.
 */
export async function findTransactions(
  access: KinesisVideoAccess,
  stream: StreamArn,
  range: FragmentRange,
  bounds: FragmentBounds,
  signal?: AbortSignal,
): Promise<FoundTransaction[]> {
  const all = await listFragments(access, stream, range, signal);
  const listed = all.filter(({ fragmentNumber }) => isWithin(fragmentNumber, bounds));
  const found = new Map<string, FoundTransaction>();
  for await (const read of readFragmentMedia(access, stream, listed, {}, signal)) {
    const { fragment, listed: place } = read;
    const transactionId = fragment?.tagsBefore.get("TransactionId") ?? fragment?.tagsAfter.get("TransactionId");
    if (transactionId === undefined) continue;
    const known = found.get(transactionId);
    if (known) known.last = place;
    else found.set(transactionId, { transactionId, first: place, last: place });
  }
  return [...found.values()];
}
