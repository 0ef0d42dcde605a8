import { NumberRows } from "./number-rows.js";

/** Two minutes of telephone audio: what a producer has in its buffers, so that it cannot send anything older again. */
export const DEFAULT_REMEMBERED_BYTES = 2 * 1024 * 1024;
/** Timestamps are whole milliseconds: a block may really begin up to this much before or after its own. */
const ROUNDING_MS = 1;
/** Stretches apart by less than this are forgotten as one range. */
const JOINED_MS = 60_000;
const MOST_RANGES_KEPT = 1000;

/** Columns of a stretch of audio without a seam. */
const START_MS = 0;
const END_MS = 1;
/** Where in the room it is. */
const AT = 2;
const BYTES = 3;

/** How audio compares with what was taken at the same times. */
export interface Comparison {
  /** As many samples from its beginning on are the same. */
  equalSamples: number;
  /** What was taken at the times of the rest, if anything. `forgotten`: something was, but too long ago to know what. */
  rest: "nothing" | "other" | "forgotten";
}

/**
 * The latest audio of a leg with its times by the producer's clock, to tell whether audio is sent again. It is the memory that samples
 * are decoded into, too, used round and round: what is remembered costs no second copy.
 */
export class RecentAudio {
  /** Where to decode into, from `position` on. What lies behind it is overwritten in time. */
  room: Uint8Array;
  /** Where the samples so far end in `room`. */
  position = 0;
  #pieceStart = 0;
  #begin = 0;
  /** What the room holds, the oldest first. */
  readonly #stretches = new NumberRows();
  readonly #forgotten: { startMs: number; endMs: number }[] = [];
  #startMs = Number.POSITIVE_INFINITY;
  #endMs = Number.NEGATIVE_INFINITY;
  #lastEndMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly sampleRateHz: number,
    private readonly rememberedBytes = DEFAULT_REMEMBERED_BYTES,
  ) {
    this.room = new Uint8Array(rememberedBytes);
  }

  /** Nothing was taken earlier than this. */
  get startMs(): number {
    return this.#startMs;
  }

  /** Where the samples taken last end: before `endMs` if a clock was set back. */
  get lastEndMs(): number {
    return this.#lastEndMs;
  }

  /** Nothing was taken later than this. */
  get endMs(): number {
    return this.#endMs;
  }

  /** Begins a piece of up to `bytes` bytes. */
  begin(bytes: number): void {
    if (bytes > this.room.length - this.rememberedBytes / 2) {
      const room = new Uint8Array(bytes + this.rememberedBytes);
      room.set(this.room);
      this.room = room;
    }
    if (this.position + bytes > this.room.length) {
      this.#forgetBetween(this.position, this.room.length);
      this.position = 0;
    }
    this.#forgetBetween(this.position, this.position + bytes);
    this.#pieceStart = this.position;
    this.#begin = this.position;
  }

  /** What was decoded since `begin`, and noted nowhere, is used up: its room is free. */
  takeBack(): void {
    this.position = this.#begin;
  }

  /**
   * Notes the samples that lie in the room from `position` on, and moves it behind them.
   * @param timeMs when they begin
   */
  add(timeMs: number, bytes: number): void {
    const at = this.position;
    const endMs = timeMs + this.#msOf(bytes);
    this.position = at + bytes;
    if (bytes === 0) return;
    const last = this.#stretches.length - 1;
    const isSeamless = at > this.#pieceStart && last >= 0 && this.#stretches.get(last, END_MS) === timeMs;
    if (isSeamless) {
      this.#stretches.set(last, END_MS, endMs);
      this.#stretches.set(last, BYTES, this.#stretches.get(last, BYTES) + bytes);
    } else {
      this.#stretches.push(timeMs, endMs, at, bytes);
    }
    if (timeMs < this.#startMs) this.#startMs = timeMs;
    if (endMs > this.#endMs) this.#endMs = endMs;
    this.#lastEndMs = endMs;
  }

  /** Ends the piece at hand, and begins the next one in what is left of its room. @returns the piece, a view of the room */
  seal(): Uint8Array {
    const pcm = this.room.subarray(this.#pieceStart, this.position);
    this.#pieceStart = this.position;
    return pcm;
  }

  /** Compares samples that begin at `timeMs` with those taken then; where clocks were set there may be several, and any counts. */
  compare(timeMs: number, pcm: Uint8Array): Comparison {
    let equalBytes = 0;
    while (equalBytes < pcm.length) {
      const atMs = timeMs + this.#msOf(equalBytes);
      const found = this.#compareAt(atMs, pcm.subarray(equalBytes));
      if (typeof found === "number") equalBytes += found;
      else return { equalSamples: equalBytes / 2, rest: found };
    }
    return { equalSamples: equalBytes / 2, rest: "nothing" };
  }

  #msOf(bytes: number): number {
    return (bytes * 500) / this.sampleRateHz;
  }

  /** What lies between these indexes of the room is about to be overwritten: the oldest stretches are. */
  #forgetBetween(start: number, end: number): void {
    while (this.#stretches.length > 0) {
      const at = this.#stretches.get(0, AT);
      if (at >= end || at + this.#stretches.get(0, BYTES) <= start) return;
      this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    const startMs = this.#stretches.get(0, START_MS);
    const endMs = this.#stretches.get(0, END_MS);
    this.#stretches.dropFirst();
    const range = this.#forgotten.at(-1);
    const isJoined = range && startMs >= range.startMs && startMs - range.endMs < JOINED_MS;
    if (range && (isJoined || this.#forgotten.length >= MOST_RANGES_KEPT)) {
      range.startMs = Math.min(range.startMs, startMs);
      range.endMs = Math.max(range.endMs, endMs);
    } else {
      this.#forgotten.push({ startMs, endMs });
    }
  }

  /** @returns how many bytes are the same from here on, at least one sample's; else why none is */
  #compareAt(atMs: number, pcm: Uint8Array): number | Comparison["rest"] {
    const endMs = atMs + this.#msOf(pcm.length);
    let isOther = false;
    for (let row = this.#stretches.length - 1; row >= 0; row--) {
      const from = this.#stretches.get(row, START_MS);
      const to = this.#stretches.get(row, END_MS);
      if (from >= endMs || to <= atMs) continue;
      const equal = this.#equalIn(row, atMs, pcm);
      if (equal > 0) return equal;
      // Neighbours may seem to overlap by what their timestamps are rounded.
      isOther ||= from < endMs - ROUNDING_MS && to > atMs + ROUNDING_MS;
    }
    if (isOther) return "other";
    const isForgotten = this.#forgotten.some(
      (range) => range.startMs < endMs - ROUNDING_MS && range.endMs > atMs + ROUNDING_MS,
    );
    return isForgotten ? "forgotten" : "nothing";
  }

  /** How many bytes are those of the stretch at this time: to the end of either, or none. */
  #equalIn(row: number, atMs: number, pcm: Uint8Array): number {
    const startMs = this.#stretches.get(row, START_MS);
    if (startMs >= atMs + ROUNDING_MS) return 0;
    const at = this.#stretches.get(row, AT);
    const skipped = 2 * Math.round((Math.max(0, atMs - startMs) * this.sampleRateHz) / 1000);
    const length = Math.min(this.#stretches.get(row, BYTES) - skipped, pcm.length);
    if (length <= 0) return 0;
    const start = at + skipped;
    return Buffer.compare(this.room.subarray(start, start + length), pcm.subarray(0, length)) === 0 ? length : 0;
  }
}
