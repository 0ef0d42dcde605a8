import type { BenchContext } from "./bench-context.js";
import type { LimitRow, MeasuredRow, SustainedRow } from "./row.js";

/** A row of the benchmark before it is measured. */
export interface RowPlan {
  readonly name: string;
  readonly what: string;
  readonly target: number;
  /** @throws {PeerMissing} where it cannot be measured here */
  measure(context: BenchContext): Promise<MeasuredRow | SustainedRow | LimitRow>;
}
