/**
 * How it is known that no more media of a leg will come:
 * `endedEvent` the fragment that ENDED names was read; `nextTransaction` another call has begun on the stream;
 * `endTime` the media reaches the time at which the leg ended; `quiescence` two listings some time apart are equal;
 * `none` it is not known.
 */
export type EndProof = "endedEvent" | "nextTransaction" | "endTime" | "quiescence" | "none";

/** What a reader asks whoever takes its fragments. */
export interface LegProgress {
  /** A later transaction has begun on the stream. */
  switchedAway(): boolean;
  /** Something of the leg has been found. Where nothing has, there is no end to wait for. */
  hasBegun(): boolean;
}

/** The end of the media is told to the millisecond of its last block, the end of a call to that of its signalling. */
export const END_TIME_TOLERANCE_MS = 200;
