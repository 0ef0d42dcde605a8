import type { StoredFragment } from "./kinesis-video-stream.js";

/**
 * Fragments in an order that follows nothing a client could rely on, and is the same from page to page of a listing. A long call has
 * tens of thousands of them and some dozens of pages, so the order is made once for all pages.
 */
export class ScatteredOrder {
  readonly #fragments: readonly StoredFragment[];
  readonly #ranks: Float64Array;

  /** @param endSequence the fragments' own are less: what arrived later is left to another listing */
  constructor(
    fragments: readonly StoredFragment[],
    readonly endSequence: number,
  ) {
    this.#fragments = fragments.toSorted((a, b) => rankOf(a) - rankOf(b));
    this.#ranks = Float64Array.from(this.#fragments, rankOf);
  }

  /** The first `count` fragments that fit and rank after `rank`. */
  after(rank: number, count: number, fits: (fragment: StoredFragment) => boolean): StoredFragment[] {
    const found: StoredFragment[] = [];
    for (let i = this.#firstAfter(rank); i < this.#fragments.length && found.length < count; i++) {
      const fragment = this.#fragments[i]!;
      if (fits(fragment)) found.push(fragment);
    }
    return found;
  }

  #firstAfter(rank: number): number {
    let from = 0;
    let to = this.#ranks.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#ranks[middle]! <= rank) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/**
 * A rank that differs from fragment to fragment and follows no order: multiplication by an odd number permutes 32 bits.
 */
export function rankOf(fragment: StoredFragment): number {
  return Math.imul(fragment.sequence + 1, 0x9e3779b1) >>> 0;
}
