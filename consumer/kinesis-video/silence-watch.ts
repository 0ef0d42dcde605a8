import type { Clock } from "../clock.js";

export interface SilenceWatch {
  /** Waiting begins, anew: nothing of it has passed. */
  begin(): void;
  /** Nobody waits: whatever time passes does not count. */
  pause(): void;
  stop(): void;
}

/**
 * Calls `onSilence` once, when `limitMs` of uninterrupted waiting have passed. Begun when made. One timer a watch, however often
 * waiting begins: there are as many watches as legs, and it begins with every fragment.
 */
export function watchSilence(clock: Clock, limitMs: number, onSilence: () => void): SilenceWatch {
  const stopped = new AbortController();
  let sinceMs: number | undefined = clock.now();
  const watch = async () => {
    let nextMs = limitMs;
    // Bounded by the connection: it ends with `stop`.
    while (!stopped.signal.aborted) {
      await clock.sleep(nextMs, stopped.signal);
      const waitedMs = sinceMs === undefined ? 0 : clock.now() - sinceMs;
      if (waitedMs >= limitMs) return onSilence();
      nextMs = limitMs - waitedMs;
    }
  };
  watch().catch(() => undefined);
  return {
    begin: () => {
      sinceMs = clock.now();
    },
    pause: () => {
      sinceMs = undefined;
    },
    stop: () => stopped.abort(),
  };
}
