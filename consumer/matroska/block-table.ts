import type { Block } from "./fragment.js";

/** Columns of a run. */
const COLUMNS = 7;
/** Index of its first block. */
const FIRST = 0;
const TRACK = 1;
/** Relative timecode of its first block, and how much later each block is than the one before. */
const TICK = 2;
const TICK_STEP = 3;
/** Where the first block's data begins, and how much further on each block's is. */
const START = 4;
const START_STEP = 5;
/** Bytes of data of each block. */
const SIZE = 6;
/** Fragments share memory of this many runs: memory of its own would cost a fragment more than all that is done with it. */
const ROOM_IN_RUNS = 128;
const NO_CELLS = new Int32Array(0);

/** Blocks of one track and size that follow each other at even steps. */
export interface BlockRun {
  trackNumber: number;
  /** Number of blocks, at least 1. */
  count: number;
  /** Relative timecode of the first one, in ticks, and the step to each next one. */
  relativeTimecode: number;
  timecodeStep: number;
  /** Where the data of the first one begins, and the step to each next one. */
  start: number;
  startStep: number;
  /** Bytes of data of each. */
  bytes: number;
}

/**
 * The blocks of one fragment as a table of integers over its bytes. An hour of 20 ms blocks is 180,000 blocks: an object and a
 * view for each would cost more than everything else that is done with them. Nearly all are like the one before, so the table
 * holds runs of them.
 */
export class BlockTable {
  /** Number of blocks. */
  length = 0;
  /** Number of runs. */
  runs = 0;
  #cells = NO_CELLS;
  /** Where this table begins in the cells, which it shares with those of other fragments. */
  #origin = 0;
  /** A run whose blocks were asked for lately. */
  #latest = 0;

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
    if (this.#extendsLastRun(trackNumber, relativeTimecode, start, end - start)) {
      this.length++;
      return;
    }
    const cell = this.#newRun();
    const cells = this.#cells;
    cells[cell + FIRST] = this.length;
    cells[cell + TRACK] = trackNumber;
    cells[cell + TICK] = relativeTimecode;
    cells[cell + TICK_STEP] = 0;
    cells[cell + START] = start;
    cells[cell + START_STEP] = 0;
    cells[cell + SIZE] = end - start;
    this.length++;
  }

  /** @returns where its cells begin */
  #newRun(): number {
    const cell = this.#origin + this.runs++ * COLUMNS;
    return cell === this.#cells.length ? this.#moveOn(cell) : cell;
  }

  #extendsLastRun(trackNumber: number, relativeTimecode: number, start: number, size: number): boolean {
    if (this.runs === 0) return false;
    const cells = this.#cells;
    const cell = this.#origin + (this.runs - 1) * COLUMNS;
    if (cells[cell + TRACK] !== trackNumber || cells[cell + SIZE] !== size) return false;
    const count = this.length - cells[cell + FIRST]!;
    const tickStep = relativeTimecode - cells[cell + TICK]!;
    const startStep = start - cells[cell + START]!;
    if (count === 1) {
      cells[cell + TICK_STEP] = tickStep;
      cells[cell + START_STEP] = startStep;
      return true;
    }
    return count * cells[cell + TICK_STEP]! === tickStep && count * cells[cell + START_STEP]! === startStep;
  }

  /** The last block's relative timecode, and the steps to it from the one before; undefined where it is not like that one. */
  get lastStep(): { relativeTimecode: number; timecodeStep: number; startStep: number } | undefined {
    if (this.runs === 0) return undefined;
    const { relativeTimecode, timecodeStep, startStep, count } = this.run(this.runs - 1);
    if (count < 2) return undefined;
    return { relativeTimecode: relativeTimecode + (count - 1) * timecodeStep, timecodeStep, startStep };
  }

  /** Adds `count` blocks that go on at the steps of the last run, which has two blocks at least. */
  extend(count: number): void {
    this.length += count;
  }

  /** Takes new cells for this table and the ones after it. @returns where its next run goes */
  #moveOn(end: number): number {
    const used = end - this.#origin;
    const cells = new Int32Array(Math.max(COLUMNS * ROOM_IN_RUNS, 2 * used));
    cells.set(this.#cells.subarray(this.#origin, end));
    this.#cells = cells;
    this.#origin = 0;
    return used;
  }

  /** Takes back the block added last. */
  dropLast(): void {
    this.keepFirst(this.length - 1);
  }

  /** Takes back all blocks but the first `count`. */
  keepFirst(count: number): void {
    this.length = Math.min(this.length, count);
    while (this.runs > 0 && this.#cells[this.#origin + (this.runs - 1) * COLUMNS + FIRST]! >= this.length) this.runs--;
    this.#latest = 0;
  }

  /** The blocks so far as a table of their own, which takes no more memory than they need. */
  copy(): BlockTable {
    const copy = new BlockTable();
    copy.#cells = this.#cells.slice(this.#origin, this.#origin + this.runs * COLUMNS);
    copy.runs = this.runs;
    copy.length = this.length;
    return copy;
  }

  /** The blocks so far as a table of their own over `bytes`, which `start` and `end` index; this one is empty afterwards. */
  seal(bytes: Uint8Array, clusterTimecodeMs: number, millisecondsPerTick: number): BlockTable {
    const sealed = new BlockTable(bytes, clusterTimecodeMs, millisecondsPerTick);
    sealed.#cells = this.#cells;
    sealed.#origin = this.#origin;
    sealed.runs = this.runs;
    sealed.length = this.length;
    this.#origin += this.runs * COLUMNS;
    this.runs = 0;
    this.length = 0;
    this.#latest = 0;
    return sealed;
  }

  /** Adds the blocks of a table that has the same positions; this one is empty. */
  addAll(other: BlockTable): void {
    for (let r = 0; r < other.runs; r++) {
      const cell = this.#newRun();
      const from = other.#origin + r * COLUMNS;
      for (let column = 0; column < COLUMNS; column++) this.#cells[cell + column] = other.#cells[from + column]!;
    }
    this.length = other.length;
  }

  /** The run of that number, from 0 on. */
  run(index: number): BlockRun {
    const cells = this.#cells;
    const cell = this.#origin + index * COLUMNS;
    const next = index + 1 < this.runs ? cells[cell + COLUMNS + FIRST]! : this.length;
    return {
      trackNumber: cells[cell + TRACK]!,
      count: next - cells[cell + FIRST]!,
      relativeTimecode: cells[cell + TICK]!,
      timecodeStep: cells[cell + TICK_STEP]!,
      start: cells[cell + START]!,
      startStep: cells[cell + START_STEP]!,
      bytes: cells[cell + SIZE]!,
    };
  }

  /** @returns where the cells of the block's run begin */
  #cellOf(index: number): number {
    const cells = this.#cells;
    let run = this.#latest;
    while (cells[this.#origin + run * COLUMNS + FIRST]! > index) run--;
    while (run + 1 < this.runs && cells[this.#origin + (run + 1) * COLUMNS + FIRST]! <= index) run++;
    this.#latest = run;
    return this.#origin + run * COLUMNS;
  }

  trackNumber(index: number): number {
    return this.#cells[this.#cellOf(index) + TRACK]!;
  }

  relativeTimecode(index: number): number {
    const cell = this.#cellOf(index);
    return this.#cells[cell + TICK]! + (index - this.#cells[cell + FIRST]!) * this.#cells[cell + TICK_STEP]!;
  }

  timecodeMs(index: number): number {
    return this.clusterTimecodeMs + this.relativeTimecode(index) * this.millisecondsPerTick;
  }

  start(index: number): number {
    const cell = this.#cellOf(index);
    return this.#cells[cell + START]! + (index - this.#cells[cell + FIRST]!) * this.#cells[cell + START_STEP]!;
  }

  end(index: number): number {
    return this.start(index) + this.#cells[this.#cellOf(index) + SIZE]!;
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
