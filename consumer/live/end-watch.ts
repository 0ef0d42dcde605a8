import type { Clock } from "../clock.js";
import type { LegEnd, LegEndBounds } from "../kinesis-video/leg-end.js";

export interface EndWatch {
  /** Something of the leg was received: the silence is over. */
  heard(): void;
  stop(): void;
}

export interface EndWatchOptions {
  clock: Clock;
  /** Told what was found. */
  end: LegEnd;
  /** Silence after which word of the end is looked for. Then again after as long, twice as long and so on, up to five minutes. */
  silenceMs: number;
  /** @returns where the leg ends, or undefined while nobody says */
  look: () => Promise<LegEndBounds | undefined>;
  /** It could not be looked for; it is tried again. */
  onTrouble: (error: unknown) => void;
}

/** A call on hold is silent for long, and there may be hundreds of them. */
const LONGEST_PAUSE_MS = 5 * 60_000;

/** Looks for word of a leg's end while the leg is silent: ENDED is delivered to one worker, and that may be another one. */
export function watchForEnd({ clock, end, silenceMs, look, onTrouble }: EndWatchOptions): EndWatch {
  const stopped = new AbortController();
  let looks = 0;
  let dueMs = clock.now() + silenceMs;
  const watch = async () => {
    // Bounded by the leg: it ends with `stop`.
    while (!stopped.signal.aborted && end.toldAtMs === undefined) {
      const waitMs = dueMs - clock.now();
      if (waitMs > 0) {
        // Never for longer: when the silence ends, and begins again, the next look is due sooner.
        await clock.sleep(Math.min(waitMs, silenceMs), stopped.signal);
        continue;
      }
      dueMs = clock.now() + Math.max(silenceMs, Math.min(silenceMs * 2 ** looks, LONGEST_PAUSE_MS));
      looks++;
      try {
        const bounds = await look();
        if (bounds) end.tell(bounds, clock.now());
      } catch (error) {
        onTrouble(error);
      }
    }
  };
  watch().catch(() => undefined);
  return {
    heard: () => {
      looks = 0;
      dueMs = clock.now() + silenceMs;
    },
    stop: () => stopped.abort(),
  };
}
