import type { ProcessCost } from "./measured-process.js";

/** A row of the benchmark that was measured. */
export interface MeasuredRow {
  /** What `--only` takes. */
  name: string;
  /** What is compared, in words. */
  what: string;
  /** What `ratio` must not exceed. */
  target: number;
  /** The median, of all pairs, of what ours took divided by what the peer took. */
  ratio: number;
  /** The least and the greatest ratio of a pair. */
  spread: [least: number, greatest: number];
  pairs: number;
  /** Median times and the largest memory of all runs. */
  ours: ProcessCost;
  peer: ProcessCost;
  /** Whether all targets of the row are met. */
  met: boolean;
  /** What else belongs to the row, by a name that carries its unit. */
  figures?: Record<string, number>;
  /** What else is to be known, in words. */
  note?: string;
}

/** A row that tells how much of something was sustained. */
export interface SustainedRow {
  name: string;
  what: string;
  /** What `sustained` must reach. */
  target: number;
  sustained: number;
  /** Processor time over wall time: 1 is a whole core. */
  coreShare: number;
  peakRssBytes: number;
  met: boolean;
  figures: Record<string, number>;
  note: string;
}

/** A row that tells how much of something there is, in its own unit, which must not be more than a limit. */
export interface LimitRow {
  name: string;
  what: string;
  /** What `value` must not exceed. */
  target: number;
  value: number;
  unit: "MB" | "ms";
  /** The least and the greatest, where it was measured several times. */
  spread?: [least: number, greatest: number];
  pairs?: number;
  met: boolean;
  note: string;
}

/** A row that could not be measured here. */
export interface MissingRow {
  name: string;
  what: string;
  target: number;
  /** Why. */
  missing: string;
}

export type Row = MeasuredRow | SustainedRow | LimitRow | MissingRow;

/** A peer that cannot be had on this machine, or does not do what it is compared for; the message says why. */
export class PeerMissing extends Error {
  override readonly name = "PeerMissing";
}

export function isMissing(row: Row): row is MissingRow {
  return "missing" in row;
}

export function isLimited(row: Row): row is LimitRow {
  return "unit" in row;
}

export function isSustained(row: Row): row is SustainedRow {
  return "sustained" in row;
}
