import { seededRandom } from "../streams/call.js";

/** Choices that follow from a seed. */
export class Choices {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** A whole number from 0 up to `limit`, which is left out. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  one<T>(options: readonly T[]): T {
    return options[this.below(options.length)]!;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Small numbers often, large ones at times. */
  size(most: number): number {
    return 1 + this.below(Math.min(most, 2 ** this.between(1, Math.ceil(Math.log2(most + 1)))));
  }
}
