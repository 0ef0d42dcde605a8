import { expectPcm, UnsupportedAudio } from "../audio/audio-encoding.js";
import type { BlockTable } from "../matroska/block-table.js";
import type { Fragment } from "../matroska/fragment.js";
import type { FaultLog } from "./fault-log.js";
import { PcmBuffer } from "./pcm-buffer.js";
import { ReplayedAudio } from "./replayed-audio.js";
import { Timeline } from "./timeline.js";
import type { ReadableTrack } from "./track-reader.js";

export const DEFAULT_SAMPLE_RATE_HZ = 8000;
const SILENCE_CHUNK_BYTES = 64 * 1024;
/** Blocks of a track with an untrustworthy label that are looked at before it is believed to be PCM. */
const BLOCKS_LOOKED_AT = 32;

export interface LegAudioOptions {
  gaps?: "silence" | "none";
  sampleRateHz?: number;
  maxGapMs: number;
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

/** The audio of a leg: blocks in, PCM out, on a time axis. */
export class LegAudio {
  /** All samples put out, those of the silence in gaps included. */
  samples = 0;
  blocks = 0;
  /** Of blocks that were left out because they had been taken before. */
  replayedSamples = 0;
  readonly #pcm = new PcmBuffer();
  readonly #silence = new Uint8Array(SILENCE_CHUNK_BYTES);
  #sampleRateHz: number | undefined;
  #timeline: Timeline | undefined;
  #replayed: ReplayedAudio | undefined;
  #blocksToLookAt = BLOCKS_LOOKED_AT;

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

  /** @returns PCM to append: silence and samples, in order */
  take(
    fragment: Fragment,
    table: BlockTable,
    readable: ReadableTrack,
    { startMs, fromMs, ...seen }: TakenBlocks,
  ): Uint8Array[] {
    const { timeline, replayed, sampleRateHz } = this.#open(readable);
    const skips =
      startMs === undefined ? undefined : replayed.find(fragment, table, readable, { startMs, fromMs, ...seen });
    const trackNumber = readable.track.number;
    const chunks: Uint8Array[] = [];
    this.#pcm.begin((2 / readable.bytesPerSample) * table.bytes.length);
    for (let i = 0; i < table.length; i++) {
      if (table.trackNumber(i) !== trackNumber) continue;
      let timeMs = (startMs ?? 0) + table.relativeTimecode(i) * table.millisecondsPerTick;
      if (timeMs < fromMs) continue;
      let start = table.start(i);
      const end = this.#endOfSamples(fragment, readable, table, i);
      const skip = skips?.[i] ?? 0;
      if (skip > 0) {
        this.replayedSamples += skip;
        start += skip * readable.bytesPerSample;
        if (start >= end) continue;
        timeMs += (skip * 1000) / sampleRateHz;
      }
      const samples = (end - start) / readable.bytesPerSample;
      const silence = startMs === undefined ? timeline.append(samples) : timeline.place(timeMs, samples);
      if (silence > 0) this.#addSilence(chunks, silence, replayed);
      this.#pcm.append(table.bytes, start, end, readable.encoding);
      if (startMs !== undefined) replayed.recent.add(timeMs, samples);
      this.samples += samples;
      this.blocks++;
    }
    this.#addTaken(chunks, replayed);
    return chunks;
  }

  #open(readable: ReadableTrack): { timeline: Timeline; replayed: ReplayedAudio; sampleRateHz: number } {
    this.#sampleRateHz ??= readable.sampleRateHz ?? DEFAULT_SAMPLE_RATE_HZ;
    const sampleRateHz = this.#sampleRateHz;
    const claimed = this.options.sampleRateHz ?? readable.sampleRateHz ?? sampleRateHz;
    if (claimed !== sampleRateHz) {
      throw new UnsupportedAudio(`the track has ${claimed} samples a second, the leg has ${sampleRateHz}`);
    }
    this.#timeline ??= new Timeline({ sampleRateHz, maxGapMs: this.options.maxGapMs });
    this.#replayed ??= new ReplayedAudio(sampleRateHz, this.faults);
    return { timeline: this.#timeline, replayed: this.#replayed, sampleRateHz };
  }

  /** Where the block's last whole sample ends. */
  #endOfSamples(fragment: Fragment, readable: ReadableTrack, table: BlockTable, index: number): number {
    const start = table.start(index);
    const end = table.end(index);
    if (readable.labelUntrusted && this.#blocksToLookAt > 0) {
      this.#blocksToLookAt--;
      expectPcm(readable.track, table.bytes, start, end);
    }
    if ((end - start) % readable.bytesPerSample === 0) return end;
    this.faults.add("halfSample", fragment.offset + start, "a block ends in the middle of a sample");
    return end - 1;
  }

  #addTaken(chunks: Uint8Array[], replayed: ReplayedAudio): void {
    const chunk = this.#pcm.take();
    replayed.recent.seal(chunk);
    if (chunk.length > 0) chunks.push(chunk);
  }

  #addSilence(chunks: Uint8Array[], samples: number, replayed: ReplayedAudio): void {
    this.#addTaken(chunks, replayed);
    if (this.options.gaps === "none") return;
    this.samples += samples;
    for (let bytes = 2 * samples; bytes > 0; bytes -= SILENCE_CHUNK_BYTES) {
      chunks.push(this.#silence.subarray(0, Math.min(bytes, SILENCE_CHUNK_BYTES)));
    }
  }
}
