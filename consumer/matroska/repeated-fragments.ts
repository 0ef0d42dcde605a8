import type { BlockTable } from "./block-table.js";
import type { Track } from "./fragment.js";
import type { Tag } from "./tags.js";

/** Lengths of fragments that take turns: a number in a tag gets a digit more, a second has a block less. */
const MOST_PATTERNS = 8;
/** A larger fragment, or one of more blocks, costs more to remember than it saves. */
const MOST_BLOCKS = 1024;
const LONGEST_BYTES = 1024 * 1024;
/** Of what is the same in each: a fragment's head, its tags and the heads of its blocks take a tenth of it. */
const MOST_SAME_BYTES = 64 * 1024;
const WORD_BYTES = 4;
const LONGEST_OF_TWO_WORDS = 2 * WORD_BYTES;

/** A part of a fragment, counted from its first byte. */
export interface FragmentPart {
  start: number;
  end: number;
}

/** What a fragment said that was read without a fault, and where it may differ from the next one without saying anything else. */
export interface FragmentContent {
  tracks: readonly Track[];
  millisecondsPerTick: number;
  /** Where the segment claims to end, counted from the fragment's first byte; undefined where it does not say. */
  segmentEnd: number | undefined;
  tagsBefore: readonly Tag[];
  tagsAfter: readonly Tag[];
  /** Values of Kinesis' own tags. */
  kinesisValues: readonly (FragmentPart & { name: string })[];
  clusterTimecode: FragmentPart | undefined;
  blocks: BlockTable;
}

/** The same bytes twice. */
interface Window {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

interface Pattern {
  bytes: number;
  /** What is the same in each such fragment: beginning and end of each part in turn, and all their bytes. */
  bounds: Int32Array;
  same: Buffer;
  sameView: DataView;
  content: FragmentContent;
}

/**
 * The kinds of fragments that a stream is made of. Nearly all differ from one before in nothing but their audio, their cluster's timecode
 * and the values of Kinesis' tags: where all other bytes are the same, they mean the same, and are compared instead of read.
 */
export class RepeatedFragments {
  /** The one met last comes first. */
  readonly #patterns: Pattern[] = [];

  /** Of the longest; 0 where none is known. */
  get mostBytes(): number {
    return this.#patterns.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  }

  /** @returns the fragment's length and what is to be read of it, if a known one begins at `index` */
  find(window: Window, index: number, end: number): { bytes: number; content: FragmentContent } | undefined {
    for (let i = 0; i < this.#patterns.length; i++) {
      const pattern = this.#patterns[i]!;
      if (index + pattern.bytes > end || !isSame(pattern, window, index)) continue;
      if (i > 0) {
        this.#patterns.splice(i, 1);
        this.#patterns.unshift(pattern);
      }
      return pattern;
    }
    return undefined;
  }

  /** @param bytes the whole fragment */
  learn(bytes: Uint8Array, content: FragmentContent): void {
    if (content.blocks.length > MOST_BLOCKS || bytes.length > LONGEST_BYTES) return;
    // Which of two values counts is for the reader to say.
    if (new Set(content.kinesisValues.map(({ name }) => name)).size < content.kinesisValues.length) return;
    const bounds = boundsAround(partsThatDiffer(content), bytes.length);
    if (!bounds) return;
    const sameBytes = bounds.reduce((sum, bound, i) => (i % 2 === 0 ? sum - bound : sum + bound), 0);
    if (sameBytes > MOST_SAME_BYTES) return;
    const same = Buffer.alloc(sameBytes);
    for (let i = 0, at = 0; i < bounds.length; i += 2) {
      const part = bytes.subarray(bounds[i], bounds[i + 1]);
      same.set(part, at);
      at += part.length;
    }
    const sameView = new DataView(same.buffer, same.byteOffset, same.length);
    this.#patterns.unshift({ bytes: bytes.length, bounds, same, sameView, content });
    this.#patterns.length = Math.min(this.#patterns.length, MOST_PATTERNS);
  }
}

function isSame({ bounds, same, sameView }: Pattern, { bytes, view }: Window, index: number): boolean {
  let at = 0;
  for (let i = 0; i < bounds.length; i += 2) {
    const start = index + bounds[i]!;
    const length = bounds[i + 1]! - bounds[i]!;
    if (length > LONGEST_OF_TWO_WORDS) {
      if (same.compare(bytes, start, start + length, at, at + length) !== 0) return false;
    } else if (length >= WORD_BYTES) {
      // The head of a block, as most are: two words that overlap. Loads at even steps are foreseen by the processor.
      if (view.getInt32(start) !== sameView.getInt32(at)) return false;
      const last = length - WORD_BYTES;
      if (view.getInt32(start + last) !== sameView.getInt32(at + last)) return false;
    } else {
      for (let j = 0; j < length; j++) if (bytes[start + j] !== same[at + j]) return false;
    }
    at += length;
  }
  return true;
}

function partsThatDiffer({ kinesisValues, clusterTimecode, blocks }: FragmentContent): FragmentPart[] {
  const parts: FragmentPart[] = [...kinesisValues];
  if (clusterTimecode) parts.push(clusterTimecode);
  for (let i = 0; i < blocks.length; i++) parts.push({ start: blocks.start(i), end: blocks.end(i) });
  return parts.sort((a, b) => a.start - b.start);
}

/** @returns beginning and end of each part between these; undefined where they overlap, so that one is no value of its own */
function boundsAround(parts: readonly FragmentPart[], length: number): Int32Array | undefined {
  const bounds = new Int32Array(2 * (parts.length + 1));
  let to = 0;
  for (const [i, { start, end }] of parts.entries()) {
    if (start < to) return undefined;
    bounds[2 * i] = to;
    bounds[2 * i + 1] = start;
    to = end;
  }
  bounds[2 * parts.length] = to;
  bounds[2 * parts.length + 1] = length;
  return bounds;
}
