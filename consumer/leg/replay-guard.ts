import type { BlockTable } from "../matroska/block-table.js";
import { compareFragmentNumbers, type Fragment } from "../matroska/fragment.js";

/** Fragment numbers remembered: 27 hours of fragments of a second. */
const MAX_NUMBERS = 100_000;
/** A producer sends again what it had not seen acknowledged: minutes at most. */
const MAX_REPLAYABLE = 4096;
/** Bytes of the first block that stand for a fragment's audio. */
const SAMPLED_BYTES = 64;

/** What was taken of a fragment. */
interface Taken {
  /** Up to when by the producer's clock. */
  endMs: number;
  wanted: boolean;
}

interface Replayable extends Taken {
  /** Of its first block. */
  fingerprint: number;
}

/**
 * `new`: not seen before. `duplicate`: the same fragment again, as after a reconnection of ours; what begins at `endMs` or later is
 * new. `replay`: a new fragment that begins as an earlier one did, as after a reconnection of the producer's; what of it is new
 * is told by comparing its audio, as for fragments that are cut elsewhere.
 */
export type Sighting = { kind: "new"; outOfOrder: boolean } | ({ kind: "duplicate" | "replay" } & Taken);

function rememberBounded<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value as K);
}

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
  readonly #numbers = new Map<string, Taken | undefined>();
  readonly #byProducerTime = new Map<number, Replayable>();
  #highest: string | undefined;

  look(fragment: Fragment, table: BlockTable): Sighting {
    const { fragmentNumber, producerTimestampMs } = fragment;
    if (fragmentNumber !== undefined && this.#numbers.has(fragmentNumber)) {
      // Where all of it was taken, nothing of it is new, whatever its blocks' times are.
      const taken = this.#numbers.get(fragmentNumber) ?? { endMs: Number.POSITIVE_INFINITY, wanted: true };
      return { kind: "duplicate", ...taken };
    }
    const earlier = producerTimestampMs === undefined ? undefined : this.#byProducerTime.get(producerTimestampMs);
    if (earlier && table.length > 0 && earlier.fingerprint === fingerprintOf(table)) {
      return { kind: "replay", endMs: earlier.endMs, wanted: earlier.wanted };
    }
    const outOfOrder =
      fragmentNumber !== undefined &&
      this.#highest !== undefined &&
      compareFragmentNumbers(fragmentNumber, this.#highest) < 0;
    return { kind: "new", outOfOrder };
  }

  /** @param endMs when the last of its blocks ends */
  remember(fragment: Fragment, table: BlockTable, endMs: number, wanted: boolean): void {
    const { fragmentNumber, producerTimestampMs } = fragment;
    if (fragmentNumber !== undefined) {
      rememberBounded(this.#numbers, fragmentNumber, fragment.damaged ? { endMs, wanted } : undefined, MAX_NUMBERS);
      if (this.#highest === undefined || compareFragmentNumbers(fragmentNumber, this.#highest) > 0) {
        this.#highest = fragmentNumber;
      }
    }
    if (producerTimestampMs !== undefined && table.length > 0) {
      const entry = { endMs, wanted, fingerprint: fingerprintOf(table) };
      rememberBounded(this.#byProducerTime, producerTimestampMs, entry, MAX_REPLAYABLE);
    }
  }
}
