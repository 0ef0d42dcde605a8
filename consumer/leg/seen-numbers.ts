import { compareFragmentNumbers } from "../matroska/fragment.js";

/** Digits of the longest number that the parser lets through; shorter ones are kept with zeros before them. */
const DIGITS = 64;
/** More than two hours of fragments of a second: a connection ends after 45 minutes at the latest, and what comes again comes after it. */
const MOST_KEPT = 8192;
const FIRST_ROOM = 64;

/**
 * Fragment numbers that were seen. They rise, but for the ones that come again or late, so a sorted list is all it takes. It is kept as
 * bytes: as strings, the garbage collector would copy them around.
 */
export class SeenNumbers {
  /** Zeros from the last one on. */
  #rows = Buffer.alloc(DIGITS * FIRST_ROOM, "0");
  #length = 0;
  #highest: string | undefined;

  isBelowHighest(fragmentNumber: string): boolean {
    return this.#highest !== undefined && compareFragmentNumbers(fragmentNumber, this.#highest) < 0;
  }

  has(fragmentNumber: string): boolean {
    if (this.#highest === undefined || compareFragmentNumbers(fragmentNumber, this.#highest) > 0) return false;
    if (fragmentNumber.length > DIGITS) return false;
    const wanted = digitsOf(fragmentNumber);
    const index = this.#indexOf(wanted);
    return index < this.#length && this.#compare(index, wanted) === 0;
  }

  /** Beyond 16,384 the lower half is forgotten. Longer numbers than there can be are not kept. */
  add(fragmentNumber: string): void {
    if (fragmentNumber.length > DIGITS) return;
    const isHighest = this.#highest === undefined || compareFragmentNumbers(fragmentNumber, this.#highest) > 0;
    if (!isHighest && this.has(fragmentNumber)) return;
    if (this.#length === 2 * MOST_KEPT) this.#forgetLower();
    if (DIGITS * this.#length === this.#rows.length)
      this.#rows = Buffer.concat([this.#rows, Buffer.alloc(this.#rows.length, "0")]);
    const index = isHighest ? this.#length : this.#indexOf(digitsOf(fragmentNumber));
    const at = DIGITS * index;
    if (!isHighest) {
      this.#rows.copyWithin(at + DIGITS, at, DIGITS * this.#length);
      this.#rows.fill("0", at, at + DIGITS);
    }
    this.#rows.write(fragmentNumber, at + DIGITS - fragmentNumber.length, "latin1");
    this.#length++;
    if (isHighest) this.#highest = fragmentNumber;
  }

  #forgetLower(): void {
    this.#rows.copyWithin(0, DIGITS * MOST_KEPT, DIGITS * this.#length);
    this.#rows.fill("0", DIGITS * MOST_KEPT);
    this.#length = MOST_KEPT;
  }

  /** Where it is, or would be. */
  #indexOf(wanted: Buffer): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(middle, wanted) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(index: number, wanted: Buffer): number {
    return this.#rows.compare(wanted, 0, DIGITS, DIGITS * index, DIGITS * (index + 1));
  }
}

function digitsOf(fragmentNumber: string): Buffer {
  return Buffer.from(fragmentNumber.padStart(DIGITS, "0"), "latin1");
}
