import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../consumer/clock.js";

interface Sleeper {
  dueMs: number;
  wake: () => void;
}

/** Time that stands still until it is let pass. */
export class ManualClock implements Clock {
  #nowMs = Date.parse("2026-01-02T03:04:05.678Z");
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const sleeper = { dueMs: this.#nowMs + Math.max(0, ms), wake: resolve };
      const abort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      sleeper.wake = () => {
        signal?.removeEventListener("abort", abort);
        this.#sleepers.delete(sleeper);
        resolve();
      };
      this.#sleepers.add(sleeper);
    });
  }

  /** Lets so much time pass: whoever is due wakes in turn, and goes on as far as it can without waiting for anything else. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await setImmediate();
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.wake();
      await setImmediate();
    }
    this.#nowMs = untilMs;
  }

  /** Waits, really, until somebody sleeps: whoever was woken has done what there was to do, files and all. */
  async untilAsleep(): Promise<void> {
    while (this.#sleepers.size === 0) await setImmediate();
  }

  #next(untilMs: number): Sleeper | undefined {
    const [first] = [...this.#sleepers].sort((a, b) => a.dueMs - b.dueMs);
    return first && first.dueMs <= untilMs ? first : undefined;
  }
}
