import type { ByteQueue } from "../ebml/byte-queue.js";
import type { ElementHeader } from "../ebml/element-header.js";
import { ElementId, type ElementRule, innerIds, isPlausibleInCluster } from "./matroska-elements.js";
import type { OpenDocument } from "./open-document.js";

/** Of a block, or a block group with its first child: what is looked at before its end is waited for. */
export const LONGEST_BLOCK_START_BYTES = 24;

/** What may come next in a document, so that rubbish is not taken for an element. */
export class ElementExpectation {
  constructor(
    private readonly queue: ByteQueue,
    private readonly document: OpenDocument,
  ) {}

  /** A document's head comes before its clusters: behind one it belongs to another document, whose beginning is missing. */
  isOfOtherDocument({ id }: ElementHeader): boolean {
    return (id === ElementId.Info || id === ElementId.Tracks) && this.document.builder?.hasCluster === true;
  }

  /** Where nothing is open, only what begins something is taken for an element. */
  allows(header: ElementHeader, rule: ElementRule | undefined, contentStart: number): boolean {
    const { id, size, sizeKnown } = header;
    const { builder, inCluster, blocks } = this.document;
    // Four octets: nothing else stands for itself.
    if (!builder) return rule !== undefined && id > 0xffffff && size <= (rule.maxBytes ?? Number.POSITIVE_INFINITY);
    if (!rule) return !innerIds.has(id) && (!inCluster || isPlausibleInCluster(id));
    if (!rule.inCluster) return true;
    if (!inCluster) return false;
    const isBlockGroup = id === ElementId.BlockGroup;
    // What tells about a cluster comes before its blocks.
    if (id !== ElementId.SimpleBlock && !isBlockGroup) return blocks.table.length === 0;
    if (!sizeKnown) return true;
    // Its first bytes are looked at before its end is waited for: a false size would hold up a live stream.
    const { bytes, base, end } = this.queue;
    const start = contentStart - base;
    if (contentStart + Math.min(size, LONGEST_BLOCK_START_BYTES) > end) return true;
    return isBlockGroup
      ? blocks.looksLikeBlockGroup(bytes, start, start + size)
      : blocks.looksLikeBlock(bytes, start, start + size);
  }
}
