import type { ListedFragment } from "../kinesis-video/fragment-listing.js";

/** Fragments of a listing that follow one another without a pause: places in it, both included. */
export interface FragmentRun {
  first: number;
  last: number;
}

/** A fragment has a second of media or more. Whatever is nearer than two follows on, whoever speaks. */
const PAUSE_MS = 2_000;
/** Producers send some seconds again after a reconnection. Media that is older than that is of another call, or of another clock. */
const REPLAY_MS = 60_000;

/** Cuts a listing in order where its media pauses, or where the producer's clock was set back. */
export function runsOf(listed: readonly ListedFragment[]): FragmentRun[] {
  const runs: FragmentRun[] = [];
  for (const [at, fragment] of listed.entries()) {
    const before = listed[at - 1];
    const run = runs.at(-1);
    if (before && run && isContinuous(before, fragment)) run.last = at;
    else runs.push({ first: at, last: at });
  }
  return runs;
}

function isContinuous(before: ListedFragment, fragment: ListedFragment): boolean {
  const pauseMs = fragment.producerTimestampMs - (before.producerTimestampMs + before.lengthMs);
  return pauseMs <= PAUSE_MS && pauseMs >= -REPLAY_MS;
}
