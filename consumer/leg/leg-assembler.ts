import type { BlockTable } from "../matroska/block-table.js";
import type { Fragment } from "../matroska/fragment.js";
import { FaultLog } from "./fault-log.js";
import { blockTableOf, fragmentStartMs } from "./fragment-blocks.js";
import { FragmentStarts } from "./fragment-starts.js";
import { DEFAULT_SAMPLE_RATE_HZ, LegAudio, type TakenBlocks } from "./leg-audio.js";
import type { LegReport } from "./leg-report.js";
import type { LegSelection } from "./leg-selection.js";
import { ReplayGuard, type Sighting } from "./replay-guard.js";
import { type ReadableTrack, TrackReader } from "./track-reader.js";
import { type Attribution, TransactionFilter } from "./transaction-filter.js";
import { TransactionTallies } from "./transaction-tallies.js";

export type { LegFault, LegReport, TransactionTally } from "./leg-report.js";
export type { LegSelection } from "./leg-selection.js";
export type { ClockStep, Gap } from "./timeline.js";

const DEFAULT_MAX_GAP_MS = 4 * 3600 * 1000;

type FragmentHead = Pick<Fragment, "fragmentNumber" | "producerTimestampMs">;

export interface LegAssemblerOptions {
  /** Whether silence is put where the timestamps leave a gap of more than 100 ms. Gaps are reported in any case. Default `silence`. */
  gaps?: "silence" | "none";
  /** As the event tells it; what a track's header says does not count then. Default: what an uncompressed codec's header says, else 8,000. */
  sampleRateHz?: number;
  /** A longer gap is taken for a clock that was set, and not filled. Default 4 hours. */
  maxGapMs?: number;
  /**
   * How much of the latest audio is kept, in bytes of PCM, to recognise what the producer sends again. What is sent again later than that is
   * kept twice, which is an `overlap` among the errors. Default 2 MiB, 131 s at 8 kHz.
   */
  rememberedBytes?: number;
  /**
   * Whether PCM that was put out may be overwritten by the next `push`: for callers that copy or write it first. Spares them a copy
   * and the memory. Default false.
   */
  reusesMemory?: boolean;
}

/**
 * One leg of a call out of a stream's fragments: signed 16-bit little-endian mono PCM, on a time axis that follows the producer's clock.
 *
 * Samples are never dropped to make time fit. Fragments that were seen before, or that the producer sent again, are dropped;
 * where the earlier copy was cut off, the rest is taken from the later one.
 */
export class LegAssembler {
  readonly #options: LegAssemblerOptions;
  readonly #filter: TransactionFilter;
  readonly #tracks: TrackReader;
  readonly #guard = new ReplayGuard();
  readonly #faults = new FaultLog();
  readonly #tallies = new TransactionTallies();
  readonly #audio: LegAudio;
  #readable: ReadableTrack | undefined;
  readonly #starts = new FragmentStarts();
  /** Of each of the faults. */
  readonly #faultsAtMs: number[] = [];
  readonly #counts = { fragments: 0, duplicates: 0, replays: 0, unattributed: 0 };
  #first: FragmentHead | undefined;
  #last: FragmentHead | undefined;

  constructor(selection: LegSelection, options: LegAssemblerOptions = {}) {
    this.#options = options;
    this.#audio = new LegAudio({ ...options, maxGapMs: options.maxGapMs ?? DEFAULT_MAX_GAP_MS }, this.#faults);
    this.#filter = new TransactionFilter(selection);
    this.#tracks = new TrackReader(selection.track);
  }

  /** A later transaction has begun on this stream: proof that the leg ended. */
  get switchedAway(): boolean {
    return this.#filter.switchedAway;
  }

  /** Of the samples put out; what it is becomes certain with the first of them. */
  get sampleRateHz(): number {
    return this.#audio.sampleRateHz ?? DEFAULT_SAMPLE_RATE_HZ;
  }

  /** How much has been put out, in milliseconds: where the next fragment belongs, if there is no gap before it. */
  get positionMs(): number {
    return (this.#audio.samples * 1000) / this.sampleRateHz;
  }

  /** Where each of the report's errors was met, in milliseconds of what was put out. */
  get errorsAtMs(): readonly number[] {
    return this.#faultsAtMs;
  }

  /** Where fragments begin in what was put out, with `gaps: "silence"`; see {@link FragmentStarts}. */
  get fragmentStarts(): string {
    return this.#starts.toString();
  }

  /**
   * Takes the next fragment, in the order of the stream.
   * @returns PCM to append, in order; it is not changed afterwards, except with `reusesMemory`; silence may be the same piece several times
   * @throws {LegError} where there are several audio tracks and the selection names none
   * @throws {UnsupportedAudio} where the track is nothing that can be read as PCM
   */
  push(fragment: Fragment): Uint8Array[] {
    const atMs = this.positionMs;
    try {
      return this.#push(fragment, atMs);
    } finally {
      while (this.#faultsAtMs.length < this.#faults.entries.length) this.#faultsAtMs.push(Math.round(atMs));
    }
  }

  #push(fragment: Fragment, atMs: number): Uint8Array[] {
    const table = blockTableOf(fragment);
    if (fragment.error) this.#noteError(fragment);
    if (fragment.error && table.length === 0) return [];
    const sighting = this.#guard.look(fragment, table);
    if (sighting.kind !== "new") {
      if (sighting.kind === "duplicate") this.#counts.duplicates++;
      else this.#counts.replays++;
      return sighting.wanted ? this.#takeRest(fragment, table, sighting) : [];
    }
    const readable = this.#tracks.tryRead(fragment, table);
    const startMs = fragmentStartMs(fragment, table);
    const endMs = this.#endOf(table, startMs, readable);
    const attribution = this.#filter.attribute(fragment, startMs, endMs);
    this.#guard.remember(fragment, table, endMs ?? 0, attribution.wanted);
    const { transactionId, voiceConnectorId } = attribution;
    this.#tallies.add(transactionId, voiceConnectorId, readable ? samplesIn(table, readable) : 0);
    this.#noteFaultsOf(fragment, attribution, sighting.outOfOrder);
    if (!attribution.wanted) return [];
    const { samples, replayedSamples } = this.#audio;
    const gaps = this.#audio.timeline?.gaps.length ?? 0;
    const pcm = this.#take(fragment, table, {
      startMs,
      fromMs: Number.NEGATIVE_INFINITY,
      isReplay: false,
      isOutOfOrder: sighting.outOfOrder,
    });
    if (this.#audio.samples === samples && this.#audio.replayedSamples > replayedSamples) {
      this.#counts.replays++;
      return pcm;
    }
    this.#counts.fragments++;
    const gap = this.#audio.timeline?.gaps[gaps];
    // One inside the fragment comes after its beginning.
    this.#starts.add(gap && Math.abs(gap.atMs - atMs) <= 1 ? gap.atMs + gap.durationMs : atMs);
    const { fragmentNumber, producerTimestampMs } = fragment;
    this.#last = { fragmentNumber, producerTimestampMs };
    this.#first ??= this.#last;
    return pcm;
  }

  /** What became of the leg so far. */
  report(): LegReport {
    const { duplicates, replays, unattributed, fragments } = this.#counts;
    const { timeline, blocks, samples, replayedSamples } = this.#audio;
    const omitted = this.#faults.omitted + this.#tallies.omitted + (timeline?.entriesOmitted ?? 0);
    return {
      transactionId: this.#filter.transactionId,
      voiceConnectorId: this.#filter.voiceConnectorId,
      fragments,
      blocks,
      samples,
      silenceSamples: this.#options.gaps === "none" ? 0 : (timeline?.silenceSamples ?? 0),
      sampleRateHz: this.sampleRateHz,
      durationMs: Math.round((samples * 1000) / this.sampleRateHz),
      transactions: this.#tallies.list(),
      gaps: [...(timeline?.gaps ?? [])],
      clockSteps: [...(timeline?.clockSteps ?? [])],
      errors: [...this.#faults.entries],
      driftMs: timeline?.driftMs ?? 0,
      boundaryUncertain: this.#filter.boundaryUncertain,
      duplicateFragments: duplicates,
      replayedFragments: replays,
      replayedSamples,
      unattributedFragments: unattributed,
      precededBy: this.#filter.precededBy,
      firstFragmentNumber: this.#first?.fragmentNumber,
      lastFragmentNumber: this.#last?.fragmentNumber,
      firstProducerTimestampMs: this.#first?.producerTimestampMs,
      lastProducerTimestampMs: this.#last?.producerTimestampMs,
      mediaStartMs: timeline?.mediaStartMs,
      mediaEndMs: timeline?.mediaEndMs,
      tracks: [...this.#tracks.met],
      track: this.#readable?.track,
      complete: fragments > 0 && this.#faults.entries.length === 0 && !this.#filter.boundaryUncertain,
      entriesOmitted: omitted,
    };
  }

  #noteError({ error, offset }: Fragment): void {
    const code = error?.code ?? (error?.id === undefined ? "error" : String(error.id));
    const id = error?.id === undefined ? "" : ` (${error.id})`;
    this.#faults.add(code, offset, `Kinesis sent an error instead of media${id}: ${error?.message ?? code}`);
  }

  #noteFaultsOf(fragment: Fragment, attribution: Attribution, outOfOrder: boolean): void {
    const { damaged, offset } = fragment;
    if (attribution.conflict) {
      const kept = attribution.wanted ? "is kept in doubt" : "was left out";
      const message = `a fragment inside the leg's bounds names another transaction and ${kept}`;
      this.#faults.add("transactionConflict", offset, message);
    }
    if (!attribution.wanted) {
      if (attribution.by === "nothing") this.#noteUnattributed(offset);
      return;
    }
    if (this.#counts.fragments === 0 && this.#filter.precededBy === "nothing") {
      const message =
        "right before the leg come fragments that carry no transaction id; its beginning may be among them";
      this.#faults.add("unattributed", offset, message);
    }
    if (damaged) this.#faults.add(damaged.code, damaged.offset, damaged.message);
    if (outOfOrder) this.#faults.add("outOfOrder", offset, "an earlier fragment comes after a later one");
  }

  #noteUnattributed(offset: number): void {
    this.#counts.unattributed++;
    if (this.#counts.fragments === 0 || this.#filter.switchedAway) return;
    this.#faults.add("unattributed", offset, "a fragment without a transaction id, apart in time, was left out");
  }

  /** Of a fragment that was taken before: what that copy did not have. Blocks of a replay are compared, not trusted for their times. */
  #takeRest(
    fragment: Fragment,
    table: BlockTable,
    { kind, endMs: takenToMs }: Sighting & { endMs: number },
  ): Uint8Array[] {
    if (takenToMs === Number.POSITIVE_INFINITY) return [];
    const startMs = fragmentStartMs(fragment, table);
    if (startMs === undefined) return [];
    const isReplay = kind === "replay";
    const pcm = this.#take(fragment, table, {
      startMs,
      fromMs: isReplay ? Number.NEGATIVE_INFINITY : takenToMs,
      isReplay,
      isOutOfOrder: false,
    });
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
    const sampleRateHz = this.#audio.sampleRateHz ?? readable?.sampleRateHz ?? DEFAULT_SAMPLE_RATE_HZ;
    return startMs + table.relativeTimecode(last) * table.millisecondsPerTick + (samples * 1000) / sampleRateHz;
  }

  /** Once there is audio, a fragment that cannot be read costs no more than itself: damage to its header is likelier than a new format. */
  #readableOf(fragment: Fragment, table: BlockTable): ReadableTrack | undefined {
    try {
      const readable = this.#tracks.read(fragment, table);
      if (readable) this.#audio.expectRate(readable);
      return readable;
    } catch (error) {
      if (this.#audio.samples === 0) throw error;
      this.#faults.add("unreadable", fragment.offset, `a fragment was left out: ${(error as Error).message}`);
      return undefined;
    }
  }

  #take(fragment: Fragment, table: BlockTable, blocks: TakenBlocks): Uint8Array[] {
    const readable = this.#readableOf(fragment, table);
    if (!readable) return [];
    this.#readable = readable;
    return this.#audio.take(fragment, table, readable, blocks);
  }
}

function samplesIn(table: BlockTable, readable: ReadableTrack): number {
  let samples = 0;
  for (let r = 0; r < table.runs; r++) {
    const { trackNumber, count, bytes } = table.run(r);
    if (trackNumber === readable.track.number) samples += count * Math.floor(bytes / readable.bytesPerSample);
  }
  return samples;
}
