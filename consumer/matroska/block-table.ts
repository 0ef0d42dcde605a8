import type { Block } from "./fragment.js";

const COLUMNS = 4;
const TRACK = 0;
const RELATIVE_TIMECODE = 1;
const START = 2;
const END = 3;
const FIRST_ROOM_IN_BLOCKS = 64;

/**
 * The blocks of one fragment as a table of integers over its bytes. An hour of 20 ms blocks is 180,000 blocks: an object and a
 * view for each would cost more than everything else that is done with them.
 */
export class BlockTable {
  /** Number of blocks. */
  length = 0;
  #cells = new Int32Array(COLUMNS * FIRST_ROOM_IN_BLOCKS);

  constructor(
    /** What `start` and `end` index. */
    readonly bytes: Uint8Array = new Uint8Array(0),
    /** The cluster's timecode in milliseconds. */
    readonly clusterTimecodeMs = 0,
    /** Milliseconds a unit of relative timecode: 1 in all streams that Kinesis writes. */
    readonly millisecondsPerTick = 1,
  ) {}

  /** `relativeTimecode` is in ticks, as the block says it. */
  add(trackNumber: number, relativeTimecode: number, start: number, end: number): void {
    let cell = this.length * COLUMNS;
    if (cell === this.#cells.length) {
      const larger = new Int32Array(2 * cell);
      larger.set(this.#cells);
      this.#cells = larger;
    }
    const cells = this.#cells;
    cells[cell++] = trackNumber;
    cells[cell++] = relativeTimecode;
    cells[cell++] = start;
    cells[cell] = end;
    this.length++;
  }

  /** Takes back the block added last. */
  dropLast(): void {
    this.length--;
  }

  /** Takes back all blocks but the first `count`. */
  keepFirst(count: number): void {
    this.length = Math.min(this.length, count);
  }

  /** The blocks so far as a table of their own over `bytes`, which `start` and `end` index; this one is empty afterwards. */
  seal(bytes: Uint8Array, clusterTimecodeMs: number, millisecondsPerTick: number): BlockTable {
    const sealed = new BlockTable(bytes, clusterTimecodeMs, millisecondsPerTick);
    sealed.#cells = this.#cells.slice(0, this.length * COLUMNS);
    sealed.length = this.length;
    this.length = 0;
    return sealed;
  }

  trackNumber(index: number): number {
    return this.#cells[index * COLUMNS + TRACK]!;
  }

  relativeTimecode(index: number): number {
    return this.#cells[index * COLUMNS + RELATIVE_TIMECODE]!;
  }

  timecodeMs(index: number): number {
    return this.clusterTimecodeMs + this.relativeTimecode(index) * this.millisecondsPerTick;
  }

  start(index: number): number {
    return this.#cells[index * COLUMNS + START]!;
  }

  end(index: number): number {
    return this.#cells[index * COLUMNS + END]!;
  }

  /** The table as objects. */
  toBlocks(): Block[] {
    const blocks: Block[] = [];
    for (let i = 0; i < this.length; i++) {
      blocks.push({
        trackNumber: this.trackNumber(i),
        timecodeMs: this.timecodeMs(i),
        data: this.bytes.subarray(this.start(i), this.end(i)),
      });
    }
    return blocks;
  }
}
