import type { EmbeddedPeaks } from "../report-data.js";

const FACTOR = 4;
const FULL_SCALE = 128;

/** Peaks at several resolutions, so that a picture of ten hours costs no more than one of ten seconds. */
export class PeakPyramid {
  readonly #levels: Int8Array[];
  readonly bucketMs: number;
  /** The greatest deflection of all, 1 at full scale. */
  readonly loudest: number;

  constructor({ bucketMs, base64 }: EmbeddedPeaks) {
    this.bucketMs = bucketMs;
    const text = atob(base64);
    const bytes = new Int8Array(text.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
    this.#levels = [bytes];
    while (this.#levels.at(-1)!.length > 2 * FACTOR) this.#levels.push(coarser(this.#levels.at(-1)!));
    const [least, greatest] = extremesOf(this.#levels.at(-1)!, 0, FACTOR);
    this.loudest = Math.max(-least, greatest) / FULL_SCALE;
  }

  /** The least and the greatest sample, from -1 to 1, between two times of the recording; undefined where it has none. */
  between(fromMs: number, toMs: number): [least: number, greatest: number] | undefined {
    const perColumn = (toMs - fromMs) / this.bucketMs;
    const level = Math.max(0, Math.min(this.#levels.length - 1, Math.floor(Math.log(perColumn) / Math.log(FACTOR))));
    const bytes = this.#levels[level]!;
    const bucketMs = this.bucketMs * FACTOR ** level;
    const from = Math.max(0, Math.floor(fromMs / bucketMs));
    const to = Math.min(bytes.length / 2, Math.max(from + 1, Math.ceil(toMs / bucketMs)));
    if (toMs <= 0 || from >= to) return undefined;
    const [least, greatest] = extremesOf(bytes, from, to);
    return [least / FULL_SCALE, greatest / FULL_SCALE];
  }
}

function extremesOf(bytes: Int8Array, from: number, to: number): [number, number] {
  let least = 0;
  let greatest = 0;
  for (let i = 2 * from; i < Math.min(bytes.length, 2 * to); i += 2) {
    if (bytes[i]! < least) least = bytes[i]!;
    if (bytes[i + 1]! > greatest) greatest = bytes[i + 1]!;
  }
  return [least, greatest];
}

function coarser(bytes: Int8Array): Int8Array {
  const coarse = new Int8Array(2 * Math.ceil(bytes.length / 2 / FACTOR));
  for (let i = 0; i < coarse.length / 2; i++) {
    const [least, greatest] = extremesOf(bytes, i * FACTOR, (i + 1) * FACTOR);
    coarse[2 * i] = least;
    coarse[2 * i + 1] = greatest;
  }
  return coarse;
}
