import { UnsupportedAudio } from "../audio/audio-encoding.js";
import { PcmEvidence } from "../audio/pcm-evidence.js";
import type { BlockRun, BlockTable } from "../matroska/block-table.js";
import type { Fragment } from "../matroska/fragment.js";
import type { FaultLog } from "./fault-log.js";
import { ReplayedAudio } from "./replayed-audio.js";
import { type EvenParts, SampleDecoder } from "./sample-decoder.js";
import { Timeline } from "./timeline.js";
import type { ReadableTrack } from "./track-reader.js";

export const DEFAULT_SAMPLE_RATE_HZ = 8000;
const SILENCE_CHUNK_BYTES = 64 * 1024;

export interface LegAudioOptions {
  gaps?: "silence" | "none";
  sampleRateHz?: number;
  maxGapMs: number;
  rememberedBytes?: number;
  reusesMemory?: boolean;
}

/** Where a fragment's blocks are in time, and which of them to take. */
export interface TakenBlocks {
  /** When the fragment begins by the producer's clock; undefined: its blocks follow what is there. */
  startMs: number | undefined;
  /** Blocks that begin earlier are left out. */
  fromMs: number;
  /** The fragment's beginning is that of an earlier one, so it is sent again at least in part. */
  isReplay: boolean;
  /** Its number tells already that it comes too late. */
  isOutOfOrder: boolean;
}

/** What is being taken. */
interface Source {
  fragment: Fragment;
  table: BlockTable;
  readable: ReadableTrack;
  startMs: number | undefined;
  fromMs: number;
}

/** The audio of a leg: blocks in, PCM out, on a time axis. */
export class LegAudio {
  /** All samples put out, those of the silence in gaps included. */
  samples = 0;
  blocks = 0;
  /** Of blocks that were left out because they had been taken before. */
  replayedSamples = 0;
  readonly #decoder = new SampleDecoder();
  /** Made for the first gap: most legs have none, and there may be thousands of legs. */
  #silence: Uint8Array | undefined;
  #sampleRateHz: number | undefined;
  #timeline: Timeline | undefined;
  #replayed: ReplayedAudio | undefined;
  readonly #evidence = new PcmEvidence();

  constructor(
    private readonly options: LegAudioOptions,
    private readonly faults: FaultLog,
  ) {
    this.#sampleRateHz = options.sampleRateHz;
  }

  get timeline(): Timeline | undefined {
    return this.#timeline;
  }

  /** As told or taken from the first track; undefined before that. */
  get sampleRateHz(): number | undefined {
    return this.#sampleRateHz;
  }

  /** @throws {UnsupportedAudio} where the track says that it has another rate than the leg */
  expectRate({ sampleRateHz: claimed }: ReadableTrack): void {
    const { sampleRateHz } = this;
    if (this.options.sampleRateHz !== undefined || claimed === undefined || sampleRateHz === undefined) return;
    if (claimed === sampleRateHz) return;
    throw new UnsupportedAudio(`the track has ${claimed} samples a second, the leg has ${sampleRateHz}`);
  }

  /** @returns PCM to append: silence and samples, in order */
  take(fragment: Fragment, table: BlockTable, readable: ReadableTrack, blocks: TakenBlocks): Uint8Array[] {
    const replayed = this.#open(readable);
    const { startMs, fromMs } = blocks;
    const skips = startMs === undefined ? undefined : replayed.find(fragment, table, readable, { ...blocks, startMs });
    const source: Source = { fragment, table, readable, startMs, fromMs };
    const chunks: Uint8Array[] = [];
    replayed.recent.begin((2 / readable.bytesPerSample) * table.bytes.length);
    for (let r = 0, index = 0; r < table.runs; r++) {
      const run = table.run(r);
      if (run.trackNumber === readable.track.number) {
        const timeMs = timeOf(source, run.relativeTimecode);
        if (!skips && !(timeMs < fromMs) && this.#isSeamless(run, source)) this.#append(run, timeMs, source, chunks);
        else for (let i = 0; i < run.count; i++) this.#takeBlock(index + i, skips?.[index + i] ?? 0, source, chunks);
      }
      index += run.count;
    }
    this.#addTaken(chunks);
    if (!replayed.isToBeRemembered) replayed.recent.takeBack();
    return chunks;
  }

  /** Whole samples, each block's right behind the ones before by their times, too: as nearly all are. */
  #isSeamless(run: BlockRun, { table, readable }: Source): boolean {
    if (run.bytes % readable.bytesPerSample !== 0 || this.#isToBeLookedAt(readable)) return false;
    const blockMs = (run.bytes / readable.bytesPerSample / this.#sampleRateHz!) * 1000;
    return run.count === 1 || run.timecodeStep * table.millisecondsPerTick === blockMs;
  }

  /** @param skip how many samples at its beginning have been taken before */
  #takeBlock(index: number, skip: number, source: Source, chunks: Uint8Array[]): void {
    const { fragment, table, readable, fromMs } = source;
    const timeMs = timeOf(source, table.relativeTimecode(index));
    if (timeMs < fromMs) return;
    const end = this.#endOfSamples(fragment, readable, table, index);
    const start = table.start(index) + skip * readable.bytesPerSample;
    this.replayedSamples += skip;
    if (skip > 0 && start >= end) return;
    const skippedMs = (skip * 1000) / this.#sampleRateHz!;
    this.#append({ start, startStep: 0, bytes: end - start, count: 1 }, timeMs + skippedMs, source, chunks);
  }

  /** @param timeMs NaN: it follows what is there */
  #append(run: EvenParts, timeMs: number, { table, readable }: Source, chunks: Uint8Array[]): void {
    const timeline = this.#timeline!;
    const { recent, isToBeRemembered } = this.#replayed!;
    const samples = (run.bytes / readable.bytesPerSample) * run.count;
    if (Number.isNaN(timeMs)) {
      timeline.append(samples);
    } else {
      const silence = timeline.place(timeMs, samples);
      if (silence > 0) this.#addSilence(chunks, silence);
    }
    const end = this.#decoder.decode(table.bytes, run, readable.encoding, recent.room, recent.position);
    if (Number.isNaN(timeMs) || !isToBeRemembered) recent.position = end;
    else recent.add(timeMs, end - recent.position);
    this.samples += samples;
    this.blocks += run.count;
  }

  #open(readable: ReadableTrack): ReplayedAudio {
    this.#sampleRateHz ??= readable.sampleRateHz ?? DEFAULT_SAMPLE_RATE_HZ;
    const sampleRateHz = this.#sampleRateHz;
    this.#timeline ??= new Timeline({ sampleRateHz, maxGapMs: this.options.maxGapMs });
    this.#replayed ??= new ReplayedAudio(sampleRateHz, this.faults, this.options.rememberedBytes);
    return this.#replayed;
  }

  /** A label that says nothing of the payload is believed once that has been looked at. */
  #isToBeLookedAt(readable: ReadableTrack): boolean {
    return readable.labelUntrusted && !this.#evidence.isGiven;
  }

  /** Where the block's last whole sample ends. */
  #endOfSamples(fragment: Fragment, readable: ReadableTrack, table: BlockTable, index: number): number {
    const start = table.start(index);
    const end = table.end(index);
    if (this.#isToBeLookedAt(readable)) this.#evidence.look(readable.track, table.bytes, start, end);
    if ((end - start) % readable.bytesPerSample === 0) return end;
    this.faults.add("halfSample", fragment.offset + start, "a block ends in the middle of a sample");
    return end - 1;
  }

  #addTaken(chunks: Uint8Array[]): void {
    const chunk = this.#replayed!.recent.seal();
    if (chunk.length > 0) chunks.push(this.options.reusesMemory ? chunk : chunk.slice());
  }

  #addSilence(chunks: Uint8Array[], samples: number): void {
    this.#addTaken(chunks);
    if (this.options.gaps === "none") return;
    this.samples += samples;
    this.#silence ??= new Uint8Array(SILENCE_CHUNK_BYTES);
    for (let bytes = 2 * samples; bytes > 0; bytes -= SILENCE_CHUNK_BYTES) {
      chunks.push(this.#silence.subarray(0, Math.min(bytes, SILENCE_CHUNK_BYTES)));
    }
  }
}

/** When a block is, by the producer's clock; NaN where nothing tells. */
function timeOf({ startMs, table }: Source, relativeTimecode: number): number {
  return startMs === undefined ? Number.NaN : startMs + relativeTimecode * table.millisecondsPerTick;
}
