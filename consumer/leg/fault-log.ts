import type { LegFault } from "./leg-report.js";

const MAX_FAULTS_KEPT = 10_000;

/** The first faults of a leg, and how many more there were. */
export class FaultLog {
  readonly entries: LegFault[] = [];
  omitted = 0;

  add(code: string, offset: number, message: string): void {
    if (this.entries.length < MAX_FAULTS_KEPT) this.entries.push({ code, offset, message });
    else this.omitted++;
  }
}
