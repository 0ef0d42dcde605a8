/** Two minutes of telephone audio, at times twice as much: what the producer SDK buffers, so that it cannot send anything older again. */
const MOST_BYTES_KEPT = 4 * 1024 * 1024;
/** Timestamps are whole milliseconds: a block may really begin up to this much before or after its own. */
const ROUNDING_MS = 1;
/** Pieces apart by less than this are forgotten as one range. */
const JOINED_MS = 60_000;
const MOST_RANGES_KEPT = 1000;

/** Audio that was taken in one go. */
interface Piece {
  startMs: number;
  endMs: number;
  /** When its blocks begin, and at which sample. */
  timesMs: number[];
  positions: number[];
  pcm: Uint8Array;
}

/** How audio compares with what was taken at the same times. */
export interface Comparison {
  /** As many samples from its beginning on are the same. */
  equalSamples: number;
  /** What was taken at the times of the rest, if anything. `forgotten`: something was, but too long ago to know what. */
  rest: "nothing" | "other" | "forgotten";
}

/** The latest audio of a leg with its times by the producer's clock, to tell whether audio is sent again. */
export class RecentAudio {
  readonly #pieces: Piece[] = [];
  readonly #forgotten: { startMs: number; endMs: number }[] = [];
  #bytes = 0;
  #timesMs: number[] = [];
  #positions: number[] = [];
  #samples = 0;
  #startMs = Number.POSITIVE_INFINITY;
  #endMs = Number.NEGATIVE_INFINITY;
  #lastEndMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly sampleRateHz: number,
    private readonly mostBytes = MOST_BYTES_KEPT,
  ) {}

  /** Nothing was taken earlier than this. */
  get startMs(): number {
    return this.#startMs;
  }

  /** Where the piece taken last ends: before `endMs` if a clock was set back. */
  get lastEndMs(): number {
    return this.#lastEndMs;
  }

  /** Nothing was taken later than this. */
  get endMs(): number {
    return this.#endMs;
  }

  /** Notes the next block of the piece at hand. */
  add(timeMs: number, samples: number): void {
    if (samples === 0) return;
    this.#timesMs.push(timeMs);
    this.#positions.push(this.#samples);
    this.#samples += samples;
  }

  /** Ends the piece at hand, whose blocks are these samples. They are kept as a view. */
  seal(pcm: Uint8Array): void {
    const timesMs = this.#timesMs;
    const positions = this.#positions;
    if (timesMs.length === 0) return;
    const last = timesMs.length - 1;
    const endMs = timesMs[last]! + this.#msOf(this.#samples - positions[last]!);
    this.#pieces.push({ startMs: timesMs[0]!, endMs, timesMs, positions, pcm });
    this.#startMs = Math.min(this.#startMs, timesMs[0]!);
    this.#endMs = Math.max(this.#endMs, endMs);
    this.#lastEndMs = endMs;
    this.#timesMs = [];
    this.#positions = [];
    this.#samples = 0;
    this.#bytes += pcm.length;
    // Half is forgotten at once, so that the array is not shifted for every fragment.
    if (this.#bytes > 2 * this.mostBytes) this.#forget();
  }

  /** Compares samples that begin at `timeMs` with those taken then; where clocks were set there may be several, and any counts. */
  compare(timeMs: number, pcm: Uint8Array): Comparison {
    const samples = pcm.length / 2;
    let equalSamples = 0;
    while (equalSamples < samples) {
      const atMs = timeMs + this.#msOf(equalSamples);
      const found = this.#compareAt(atMs, pcm.subarray(2 * equalSamples));
      if (typeof found === "number") equalSamples += found;
      else return { equalSamples, rest: found };
    }
    return { equalSamples, rest: "nothing" };
  }

  #msOf(samples: number): number {
    return (samples * 1000) / this.sampleRateHz;
  }

  #forget(): void {
    let count = 0;
    while (this.#bytes > this.mostBytes) {
      const { startMs, endMs, pcm } = this.#pieces[count++]!;
      this.#bytes -= pcm.length;
      const range = this.#forgotten.at(-1);
      const isJoined = range && startMs >= range.startMs && startMs - range.endMs < JOINED_MS;
      if (range && (isJoined || this.#forgotten.length >= MOST_RANGES_KEPT)) {
        range.startMs = Math.min(range.startMs, startMs);
        range.endMs = Math.max(range.endMs, endMs);
      } else {
        this.#forgotten.push({ startMs, endMs });
      }
    }
    this.#pieces.splice(0, count);
  }

  /** @returns how many samples are the same from here on, at least one; else why none is */
  #compareAt(atMs: number, pcm: Uint8Array): number | Comparison["rest"] {
    const endMs = atMs + this.#msOf(pcm.length / 2);
    const overlaps = (range: { startMs: number; endMs: number }, marginMs: number) =>
      range.startMs < endMs - marginMs && range.endMs > atMs + marginMs;
    let isOther = false;
    for (let i = this.#pieces.length - 1; i >= 0; i--) {
      const piece = this.#pieces[i]!;
      if (!overlaps(piece, 0)) continue;
      const equal = this.#equalIn(piece, atMs, pcm);
      if (equal > 0) return equal;
      // Neighbours may seem to overlap by what their timestamps are rounded.
      isOther ||= overlaps(piece, ROUNDING_MS);
    }
    if (isOther) return "other";
    return this.#forgotten.some((range) => overlaps(range, ROUNDING_MS)) ? "forgotten" : "nothing";
  }

  /** How many samples are those of the piece's block at this time: to the end of either, or none. */
  #equalIn(piece: Piece, atMs: number, pcm: Uint8Array): number {
    let block = piece.timesMs.length - 1;
    while (block >= 0 && piece.timesMs[block]! >= atMs + ROUNDING_MS) block--;
    if (block < 0) return 0;
    const aheadMs = Math.max(0, atMs - piece.timesMs[block]!);
    const start = 2 * (piece.positions[block]! + Math.round((aheadMs * this.sampleRateHz) / 1000));
    const next = piece.positions[block + 1];
    const end = next === undefined ? piece.pcm.length : 2 * next;
    const length = Math.min(end - start, pcm.length);
    if (length <= 0) return 0;
    return Buffer.compare(piece.pcm.subarray(start, start + length), pcm.subarray(0, length)) === 0 ? length / 2 : 0;
  }
}
