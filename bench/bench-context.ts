import type { LegInput, TrackLabel } from "./leg-input.js";

/** What each row of the benchmark is given. */
export interface BenchContext {
  /** How long the leg is: 600 unless a quicker look is wanted. */
  readonly minutes: number;
  /** How many pairs of runs a ratio is made of, at least. */
  readonly pairs: number;
  /** Where inputs and outputs are. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Tells what is being done, in one line. */
  say(line: string): void;
  /** The input of that many minutes; made once. */
  input(minutes: number, label?: TrackLabel): Promise<LegInput>;
}
