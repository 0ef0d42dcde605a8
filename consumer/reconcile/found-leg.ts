import type { ListedFragment } from "../kinesis-video/fragment-listing.js";

/** Fragments of one leg that follow one another without a pause. */
export interface Stretch {
  first: ListedFragment;
  last: ListedFragment;
  /** The first one that is certainly the leg's: tags may name it on a fragment before, which is still another's. */
  firstCertain: ListedFragment;
}

/**
 * What is known of a leg's first fragment. `certain`: it is the leg's, and nothing of the leg was before it; `uncertain`: it may be
 * the last one of the call before; `unseen`: it may have been before all that was listed.
 */
export type Beginning = "certain" | "uncertain" | "unseen";

/** A leg as a stream's media tells of it. */
export interface FoundLeg {
  transactionId: string;
  /** As the tags have it. */
  callId?: string;
  /** In order, at least one. */
  stretches: Stretch[];
  beginning: Beginning;
  /** Media of another transaction comes after it. */
  isFollowed: boolean;
}

/** When the leg's last media ends by the producer's clock, in milliseconds since 1970. */
export function endMsOf({ last }: Stretch): number {
  return last.producerTimestampMs + last.lengthMs;
}

/** A recorder looks this much earlier and later than it is told, by the server's clock, which is told by the producer's. */
const EARLY_MS = 60_000;
const LATE_MS = 10 * 60_000;

/** When a stretch begins, as an event would tell it: in milliseconds, and not too late for whoever looks by the server's clock. */
export function startTimeMsOf({ first }: Stretch): number {
  const { producerTimestampMs, serverTimestampMs } = first;
  const isPlausible = serverTimestampMs - producerTimestampMs > -EARLY_MS;
  return Math.round(isPlausible ? producerTimestampMs : serverTimestampMs);
}

/** When a stretch ends, as an event would tell it; undefined where a producer's clock would mislead whoever looks by the server's. */
export function endTimeMsOf(stretch: Stretch): number | undefined {
  const endMs = endMsOf(stretch);
  return stretch.last.serverTimestampMs - endMs < LATE_MS ? Math.round(endMs) : undefined;
}

/** Whether more of the leg may come: it is the last on its stream, and was heard less than `quietMs` ago. */
export function isSpeaking(leg: FoundLeg, nowMs: number, quietMs: number): boolean {
  return !leg.isFollowed && hasEndedSince(leg, nowMs - quietMs);
}

/** Whether the leg was heard after this, by the server's clock. */
export function hasEndedSince({ stretches }: FoundLeg, timeMs: number): boolean {
  return stretches.at(-1)!.last.serverTimestampMs > timeMs;
}
