import { ElementHeader, readElementHeader } from "../ebml/element-header.js";
import { BlockHeader, readBlockHeader } from "./block-header.js";
import { ElementId, elementRules } from "./matroska-elements.js";

/** `undecided`: more bytes would tell. */
type Verdict = "yes" | "no" | "earlier" | "undecided";

/**
 * What a search ended with: a place that looks like a header, or how far no header begins. `passedOtherCluster`: on the way there
 * were blocks that are sound but earlier than this cluster's last one, so a cluster has begun unseen.
 */
export type Finding = { passedOtherCluster: boolean } & (
  | { found: true; index: number }
  | { found: false; searchedTo: number }
);

/**
 * Blocks larger than this do not count while searching: waiting for the end of a false one would hold up a live stream.
 */
const LARGEST_BLOCK_SEARCHED_BYTES = 64 * 1024;

/** First octets of the ids searched for; most bytes are ruled out by this table alone. */
const candidateOctets = new Set([0x1a, 0x18, 0x15, 0x16, 0x12, 0x1f, ElementId.SimpleBlock, ElementId.BlockGroup]);
const isCandidateOctet = Uint8Array.from({ length: 256 }, (_, octet) => (candidateOctets.has(octet) ? 1 : 0));

const ebmlHeaderChildren: ReadonlySet<number> = new Set([
  ElementId.EBMLVersion,
  ElementId.EBMLReadVersion,
  ElementId.EBMLMaxIDLength,
  ElementId.EBMLMaxSizeLength,
  ElementId.DocType,
  ElementId.DocTypeVersion,
  ElementId.DocTypeReadVersion,
]);
/** What may come first in an element, by its id. Empty: anything of two octets or more, for Info's children are many. */
const firstChildren: ReadonlyMap<number, ReadonlySet<number>> = new Map([
  [ElementId.EBML, ebmlHeaderChildren],
  [
    ElementId.Segment,
    new Set<number>([ElementId.Info, ElementId.Tracks, ElementId.Tags, ElementId.SeekHead, ElementId.Cluster]),
  ],
  [ElementId.Info, new Set<number>()],
  [ElementId.Tracks, new Set<number>([ElementId.TrackEntry])],
  [ElementId.Tags, new Set<number>([ElementId.Tag])],
  [ElementId.Cluster, new Set<number>([ElementId.Timecode])],
]);

/** Whether a block of this track and relative timecode could come here; `earlier`: its track has been beyond that time. */
export type BlockExpectation = (trackNumber: number, relativeTimecode: number) => "yes" | "no" | "earlier";

/**
 * Finds where reading can go on after damage. Audio holds any byte sequence by chance, so an id alone proves nothing:
 * a header of a larger element needs a fitting first child, a block needs a sound header, time that goes forward, and another
 * sound header right behind it. A false hit then takes some 38 matching bits.
 */
export class HeaderFinder {
  readonly #header = new ElementHeader();
  readonly #child = new ElementHeader();
  readonly #block = new BlockHeader();

  /**
   * Looks for a header that begins in `bytes` at or after `from` and before `to`; it may reach up to `end`.
   * @param atEnd no bytes will come after `end`
   * @param expects absent where no block may come
   */
  find(bytes: Uint8Array, from: number, to: number, end: number, atEnd: boolean, expects?: BlockExpectation): Finding {
    let passedOtherCluster = false;
    for (let index = from; index < to; index++) {
      if (isCandidateOctet[bytes[index]!] === 0) continue;
      const verdict = this.#judge(bytes, index, end, atEnd, passedOtherCluster ? undefined : expects);
      if (verdict === "yes") return { found: true, index, passedOtherCluster };
      if (verdict === "undecided" && !atEnd) return { found: false, searchedTo: index, passedOtherCluster };
      if (verdict === "earlier") passedOtherCluster = true;
    }
    return { found: false, searchedTo: to, passedOtherCluster };
  }

  #judge(bytes: Uint8Array, index: number, end: number, atEnd: boolean, expects?: BlockExpectation): Verdict {
    const octet = bytes[index]!;
    if (octet !== ElementId.SimpleBlock && octet !== ElementId.BlockGroup) return this.#judgeMaster(bytes, index, end);
    if (!expects) return "no";
    const first = this.#judgeBlock(bytes, index, end, expects);
    if (first === "no" || first === "undecided") return first;
    const next = index + this.#header.headerBytes + this.#header.size;
    if (next > end) return atEnd ? "no" : "undecided";
    if (next === end) return atEnd ? first : "undecided";
    const isBlock = bytes[next] === ElementId.SimpleBlock || bytes[next] === ElementId.BlockGroup;
    const second = isBlock ? this.#judgeBlock(bytes, next, end, expects) : this.#judgeMaster(bytes, next, end);
    return second === "yes" || second === "earlier" ? first : second;
  }

  #judgeMaster(bytes: Uint8Array, index: number, end: number): Verdict {
    const header = this.#header;
    const outcome = readElementHeader(bytes, index, end, header);
    if (outcome === "invalid") return "no";
    if (outcome === "incomplete") return end - index < 12 ? "undecided" : "no";
    const children = firstChildren.get(header.id);
    const rule = elementRules.get(header.id);
    if (!children || !rule) return "no";
    if (rule.handling === "read" && (!header.sizeKnown || header.size > (rule.maxBytes ?? 0))) return "no";
    const childIndex = index + header.headerBytes;
    const childOutcome = readElementHeader(bytes, childIndex, end, this.#child);
    if (childOutcome === "invalid") return "no";
    if (childOutcome === "incomplete") return end - childIndex < 12 ? "undecided" : "no";
    const child = this.#child;
    // A checksum may come first in any of them (RFC 8794, section 11.3.1).
    if (child.id === ElementId.CRC32) return child.sizeKnown && child.size === 4 ? "yes" : "no";
    if (header.sizeKnown && child.sizeKnown && child.headerBytes + child.size > header.size) return "no";
    if (child.id === ElementId.Timecode && (!child.sizeKnown || child.size > 8)) return "no";
    return children.size === 0 ? (child.id > 0xff ? "yes" : "no") : children.has(child.id) ? "yes" : "no";
  }

  /** By its header alone; leaves that in `#header`. */
  #judgeBlock(bytes: Uint8Array, index: number, end: number, expects: BlockExpectation): Verdict {
    const header = this.#header;
    const outcome = readElementHeader(bytes, index, end, header);
    if (outcome !== "header") return outcome === "invalid" ? "no" : "undecided";
    if (!header.sizeKnown || header.size > LARGEST_BLOCK_SEARCHED_BYTES) return "no";
    let contentStart = index + header.headerBytes;
    const contentEnd = contentStart + header.size;
    if (header.id === ElementId.BlockGroup) {
      const inner = readElementHeader(bytes, contentStart, end, this.#child);
      if (inner !== "header") return inner === "invalid" ? "no" : "undecided";
      if (this.#child.id !== ElementId.BlockInGroup || !this.#child.sizeKnown) return "no";
      contentStart += this.#child.headerBytes;
      if (contentStart + this.#child.size > contentEnd) return "no";
    }
    if (contentEnd > end && end - contentStart < 11) return "undecided";
    const block = this.#block;
    if (!readBlockHeader(bytes, contentStart, contentEnd, block)) return "no";
    return expects(block.trackNumber, block.relativeTimecode);
  }
}
