import type { BlockTable } from "../matroska/block-table.js";
import type { Fragment } from "../matroska/fragment.js";
import { NumberRows } from "./number-rows.js";
import { SeenNumbers } from "./seen-numbers.js";

/** A producer sends again what it had not seen acknowledged: minutes at most. */
const MAX_REPLAYABLE = 4096;
/** Bytes of the first block that stand for a fragment's audio. */
const SAMPLED_BYTES = 16;

/** What was taken of a fragment. */
interface Taken {
  /** Up to when by the producer's clock. */
  endMs: number;
  wanted: boolean;
}

/** Columns of a fragment that may come again. */
const PRODUCER_MS = 0;
const END_MS = 1;
/** 1 or 0. */
const WANTED = 2;
/** Of its first block. */
const FINGERPRINT = 3;

/**
 * `new`: not seen before. `duplicate`: the same fragment again, as after a reconnection of ours; what begins at `endMs` or later is
 * new. `replay`: a new fragment that begins as an earlier one did, as after a reconnection of the producer's; what of it is new
 * is told by comparing its audio, as for fragments that are cut elsewhere.
 */
export type Sighting = { kind: "new"; outOfOrder: boolean } | ({ kind: "duplicate" | "replay" } & Taken);

/** FNV-1a over the first block's size and some of its bytes. */
function fingerprintOf(table: BlockTable): number {
  if (table.length === 0) return 0;
  const start = table.start(0);
  const length = table.end(0) - start;
  const step = Math.max(1, Math.floor(length / SAMPLED_BYTES));
  let hash = 0x811c9dc5 ^ length;
  for (let i = 0; i < length; i += step) hash = Math.imul(hash ^ table.bytes[start + i]!, 0x01000193);
  return hash >>> 0;
}

/**
 * Knows what has been seen. Fragment numbers tell duplicates; replays have new ones and are told by the producer's time, which
 * they repeat to the millisecond, together with their first audio: time alone would also drop what was said after a clock was set back.
 */
export class ReplayGuard {
  readonly #numbers = new SeenNumbers();
  /** Of fragments that were damaged when they came. */
  readonly #takenInPart = new Map<string, Taken>();
  /** In the order in which they came. */
  readonly #replayable = new NumberRows();
  #latestProducerMs = Number.NEGATIVE_INFINITY;

  look(fragment: Fragment, table: BlockTable): Sighting {
    const { fragmentNumber } = fragment;
    if (fragmentNumber !== undefined && this.#numbers.has(fragmentNumber)) {
      // Where all of it was taken, nothing of it is new, whatever its blocks' times are.
      const taken = this.#takenInPart.get(fragmentNumber) ?? { endMs: Number.POSITIVE_INFINITY, wanted: true };
      return { kind: "duplicate", endMs: taken.endMs, wanted: taken.wanted };
    }
    const earlier = this.#earlierLike(fragment, table);
    if (earlier) return { kind: "replay", ...earlier };
    const outOfOrder = fragmentNumber !== undefined && this.#numbers.isBelowHighest(fragmentNumber);
    return { kind: "new", outOfOrder };
  }

  #earlierLike({ producerTimestampMs }: Fragment, table: BlockTable): Taken | undefined {
    if (producerTimestampMs === undefined || producerTimestampMs > this.#latestProducerMs || table.length === 0) {
      return undefined;
    }
    const rows = this.#replayable;
    let row = rows.length - 1;
    while (row >= 0 && rows.get(row, PRODUCER_MS) !== producerTimestampMs) row--;
    if (row < 0 || rows.get(row, FINGERPRINT) !== fingerprintOf(table)) return undefined;
    return { endMs: rows.get(row, END_MS), wanted: rows.get(row, WANTED) === 1 };
  }

  /** @param endMs when the last of its blocks ends */
  remember(fragment: Fragment, table: BlockTable, endMs: number, wanted: boolean): void {
    const { fragmentNumber, producerTimestampMs: producerMs } = fragment;
    if (fragmentNumber !== undefined) {
      this.#numbers.add(fragmentNumber);
      if (fragment.damaged) this.#rememberPart(fragmentNumber, { endMs, wanted });
      else if (this.#takenInPart.size > 0) this.#takenInPart.delete(fragmentNumber);
    }
    if (producerMs === undefined || table.length === 0) return;
    this.#replayable.push(producerMs, endMs, wanted ? 1 : 0, fingerprintOf(table));
    this.#latestProducerMs = Math.max(this.#latestProducerMs, producerMs);
    if (this.#replayable.length > MAX_REPLAYABLE) this.#replayable.dropFirst();
  }

  #rememberPart(fragmentNumber: string, taken: Taken): void {
    this.#takenInPart.set(fragmentNumber, taken);
    if (this.#takenInPart.size > MAX_REPLAYABLE) this.#takenInPart.delete(this.#takenInPart.keys().next().value!);
  }
}
