import { compareFragmentNumbers } from "../matroska/fragment.js";
import { isLegName, legNamePrefix } from "./recording-name.js";
import type { RecordingStore } from "./recording-store.js";
import type { Sidecar } from "./sidecar.js";

/** A leg's recording as it was found. */
export interface NamedRecording {
  name: string;
  sidecar: Sidecar;
  version: string;
}

/** A call has two legs, in a few pieces each; more recordings than this are not one call. */
const MAX_RECORDINGS = 500;

/** All recordings of a call's legs, in the order of their names. Throws `TooManyRecordings`. */
export async function findLegRecordings(store: RecordingStore, transactionId: string): Promise<NamedRecording[]> {
  const found: NamedRecording[] = [];
  for (const name of (await store.list(legNamePrefix(transactionId), MAX_RECORDINGS)).filter(isLegName)) {
    const { sidecar, version } = await store.find(name);
    // Two ids can have one name.
    if (sidecar && version !== undefined && sidecar.transactionId === transactionId)
      found.push({ name, sidecar, version });
  }
  return found;
}

/**
 * Whether nothing of `other` is missing where `one` is: it has the same fragments of the same stream and more, and is complete, or
 * has at least as much audio where neither is. Of two that have the same fragments exactly one supersedes the other.
 */
export function supersedes(one: Sidecar, other: Sidecar): boolean {
  if (!contains(one, other)) return false;
  const more = heard(one) - heard(other);
  if (!contains(other, one)) return one.complete || (!other.complete && more >= 0);
  if (one.complete !== other.complete) return one.complete;
  return more === 0 ? one.recordingId < other.recordingId : more > 0;
}

function contains(one: Sidecar, other: Sidecar): boolean {
  const { first, last } = one.fragments;
  const { first: otherFirst, last: otherLast } = other.fragments;
  if (one.streamArn !== other.streamArn || !first || !last || !otherFirst || !otherLast) return false;
  return compareFragmentNumbers(first, otherFirst) <= 0 && compareFragmentNumbers(last, otherLast) >= 0;
}

function heard({ samples, silenceSamples }: Sidecar): number {
  return samples - silenceSamples;
}
