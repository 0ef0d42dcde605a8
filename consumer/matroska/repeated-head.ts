import type { Track } from "./fragment.js";

/** Kinesis' own are some 300 bytes long. */
const LONGEST_BYTES = 4096;

/** What the elements before a document's first tags or cluster said. */
export interface DocumentHead {
  tracks: readonly Track[];
  millisecondsPerTick: number;
  /** Where the segment claims to end, counted from the document's beginning; undefined where it does not say. */
  segmentEnd: number | undefined;
}

/**
 * The head of a stream's documents. A stream begins each fragment with the same bytes: where they are, they mean the same and are
 * not read again.
 */
export class RepeatedHead {
  #content: Buffer | undefined;
  head: DocumentHead | undefined;

  /** Keeps a head that was read without a fault. */
  learn(content: Uint8Array, head: DocumentHead): void {
    if (content.length > LONGEST_BYTES) return;
    this.#content = Buffer.from(new Uint8Array(content).buffer);
    this.head = head;
  }

  /** @returns length of the head if its bytes begin at `index`, else 0 */
  lengthAt(bytes: Uint8Array, index: number, end: number): number {
    const content = this.#content;
    if (!content || index + content.length > end) return 0;
    return content.compare(bytes, index, index + content.length) === 0 ? content.length : 0;
  }
}
