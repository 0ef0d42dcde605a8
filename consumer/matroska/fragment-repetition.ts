import type { ByteQueue } from "../ebml/byte-queue.js";
import { ElementId } from "./matroska-elements.js";
import type { OpenDocument } from "./open-document.js";
import { RepeatedFragments } from "./repeated-fragments.js";

const FIRST_OCTET_OF_EBML = ElementId.EBML >>> 24;

/** Passes whole fragments that are like one before, and learns from the others. */
export class FragmentRepetition {
  readonly #known = new RepeatedFragments();
  /** Offset of a document that begins unlike those before, and is being read without a fault so far. */
  #unlikeStart: number | undefined;
  /** Whether a fragment may be left until all of it is there. */
  #mayWait = false;

  constructor(
    private readonly queue: ByteQueue,
    private readonly document: OpenDocument,
    private readonly maxFragmentBytes: number,
  ) {}

  /**
   * From chunks that are longer than a fragment, the one that lies across two is taken as a whole once the next chunk is there; read as
   * far as it goes, it would have to be read to its end. From shorter ones nothing is held back.
   * @param chunkBytes length of what comes next, 0 at the end
   */
  expect(chunkBytes: number): void {
    this.#mayWait = chunkBytes >= Math.max(1, this.#known.mostBytes);
  }

  /** The fragment at hand is damaged: there is nothing to be learnt from it. */
  forget(): void {
    this.#unlikeStart = undefined;
  }

  /**
   * @param position stream offset of an element
   * @param understoodEnd where the last element that was understood ends
   * @returns where the fragment that begins at the position ends, taken over by the document; undefined where it has to be read;
   * `wait` where that is told by bytes to come
   */
  pass(position: number, understoodEnd: number): number | "wait" | undefined {
    const { bytes, base, end } = this.queue;
    const index = position - base;
    if (position === end || bytes[index] !== FIRST_OCTET_OF_EBML) return undefined;
    this.#learn(position, understoodEnd);
    const found = this.#known.find(this.queue, index, end - base);
    const { builder } = this.document;
    if (found && !(builder && position + found.bytes - builder.offset > this.maxFragmentBytes)) {
      this.document.repeat(position, found.content);
      return position + found.bytes;
    }
    // Whether it is like one before cannot be told where its end has not come.
    const isAllThere = position + this.#known.mostBytes <= end;
    if (!isAllThere && this.#mayWait) return "wait";
    this.#unlikeStart = isAllThere ? position : undefined;
    return undefined;
  }

  /** A document begins, so the one before is whole. */
  #learn(position: number, understoodEnd: number): void {
    const start = this.#unlikeStart;
    this.#unlikeStart = undefined;
    // Elements that were only passed over are in doubt where damage follows them.
    if (start === undefined || start !== this.document.builder?.offset || understoodEnd !== position) return;
    const content = this.document.contentUpTo(position);
    const { bytes, base } = this.queue;
    if (content) this.#known.learn(bytes.subarray(start - base, position - base), content);
  }
}
