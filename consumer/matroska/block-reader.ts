import { forEachChild } from "../ebml/children.js";
import { ElementHeader, readElementHeader, vintLength } from "../ebml/element-header.js";
import { BlockHeader, readBlockHeader, SMALLEST_BLOCK_BYTES } from "./block-header.js";
import { BlockTable } from "./block-table.js";
import type { Track } from "./fragment.js";
import type { BlockExpectation } from "./header-finder.js";
import { LACING_MASK, laceFramesStart } from "./lacing.js";
import { ElementId } from "./matroska-elements.js";

/** A search asks at every few bytes of rubbish; tracks take turns, so that the last block of each is not far. */
const MOST_RUNS_LOOKED_AT = 64;

/** `foreign`: of a track that the header does not name, or no block at all. `badLacing`: its frames' sizes do not fit. */
export type BlockOutcome = "block" | "foreign" | "badLacing";

/** Reads the blocks of the cluster at hand into a table. Positions in the table count from the fragment's first byte. */
export class BlockReader {
  readonly table = new BlockTable();
  /** After `readRun`: index of the last block element it read. */
  lastStart = 0;
  /** By track number up to 127: 1 where the header names the track, or names none at all. */
  readonly #known = new Uint8Array(128).fill(1);
  #numbers: ReadonlySet<number> | undefined;
  readonly #header = new BlockHeader();
  readonly #child = new ElementHeader();

  /** Tracks of the document at hand; none means that its header was lost and any number is taken. */
  expectTracks(tracks: readonly Track[]): void {
    this.#numbers = tracks.length > 0 ? new Set(tracks.map((track) => track.number)) : undefined;
    for (let number = 0; number < this.#known.length; number++) this.#known[number] = this.#isKnown(number) ? 1 : 0;
  }

  #isKnown(trackNumber: number): boolean {
    return this.#numbers?.has(trackNumber) ?? true;
  }

  /**
   * Reads SimpleBlocks one after the other for as long as they are plain: whole, not laced, with short sizes and track numbers.
   * This is where an hour of audio spends its time, so it makes no calls and no objects for a block.
   * @param origin index of the fragment's first byte
   * @returns index of the first element that it did not read
   */
  readRun(bytes: Uint8Array, from: number, end: number, origin: number): number {
    const table = this.table;
    const known = this.#known;
    let index = from;
    while (index + 7 <= end && bytes[index] === ElementId.SimpleBlock) {
      let size = bytes[index + 1]!;
      let content = index + 2;
      if (size >= 0x80) {
        size &= 0x7f;
        if (size === 0x7f) break;
      } else if (size >= 0x40) {
        size = ((size & 0x3f) << 8) | bytes[content++]!;
        if (size === 0x3fff) break;
      } else if (size >= 0x20) {
        size = ((size & 0x1f) << 16) | (bytes[content]! << 8) | bytes[content + 1]!;
        content += 2;
        if (size === 0x1fffff) break;
      } else break;
      const next = content + size;
      if (next > end || size < SMALLEST_BLOCK_BYTES) break;
      const track = bytes[content]!;
      // Anything but a one-octet track number of a known track, no reserved flags and no lacing is looked at more closely.
      if (track < 0x80 || known[track & 0x7f] !== 1 || (bytes[content + 3]! & 0x76) !== 0) break;
      const relativeTimecode = ((bytes[content + 1]! << 24) >> 16) | bytes[content + 2]!;
      table.add(track & 0x7f, relativeTimecode, content + 4 - origin, next - origin);
      this.lastStart = index;
      index = this.#readEqual(bytes, index, content, next, end);
    }
    return index;
  }

  /**
   * Goes on as long as blocks have the size and the track of the one read last, and are as much later as each is than the one before.
   * @returns index of the first element that it did not read
   */
  #readEqual(bytes: Uint8Array, first: number, content: number, next: number, end: number): number {
    const last = this.table.lastStep;
    const stride = next - first;
    if (last?.startStep !== stride) return next;
    const toContent = content - first;
    let expected = last.relativeTimecode + last.timecodeStep;
    let count = 0;
    let index = next;
    while (index + stride <= end && isHeadEqual(bytes, index, first, toContent)) {
      const at = index + toContent;
      const relativeTimecode = ((bytes[at + 1]! << 24) >> 16) | bytes[at + 2]!;
      if (relativeTimecode !== expected || (bytes[at + 3]! & 0x76) !== 0) break;
      expected += last.timecodeStep;
      count++;
      index += stride;
    }
    this.table.extend(count);
    if (count > 0) this.lastStart = index - stride;
    return index;
  }

  /** Whether the content could be a block's, by its first bytes alone. */
  looksLikeBlock(bytes: Uint8Array, start: number, end: number): boolean {
    return readBlockHeader(bytes, start, end, this.#header) && this.#isKnown(this.#header.trackNumber);
  }

  /** Whether the content could be a BlockGroup's, by its first bytes alone. */
  looksLikeBlockGroup(bytes: Uint8Array, start: number, end: number): boolean {
    const child = this.#child;
    if (readElementHeader(bytes, start, end, child) !== "header" || !child.sizeKnown) return false;
    const contentStart = start + child.headerBytes;
    if (contentStart + child.size > end) return false;
    return child.id !== ElementId.BlockInGroup || this.looksLikeBlock(bytes, contentStart, contentStart + child.size);
  }

  /** Reads the content of one SimpleBlock or Block, laced or not. */
  readBlock(bytes: Uint8Array, start: number, end: number, origin: number): BlockOutcome {
    if (!this.looksLikeBlock(bytes, start, end)) return "foreign";
    const { trackNumber, relativeTimecode, flags, dataStart } = this.#header;
    const framesStart =
      (flags & LACING_MASK) === 0 ? dataStart : laceFramesStart(bytes, dataStart, end, flags & LACING_MASK);
    if (framesStart === undefined) return "badLacing";
    this.table.add(trackNumber, relativeTimecode, framesStart - origin, end - origin);
    return "block";
  }

  /**
   * Reads the content of a BlockGroup.
   * @throws {EbmlError} where its children do not add up
   */
  readBlockGroup(bytes: Uint8Array, start: number, end: number, origin: number): BlockOutcome {
    let outcome: BlockOutcome = "foreign";
    forEachChild(bytes, start, end, (id, from, to) => {
      if (id === ElementId.BlockInGroup && outcome === "foreign") outcome = this.readBlock(bytes, from, to, origin);
    });
    return outcome;
  }

  /** Whether a block could follow the ones in the table: of a known track, and later than the track's last one. */
  readonly expects: BlockExpectation = (trackNumber, relativeTimecode) => {
    if (!this.#isKnown(trackNumber)) return "no";
    const last = this.#lastTimecode(trackNumber);
    return last === undefined || relativeTimecode > last ? "yes" : "earlier";
  };

  /**
   * Whether a block element stood at `index`, cut off at `to` or with a byte or two of its header spoilt: id, size and track are
   * those of the last block, or most of them. Then that block, which ends there, is whole.
   * @param lastStart index of the last block's element
   */
  hasTraceOfBlock(bytes: Uint8Array, lastStart: number, index: number, to: number): boolean {
    if (readElementHeader(bytes, lastStart, index, this.#child) !== "header") return false;
    const length = Math.min(this.#child.headerBytes + 1, to - index);
    const padding = lastStart + 1 + paddingOctets(bytes, lastStart + 1);
    let compared = 0;
    let alike = 0;
    for (let i = 0; i < length; i++) {
      // Zeros that only make a size longer are the same in any element whose sizes are as long.
      if (i > 0 && lastStart + i < padding) continue;
      compared++;
      if (bytes[index + i] === bytes[lastStart + i]) alike++;
    }
    return compared > 0 && (alike === compared || alike >= 3);
  }

  /** Of the track's last block in the table, in ticks; undefined where there is none, or none lately. */
  #lastTimecode(trackNumber: number): number | undefined {
    const { table } = this;
    const earliest = Math.max(0, table.runs - MOST_RUNS_LOOKED_AT);
    for (let r = table.runs - 1; r >= earliest; r--) {
      const run = table.run(r);
      if (run.trackNumber === trackNumber) return run.relativeTimecode + (run.count - 1) * run.timecodeStep;
    }
    return undefined;
  }
}

/** Whether id, size and track of two block elements are the same octets. */
function isHeadEqual(bytes: Uint8Array, index: number, other: number, toContent: number): boolean {
  for (let i = 0; i <= toContent; i++) if (bytes[index + i] !== bytes[other + i]) return false;
  return true;
}

/** How many octets of the size at `index` come before the first of which a bit belongs to its value. */
function paddingOctets(bytes: Uint8Array, index: number): number {
  const octets = vintLength(bytes[index]!);
  if (bytes[index] !== 1 << (8 - octets)) return 0;
  let padding = 1;
  while (padding < octets - 1 && bytes[index + padding] === 0) padding++;
  return padding;
}
