import type { BlockTable } from "./block-table.js";
import type { FragmentBuilder } from "./fragment-builder.js";

/**
 * Knows how the fragments of a stream end. Where bytes are missing, the end of one can look like the beginning of another. In GetMedia's
 * streams a fragment's continuation token is its number.
 */
export class TailCheck {
  /** The fragment before had tags after its cluster, so the one at hand should have them, too. */
  expectsTail = false;
  /** The last fragment without damage had its own number as continuation token. */
  #tokenIsNumber = false;

  /**
   * A damaged fragment with another's token keeps what came before the damage.
   * @returns what is wrong with a fragment that shows no other damage: with another's tags, or cut off between two elements
   */
  check(builder: FragmentBuilder, blocks: BlockTable): { code: "truncated" | "garbage"; message: string } | undefined {
    const { fragmentNumber, continuationToken, error } = builder.kinesis;
    const hasToken = continuationToken !== undefined;
    const isOthers = this.#tokenIsNumber && hasToken && continuationToken !== fragmentNumber;
    const isCut = this.#tokenIsNumber && !hasToken && fragmentNumber !== undefined && !error;
    this.expectsTail = builder.hasTail;
    if (isOthers) builder.dropTail();
    if (builder.damaged) {
      if (isOthers) blocks.keepFirst(builder.blocksBeforeDamage);
      return undefined;
    }
    this.#tokenIsNumber = fragmentNumber !== undefined && continuationToken === fragmentNumber;
    if (isCut) return { code: "truncated", message: "the fragment ends without the tags that Kinesis writes last" };
    if (!isOthers && !builder.hasForeignTail) return undefined;
    return { code: "garbage", message: "the fragment ends with tags of another one" };
  }
}
