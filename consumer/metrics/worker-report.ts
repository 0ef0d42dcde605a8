import type { Metrics } from "./metrics.js";

const REPORTED_EVERY_MS = 60_000;

/** What a worker says of itself once a minute. */
export class WorkerReport {
  /** Of the legs that there was no room for since the last report. */
  #longestWaitMs: number | undefined;

  /** @param legs how many legs are in progress; undefined where nobody asks for that */
  constructor(
    private readonly metrics: Metrics,
    private readonly legs: (() => number) | undefined,
  ) {}

  /** There was no room for a leg that has waited for so long. */
  waited(ms: number): void {
    this.#longestWaitMs = Math.max(this.#longestWaitMs ?? 0, ms);
  }

  /** @returns reports for the last time, and no more */
  start(): () => void {
    const report = () => {
      if (this.legs) this.metrics.record("LegsInProgress", this.legs());
      this.#reportWait();
    };
    const timer = setInterval(report, REPORTED_EVERY_MS);
    report();
    return () => {
      clearInterval(timer);
      this.#reportWait();
    };
  }

  #reportWait(): void {
    // Calls that wait are no lag of any call that is read: who adds workers has to hear of them all the same.
    if (this.#longestWaitMs !== undefined) this.metrics.record("PickupLag", this.#longestWaitMs / 1000);
    this.#longestWaitMs = undefined;
    this.metrics.flush();
  }
}
