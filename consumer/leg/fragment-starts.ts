/** Ten hours of fragments of a second each, none as long as the one before, are cut off after a third: 60 kB of text. */
const MOST_ENTRIES = 12_000;

/**
 * Where in a recording its fragments begin, in milliseconds, as short as can be read: the first position, then the distance from each to
 * the next, `2000*3` for three of the same in a row: `0 1000*19 640`.
 */
export class FragmentStarts {
  readonly #entries: { distanceMs: number; times: number }[] = [];
  #lastMs = 0;
  #isFull = false;

  add(atMs: number): void {
    if (this.#isFull) return;
    const distanceMs = Math.round(atMs) - this.#lastMs;
    const last = this.#entries.at(-1);
    // The first is a position, not a distance.
    if (last && this.#entries.length > 1 && last.distanceMs === distanceMs) last.times++;
    else if (this.#entries.length < MOST_ENTRIES) this.#entries.push({ distanceMs, times: 1 });
    else this.#isFull = true;
    this.#lastMs += distanceMs;
  }

  toString(): string {
    return this.#entries
      .map(({ distanceMs, times }) => (times > 1 ? `${distanceMs}*${times}` : `${distanceMs}`))
      .join(" ");
  }
}
