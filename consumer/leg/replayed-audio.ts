import type { BlockTable } from "../matroska/block-table.js";
import type { Fragment } from "../matroska/fragment.js";
import type { FaultLog } from "./fault-log.js";
import { RecentAudio } from "./recent-audio.js";
import { SampleDecoder } from "./sample-decoder.js";
import { GAP_THRESHOLD_MS } from "./timeline.js";
import type { ReadableTrack } from "./track-reader.js";

/** 2000-01-01: earlier times are no time of day but count from a session's beginning, and repeat in each. */
const EARLIEST_EPOCH_MS = 946_684_800_000;

interface BlockTimes {
  startMs: number;
  fromMs: number;
  isReplay: boolean;
  isOutOfOrder: boolean;
}

/** Why audio cannot be placed for sure. `late`: nothing was taken at its times, but later audio was. */
type Clash = "other" | "forgotten" | "late";

const messages: Readonly<Record<Clash, string>> = {
  other: "other audio was taken at the times of this one: it is kept, so that some audio may be there twice",
  forgotten:
    "audio was taken at the times of this one too long ago to compare it: it is kept, so that some may be there twice",
  late: "audio of an earlier time comes after a later one: it is kept where it came",
};

/**
 * Finds audio that a producer sends again. After a reconnection it may cut its fragments elsewhere, so neither their times nor their
 * first blocks repeat: samples do, at the same times. What is the same is left out. What is not, though other audio was taken
 * at those times, is kept, as after a clock was set back; whether anything is doubled then cannot be known, which is told as an error.
 */
export class ReplayedAudio {
  readonly recent: RecentAudio;
  readonly #decoder = new SampleDecoder();
  /** The fragment before was sent again at least in part: what follows may begin anywhere in what was taken. */
  #isReplaying = false;
  /** The fragment before overlapped other audio: one clock step is one error. */
  #isOverlapping = false;
  #lastClash: Clash | undefined;

  constructor(
    sampleRateHz: number,
    private readonly faults: FaultLog,
    rememberedBytes?: number,
  ) {
    this.recent = new RecentAudio(sampleRateHz, rememberedBytes);
  }

  /**
   * Whether the fragment looked at last is to be remembered. Where what was taken at its times is forgotten, it would take the place of
   * what the next one can be compared with.
   */
  get isToBeRemembered(): boolean {
    return this.#lastClash !== "forgotten";
  }

  /**
   * Looks at a fragment that begins more than the jitter of a clock before the end of what was taken.
   * @returns how many samples to leave out at the beginning of each block, by its index; undefined: none at all
   */
  find(fragment: Fragment, table: BlockTable, readable: ReadableTrack, times: BlockTimes): Int32Array | undefined {
    const endMs = this.recent.endMs;
    this.#lastClash = undefined;
    if (times.startMs < EARLIEST_EPOCH_MS) return undefined;
    const jitterMs = times.isReplay || this.#isReplaying ? 0 : GAP_THRESHOLD_MS;
    if (!(earliestMs(table, readable, times) < endMs - jitterMs)) {
      this.#isReplaying = false;
      this.#isOverlapping = false;
      return undefined;
    }
    const skips = new Int32Array(table.length);
    /** Blocks that are the same, but sound the same at any time: they prove nothing. */
    const flat: number[] = [];
    let clash: Clash | undefined;
    const lateBeforeMs = times.isOutOfOrder ? Number.NEGATIVE_INFINITY : this.recent.lastEndMs - GAP_THRESHOLD_MS;
    for (let i = 0; i < table.length; i++) {
      const timeMs = times.startMs + table.relativeTimecode(i) * table.millisecondsPerTick;
      if (table.trackNumber(i) !== readable.track.number || timeMs < times.fromMs || timeMs >= endMs) continue;
      const pcm = this.#samplesOf(table, i, readable);
      const { equalSamples, rest } = this.recent.compare(timeMs, pcm);
      if (rest === "nothing") {
        skips[i] = equalSamples;
        if (isFlat(pcm)) flat.push(i);
        if (equalSamples === 0 && timeMs < lateBeforeMs && timeMs >= this.recent.startMs) clash ??= "late";
      } else if (timeMs < endMs - GAP_THRESHOLD_MS) {
        clash = rest;
      }
    }
    // Silence among other audio is not sent again, it only sounds like that.
    if (clash && clash !== "late") for (const index of flat) skips[index] = 0;
    this.#isReplaying = skips.some((samples) => samples > 0);
    if (clash && !this.#isOverlapping) this.#tell(fragment, clash);
    this.#isOverlapping = clash !== undefined;
    this.#lastClash = clash;
    return skips;
  }

  #samplesOf(table: BlockTable, index: number, { bytesPerSample, encoding }: ReadableTrack): Uint8Array {
    const start = table.start(index);
    const bytes = table.end(index) - start;
    const whole = bytes - (bytes % bytesPerSample);
    const pcm = new Uint8Array((2 / bytesPerSample) * whole);
    this.#decoder.decode(table.bytes, { start, startStep: 0, bytes: whole, count: 1 }, encoding, pcm, 0);
    return pcm;
  }

  #tell({ offset }: Fragment, clash: Clash): void {
    this.faults.add(clash === "late" ? "outOfOrder" : "overlap", offset, messages[clash]);
  }
}

/** When the earliest of the blocks to be taken begins. */
function earliestMs(table: BlockTable, readable: ReadableTrack, { startMs, fromMs }: BlockTimes): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (let r = 0; r < table.runs; r++) {
    const { trackNumber, relativeTimecode, timecodeStep, count } = table.run(r);
    if (trackNumber !== readable.track.number) continue;
    const stepMs = timecodeStep * table.millisecondsPerTick;
    const firstMs = startMs + relativeTimecode * table.millisecondsPerTick;
    const lastMs = firstMs + (count - 1) * stepMs;
    const lowestMs = Math.min(firstMs, lastMs);
    if (lowestMs >= fromMs) earliest = Math.min(earliest, lowestMs);
    else if (Math.max(firstMs, lastMs) >= fromMs) earliest = Math.min(earliest, fromMs);
  }
  return earliest;
}

/** Whether all samples are the same one, as in digital silence. */
function isFlat(pcm: Uint8Array): boolean {
  for (let i = 2; i < pcm.length; i++) if (pcm[i] !== pcm[i % 2]) return false;
  return true;
}
