import type { Clock } from "../../local-aws/index.js";

/** Time that stands still until it is moved. */
export class ManualClock implements Clock {
  private waiting: { dueMs: number; resolve: () => void }[] = [];

  constructor(private timeMs = Date.parse("2026-01-02T03:04:05.678Z")) {}

  nowMs(): number {
    return this.timeMs;
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.push({ dueMs: this.timeMs + ms, resolve });
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Moves time on and wakes who is due. */
  advance(ms: number): void {
    this.timeMs += ms;
    const due = this.waiting.filter((entry) => entry.dueMs <= this.timeMs);
    this.waiting = this.waiting.filter((entry) => entry.dueMs > this.timeMs);
    for (const entry of due) entry.resolve();
  }
}
