import { expectPcm, UnsupportedAudio } from "../audio/audio-encoding.js";
import type { BlockTable } from "../matroska/block-table.js";
import type { Fragment } from "../matroska/fragment.js";
import { FaultLog } from "./fault-log.js";
import { blockTableOf, fragmentStartMs } from "./fragment-blocks.js";
import type { LegReport } from "./leg-report.js";
import type { LegSelection } from "./leg-selection.js";
import { PcmBuffer } from "./pcm-buffer.js";
import { ReplayGuard } from "./replay-guard.js";
import { Timeline } from "./timeline.js";
import { type ReadableTrack, TrackReader } from "./track-reader.js";
import { type Attribution, TransactionFilter } from "./transaction-filter.js";
import { TransactionTallies } from "./transaction-tallies.js";

export type { LegFault, LegReport, TransactionTally } from "./leg-report.js";
export type { LegSelection } from "./leg-selection.js";
export type { ClockStep, Gap } from "./timeline.js";

const DEFAULT_SAMPLE_RATE_HZ = 8000;
const DEFAULT_MAX_GAP_MS = 4 * 3600 * 1000;
const SILENCE_CHUNK_BYTES = 64 * 1024;
/** Blocks of a track with an untrustworthy label that are looked at before it is believed to be PCM. */
const BLOCKS_LOOKED_AT = 32;

type FragmentHead = Pick<Fragment, "fragmentNumber" | "producerTimestampMs">;

export interface LegAssemblerOptions {
  /** Whether silence is put where the timestamps leave a gap of more than 100 ms. Gaps are reported in any case. Default `silence`. */
  gaps?: "silence" | "none";
  /** As the event tells it; what a track's header says does not count then. Default: what an uncompressed codec's header says, else 8,000. */
  sampleRateHz?: number;
  /** A longer gap is taken for a clock that was set, and not filled. Default 4 hours. */
  maxGapMs?: number;
}

/**
 * One leg of a call out of a stream's fragments: signed 16-bit little-endian mono PCM, on a time axis that follows the producer's clock.
 *
 * Samples are never dropped to make time fit. Fragments that were seen before, or that the producer sent again, are dropped;
 * where the earlier copy was cut off, the rest is taken from the later one.
 */
export class LegAssembler {
  readonly #options: LegAssemblerOptions & { maxGapMs: number };
  readonly #filter: TransactionFilter;
  readonly #tracks: TrackReader;
  readonly #guard = new ReplayGuard();
  readonly #faults = new FaultLog();
  readonly #tallies = new TransactionTallies();
  readonly #pcm = new PcmBuffer();
  readonly #silence = new Uint8Array(SILENCE_CHUNK_BYTES);
  #timeline: Timeline | undefined;
  #sampleRateHz: number | undefined;
  #readable: ReadableTrack | undefined;
  #blocksToLookAt = BLOCKS_LOOKED_AT;
  #samples = 0;
  readonly #counts = { fragments: 0, blocks: 0, duplicates: 0, replays: 0, unattributed: 0 };
  #first: FragmentHead | undefined;
  #last: FragmentHead | undefined;

  constructor(selection: LegSelection, options: LegAssemblerOptions = {}) {
    this.#options = { ...options, maxGapMs: options.maxGapMs ?? DEFAULT_MAX_GAP_MS };
    this.#sampleRateHz = options.sampleRateHz;
    this.#filter = new TransactionFilter(selection);
    this.#tracks = new TrackReader(selection.track);
  }

  /** A later transaction has begun on this stream: proof that the leg ended. */
  get switchedAway(): boolean {
    return this.#filter.switchedAway;
  }

  /** Of the samples put out; what it is becomes certain with the first of them. */
  get sampleRateHz(): number {
    return this.#sampleRateHz ?? DEFAULT_SAMPLE_RATE_HZ;
  }

  /**
   * Takes the next fragment, in the order of the stream.
   * @returns PCM to append, in order; it is not changed afterwards, and silence may be the same piece several times
   * @throws {LegError} where there are several audio tracks and the selection names none
   * @throws {UnsupportedAudio} where the track is nothing that can be read as PCM
   */
  push(fragment: Fragment): Uint8Array[] {
    const table = blockTableOf(fragment);
    if (fragment.error) this.#noteError(fragment);
    if (fragment.error && table.length === 0) return [];
    const sighting = this.#guard.look(fragment, table);
    if (sighting.kind !== "new") {
      if (sighting.kind === "duplicate") this.#counts.duplicates++;
      else this.#counts.replays++;
      return sighting.wanted ? this.#takeRest(fragment, table, sighting.endMs) : [];
    }
    const readable = this.#tracks.tryRead(fragment, table);
    const startMs = fragmentStartMs(fragment, table);
    const endMs = this.#endOf(table, startMs, readable);
    const attribution = this.#filter.attribute(fragment, startMs, endMs);
    this.#guard.remember(fragment, table, endMs ?? 0, attribution.wanted);
    const { transactionId, voiceConnectorId } = attribution;
    this.#tallies.add(transactionId, voiceConnectorId, readable ? samplesIn(table, readable) : 0);
    if (!attribution.wanted) {
      if (attribution.by === "nothing") this.#noteUnattributed(fragment);
      return [];
    }
    this.#noteFaultsOf(fragment, attribution, sighting.outOfOrder);
    this.#counts.fragments++;
    const { fragmentNumber, producerTimestampMs } = fragment;
    this.#last = { fragmentNumber, producerTimestampMs };
    this.#first ??= this.#last;
    return this.#take(fragment, table, startMs, Number.NEGATIVE_INFINITY);
  }

  /** The stream is over. @returns PCM that was held back: none, for every fragment is decided when it comes */
  end(): Uint8Array[] {
    return [];
  }

  /** What became of the leg so far. */
  report(): LegReport {
    const { duplicates, replays, unattributed, fragments, blocks } = this.#counts;
    const timeline = this.#timeline;
    const omitted = this.#faults.omitted + this.#tallies.omitted + (timeline?.entriesOmitted ?? 0);
    return {
      transactionId: this.#filter.transactionId,
      voiceConnectorId: this.#filter.voiceConnectorId,
      fragments,
      blocks,
      samples: this.#samples,
      silenceSamples: this.#options.gaps === "none" ? 0 : (timeline?.silenceSamples ?? 0),
      sampleRateHz: this.sampleRateHz,
      durationMs: Math.round((this.#samples * 1000) / this.sampleRateHz),
      transactions: this.#tallies.list(),
      gaps: [...(timeline?.gaps ?? [])],
      clockSteps: [...(timeline?.clockSteps ?? [])],
      errors: [...this.#faults.entries],
      driftMs: timeline?.driftMs ?? 0,
      boundaryUncertain: this.#filter.boundaryUncertain,
      duplicateFragments: duplicates,
      replayedFragments: replays,
      unattributedFragments: unattributed,
      firstFragmentNumber: this.#first?.fragmentNumber,
      lastFragmentNumber: this.#last?.fragmentNumber,
      firstProducerTimestampMs: this.#first?.producerTimestampMs,
      lastProducerTimestampMs: this.#last?.producerTimestampMs,
      mediaEndMs: timeline?.mediaEndMs,
      tracks: [...this.#tracks.met],
      track: this.#readable?.track,
      complete: fragments > 0 && this.#faults.entries.length === 0,
      entriesOmitted: omitted,
    };
  }

  #noteError({ error, offset }: Fragment): void {
    const code = error?.code ?? (error?.id === undefined ? "error" : String(error.id));
    const id = error?.id === undefined ? "" : ` (${error.id})`;
    this.#faults.add(code, offset, `Kinesis sent an error instead of media${id}: ${error?.message ?? code}`);
  }

  #noteUnattributed(fragment: Fragment): void {
    this.#counts.unattributed++;
    if (this.#counts.fragments === 0 || this.#filter.switchedAway) return;
    this.#faults.add(
      "unattributed",
      fragment.offset,
      "a fragment without a transaction id, apart in time, was left out",
    );
  }

  #noteFaultsOf(fragment: Fragment, attribution: Attribution, outOfOrder: boolean): void {
    const { damaged, offset } = fragment;
    if (damaged) this.#faults.add(damaged.code, damaged.offset, damaged.message);
    if (outOfOrder) this.#faults.add("outOfOrder", offset, "an earlier fragment comes after a later one");
    if (attribution.conflict) {
      this.#faults.add("transactionConflict", offset, "a fragment inside the leg's bounds names another transaction");
    }
  }

  /** Of a fragment whose copy before was cut off: what comes after the part that was taken then. */
  #takeRest(fragment: Fragment, table: BlockTable, takenToMs: number): Uint8Array[] {
    if (takenToMs === Number.POSITIVE_INFINITY) return [];
    const startMs = fragmentStartMs(fragment, table);
    if (startMs === undefined) return [];
    const pcm = this.#take(fragment, table, startMs, takenToMs);
    const endMs = this.#endOf(table, startMs, this.#readable);
    this.#guard.remember(fragment, table, Math.max(takenToMs, endMs ?? 0), true);
    return pcm;
  }

  /** When the last of the track's blocks ends. */
  #endOf(table: BlockTable, startMs: number | undefined, readable: ReadableTrack | undefined): number | undefined {
    if (startMs === undefined) return undefined;
    let last = table.length - 1;
    while (readable && last >= 0 && table.trackNumber(last) !== readable.track.number) last--;
    if (last < 0) return startMs;
    const samples = (table.end(last) - table.start(last)) / (readable?.bytesPerSample ?? 2);
    const sampleRateHz = this.#sampleRateHz ?? readable?.sampleRateHz ?? DEFAULT_SAMPLE_RATE_HZ;
    return startMs + table.relativeTimecode(last) * table.millisecondsPerTick + (samples * 1000) / sampleRateHz;
  }

  /** Takes the blocks that begin at `fromMs` or later. */
  #take(fragment: Fragment, table: BlockTable, startMs: number | undefined, fromMs: number): Uint8Array[] {
    const readable = this.#tracks.read(fragment, table);
    if (!readable) return [];
    this.#readable = readable;
    const timeline = this.#timelineFor(readable);
    const trackNumber = readable.track.number;
    const chunks: Uint8Array[] = [];
    this.#pcm.begin((2 / readable.bytesPerSample) * table.bytes.length);
    for (let i = 0; i < table.length; i++) {
      if (table.trackNumber(i) !== trackNumber) continue;
      const timeMs = (startMs ?? 0) + table.relativeTimecode(i) * table.millisecondsPerTick;
      if (timeMs < fromMs) continue;
      const start = table.start(i);
      const end = this.#endOfSamples(fragment, readable, table, i);
      const samples = (end - start) / readable.bytesPerSample;
      const silence = startMs === undefined ? timeline.append(samples) : timeline.place(timeMs, samples);
      if (silence > 0) this.#addSilence(chunks, silence);
      this.#pcm.append(table.bytes, start, end, readable.encoding);
      this.#samples += samples;
      this.#counts.blocks++;
    }
    addChunk(chunks, this.#pcm.take());
    return chunks;
  }

  #timelineFor(readable: ReadableTrack): Timeline {
    this.#sampleRateHz ??= readable.sampleRateHz ?? DEFAULT_SAMPLE_RATE_HZ;
    const claimed = this.#options.sampleRateHz ?? readable.sampleRateHz ?? this.#sampleRateHz;
    if (claimed !== this.#sampleRateHz) {
      throw new UnsupportedAudio(`the track has ${claimed} samples a second, the leg has ${this.#sampleRateHz}`);
    }
    this.#timeline ??= new Timeline({ sampleRateHz: this.#sampleRateHz, maxGapMs: this.#options.maxGapMs });
    return this.#timeline;
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
    this.#faults.add("halfSample", fragment.offset + start, "a block ends in the middle of a sample");
    return end - 1;
  }

  #addSilence(chunks: Uint8Array[], samples: number): void {
    addChunk(chunks, this.#pcm.take());
    if (this.#options.gaps === "none") return;
    this.#samples += samples;
    for (let bytes = 2 * samples; bytes > 0; bytes -= SILENCE_CHUNK_BYTES) {
      chunks.push(this.#silence.subarray(0, Math.min(bytes, SILENCE_CHUNK_BYTES)));
    }
  }
}

function addChunk(chunks: Uint8Array[], chunk: Uint8Array): void {
  if (chunk.length > 0) chunks.push(chunk);
}

function samplesIn(table: BlockTable, readable: ReadableTrack): number {
  let samples = 0;
  for (let i = 0; i < table.length; i++) {
    if (table.trackNumber(i) !== readable.track.number) continue;
    samples += Math.floor((table.end(i) - table.start(i)) / readable.bytesPerSample);
  }
  return samples;
}
