import type { ListedFragment } from "./fragment-listing.js";

/** However many different fragments broke an answer: where so many in a row brought nothing, the service is not to be had. */
const MAX_FRUITLESS_IN_A_ROW = 64;

/**
 * What a batch still lacks, and what of it to ask for next. An answer that brings nothing is put down to the fragment it broke off
 * at, which is then left for last: one that can never be had keeps no other one away.
 *
 * At most `attemptsEach` requests are fruitless for each fragment that stays missing.
 */
export class MissingFragments {
  readonly #missing: Map<string, ListedFragment>;
  /** Fruitless answers, by the fragment they are put down to. */
  readonly #attempts = new Map<string, number>();
  /** At which an answer broke off without a word. */
  readonly #breaking = new Set<string>();
  readonly #answered = new Set<string>();
  #wanted: string[] = [];
  #missingBefore = 0;
  #fruitlessInARow = 0;

  constructor(
    batch: readonly ListedFragment[],
    private readonly attemptsEach: number,
  ) {
    this.#missing = new Map(batch.map((listed) => [listed.fragmentNumber, listed]));
  }

  get size(): number {
    return this.#missing.size;
  }

  get(fragmentNumber: string): ListedFragment | undefined {
    return this.#missing.get(fragmentNumber);
  }

  values(): Iterable<ListedFragment> {
    return this.#missing.values();
  }

  /** It has come, or will never. */
  delete(fragmentNumber: string): void {
    this.#missing.delete(fragmentNumber);
  }

  /** Something of it came, or an error in its place. */
  noteAnswered(fragmentNumber: string): void {
    this.#answered.add(fragmentNumber);
  }

  /** The one that an answer without a number is about. */
  firstUnanswered(): string | undefined {
    return this.#wanted.find((number) => this.#missing.has(number) && !this.#answered.has(number));
  }

  /** What to ask for: of the missing ones those that broke the fewest answers, in their order. Empty where the rest is given up. */
  nextRequest(): string[] {
    this.#missingBefore = this.#missing.size;
    this.#answered.clear();
    const isOver = this.#fruitlessInARow === MAX_FRUITLESS_IN_A_ROW;
    const numbers = isOver ? [] : [...this.#missing.keys()];
    const fewest = numbers.reduce((least, number) => Math.min(least, this.#attemptsOf(number)), this.attemptsEach);
    const next = fewest < this.attemptsEach ? numbers.filter((number) => this.#attemptsOf(number) === fewest) : [];
    const sound = next.filter((number) => !this.#breaking.has(number));
    // Alone: in front of another one that breaks answers, a fragment may not be known to have come whole.
    this.#wanted = sound.length > 0 ? sound : next.slice(0, 1);
    return this.#wanted;
  }

  /** To be called when an answer is over. @returns whether it brought anything nearer */
  endRequest(): boolean {
    if (this.#missing.size < this.#missingBefore) {
      this.#fruitlessInARow = 0;
      return true;
    }
    this.#fruitlessInARow++;
    let failed: Iterable<string> = this.#answered;
    if (this.#answered.size === 0) {
      // Nothing was said of any: it broke off at the first.
      failed = this.#wanted.slice(0, 1);
      for (const number of failed) this.#breaking.add(number);
    }
    for (const number of failed) this.#attempts.set(number, this.#attemptsOf(number) + 1);
    return false;
  }

  #attemptsOf(fragmentNumber: string): number {
    return this.#attempts.get(fragmentNumber) ?? 0;
  }
}
