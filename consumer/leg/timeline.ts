/** Lag up to this much is jitter of the producer's clock; more is a gap. */
export const GAP_THRESHOLD_MS = 100;
const MAX_ENTRIES_KEPT = 100_000;

export interface Gap {
  /** Where on the leg's time axis, from its first sample on, silence included. */
  atMs: number;
  durationMs: number;
}

/** The producer's clock was set: time is counted on from here without a gap. */
export interface ClockStep {
  /** Where on the leg's time axis. */
  atMs: number;
  /** Negative: set back. */
  byMs: number;
}

export interface TimelineOptions {
  sampleRateHz: number;
  /** A lag beyond this is taken for a clock set forward, not for a gap. */
  maxGapMs: number;
}

/**
 * Where samples belong in time, by the timestamps of their blocks. A timestamp is a millisecond, 8 samples, so it places nothing
 * exactly: samples follow each other without a seam until their clock is a gap's length ahead of them.
 */
export class Timeline {
  readonly gaps: Gap[] = [];
  readonly clockSteps: ClockStep[] = [];
  /** Gaps and clock steps beyond the 100,000 of each that are kept. */
  entriesOmitted = 0;
  /** Samples so far, those of the gaps included. */
  #position = 0;
  #silence = 0;
  /** What the producer's clock showed at position 0, had it always run as it does now. */
  #originMs: number | undefined;
  /** By how much the clock is set off against the beginning; 0 again where it was set right. */
  #setOffMs = 0;
  #mediaStartMs: number | undefined;
  #mediaEndMs = 0;

  constructor(private readonly options: TimelineOptions) {}

  /** Time of the first sample by the producer's clock; undefined before it. */
  get mediaStartMs(): number | undefined {
    return this.#mediaStartMs;
  }

  /** Time of the last sample's end by the producer's clock; undefined before the first. */
  get mediaEndMs(): number | undefined {
    return this.#originMs === undefined ? undefined : this.#mediaEndMs;
  }

  /** Samples of all gaps. */
  get silenceSamples(): number {
    return this.#silence;
  }

  /** How far the producer's clock is ahead of the samples; negative where there are more samples than time. */
  get driftMs(): number {
    if (this.#originMs === undefined) return 0;
    return Math.round((this.#mediaEndMs - this.#originMs - this.#msOf(this.#position)) * 1000) / 1000;
  }

  /**
   * Places `samples` that begin at `timeMs`.
   * @returns how many samples of silence belong before them
   */
  place(timeMs: number, samples: number): number {
    let silence = 0;
    if (this.#originMs === undefined) {
      this.#originMs = timeMs;
      this.#mediaStartMs = timeMs - this.#msOf(this.#position);
    } else {
      const jumpMs = timeMs - this.#mediaEndMs;
      const lagMs = timeMs - this.#originMs - this.#msOf(this.#position);
      const isSetRight = jumpMs > GAP_THRESHOLD_MS && Math.abs(jumpMs + this.#setOffMs) <= GAP_THRESHOLD_MS;
      if (lagMs > this.options.maxGapMs || jumpMs < -GAP_THRESHOLD_MS || isSetRight) {
        this.#stepClock(this.#originMs, jumpMs);
      } else if (lagMs > GAP_THRESHOLD_MS) silence = this.#fill(lagMs);
    }
    this.#position += samples;
    this.#mediaEndMs = timeMs + this.#msOf(samples);
    return silence;
  }

  /** Places samples without a timestamp: they follow what is there. @returns 0, for there is no gap before them */
  append(samples: number): number {
    this.#position += samples;
    this.#mediaEndMs += this.#msOf(samples);
    return 0;
  }

  #msOf(samples: number): number {
    return (samples * 1000) / this.options.sampleRateHz;
  }

  #stepClock(originMs: number, jumpMs: number): void {
    this.#originMs = originMs + jumpMs;
    this.#setOffMs += jumpMs;
    if (this.clockSteps.length >= MAX_ENTRIES_KEPT) this.entriesOmitted++;
    else this.clockSteps.push({ atMs: Math.round(this.#msOf(this.#position)), byMs: Math.round(jumpMs) });
  }

  #fill(lagMs: number): number {
    const silence = Math.round((lagMs * this.options.sampleRateHz) / 1000);
    if (this.gaps.length >= MAX_ENTRIES_KEPT) this.entriesOmitted++;
    else this.gaps.push({ atMs: Math.round(this.#msOf(this.#position)), durationMs: Math.round(lagMs) });
    this.#position += silence;
    this.#silence += silence;
    return silence;
  }
}
