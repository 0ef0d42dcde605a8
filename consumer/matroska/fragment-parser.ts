import assert from "node:assert";
import { ByteQueue } from "../ebml/byte-queue.js";
import { EbmlError } from "../ebml/ebml-error.js";
import { ElementHeader, readElementHeader } from "../ebml/element-header.js";
import type { Damage, DamageCode } from "./damage.js";
import { DamageLog } from "./damage-log.js";
import type { Fragment } from "./fragment.js";
import { HeaderFinder } from "./header-finder.js";
import { ElementId, type ElementRule, elementRules, unknownElementRule } from "./matroska-elements.js";
import { OpenDocument } from "./open-document.js";

const DEFAULT_MAX_FRAGMENT_BYTES = 64 * 1024 * 1024;

/** Reading does not know where it is: the next header is searched for. */
interface Search {
  /** From here the bytes are in doubt. */
  doubtfulFrom: number;
  /** The last block's element, if it ends there: it may be the start of one block and the end of another. */
  lastBlockStart: number | undefined;
  /** No header begins before this offset. */
  searchedTo: number;
  code: DamageCode;
  message: string;
}

export interface FragmentParserOptions {
  /**
   * What one fragment may take, in bytes, headers included: 1 to 2^31 - 1, default 64 MiB (Kinesis takes fragments of up to
   * 50 MB). An element that claims more is refused at once; a fragment that becomes larger is released with what it has by then.
   */
  maxFragmentBytes?: number;
}

/**
 * Fragments out of Matroska bytes as GetMedia and GetMediaForFragmentList return them, or as live writers make them
 * (RFC 8794, RFC 9559; sizes known and unknown; a document for each fragment, or one for many). Incremental, without I/O.
 * Never throws on what the bytes are: what is wrong with them is listed in `damages`, and reading goes on at the next sound header.
 *
 * A fragment is released once its trailing tags are in: at the next document, at the next cluster of the same one, or at the
 * end. Memory is one fragment and the chunk at hand.
 */
export class FragmentParser {
  readonly #maxFragmentBytes: number;
  readonly #queue = new ByteQueue();
  readonly #log = new DamageLog();
  readonly #document: OpenDocument;
  readonly #finder = new HeaderFinder();
  readonly #header = new ElementHeader();
  #ended = false;
  /** Stream offset of the next element. */
  #position = 0;
  /** Stream offset after the last element that was understood; elements passed over unread lie between it and the position. */
  #understoodTo = 0;
  #lastBlockStart: number | undefined;
  #search: Search | undefined;

  constructor(options: FragmentParserOptions = {}) {
    this.#maxFragmentBytes = options.maxFragmentBytes ?? DEFAULT_MAX_FRAGMENT_BYTES;
    assert(this.#maxFragmentBytes > 0 && this.#maxFragmentBytes < 2 ** 31, "maxFragmentBytes must be 1 to 2^31 - 1");
    this.#document = new OpenDocument(this.#queue, this.#log, this.#maxFragmentBytes);
  }

  /** What was wrong with the bytes so far, in order of discovery; beyond 10,000 entries faults are only counted. */
  get damages(): readonly Damage[] {
    return this.#log.entries;
  }

  /** Number of faults beyond those that `damages` holds. */
  get damagesOmitted(): number {
    return this.#log.omitted;
  }

  /** Number of bytes given to `feed` so far. */
  get bytesFed(): number {
    return this.#queue.end;
  }

  /**
   * Takes the next bytes, cut anywhere.
   * @returns fragments completed by them. Their blocks may be views of `chunk`; the parser itself keeps no reference to it, so
   * it may be used again once the fragments are done with
   */
  feed(chunk: Uint8Array): Fragment[] {
    assert(!this.#ended, "feed after end");
    if (chunk.length > 0) this.#queue.push(chunk, this.#consume);
    return this.#document.takeReleased();
  }

  /** The stream is over. @returns what was held back waiting for more */
  end(): Fragment[] {
    assert(!this.#ended, "end called twice");
    this.#ended = true;
    this.#consume();
    while (!this.#search && this.#position < this.#queue.end) {
      // The last element is cut off, or it only claims to reach beyond the end and has sound ones inside.
      this.#understoodTo = this.#position;
      this.#lastBlockStart = undefined;
      this.#startSearch("truncated", `the stream ends inside ${this.#nameOfElementHere()}`);
      this.#consume();
    }
    this.#finishAtEnd();
    return this.#document.takeReleased();
  }

  readonly #consume = (): void => {
    while (this.#search ? this.#searchOn(this.#search) : this.#step());
    this.#queue.keepFrom = this.#document.builder?.offset ?? this.#search?.searchedTo ?? this.#position;
  };

  /** Reads one element, or a run of blocks and the element after it. @returns false where more bytes are needed */
  #step(): boolean {
    if (this.#document.inCluster) this.#readRunOfBlocks();
    const { bytes, base } = this.#queue;
    const end = this.#queue.end - base;
    const header = this.#header;
    const outcome = readElementHeader(bytes, this.#position - base, end, header);
    if (outcome === "incomplete") return false;
    if (outcome === "invalid") return this.#startSearch("garbage", "no element header where one should be");

    const known = elementRules.get(header.id);
    const rule = known ?? unknownElementRule;
    const contentStart = this.#position + header.headerBytes;
    if (!this.#isExpected(known, contentStart)) return this.#startSearch("garbage", `${rule.name} where none can be`);
    if (rule.handling === "marker") return this.#passMarker(contentStart);
    if (!header.sizeKnown) return this.#startSearch("garbage", `${rule.name} of unknown size`);
    const limit = Math.min(rule.maxBytes ?? this.#maxFragmentBytes, this.#maxFragmentBytes);
    if (header.size > limit) {
      return this.#startSearch("sizeRefused", `${rule.name} claims ${header.size} bytes, the limit is ${limit}`);
    }
    const elementEnd = contentStart + header.size;
    if (this.#outgrownAt(elementEnd)) return this.#giveUpFragment();
    if (elementEnd > this.#queue.end) return false;
    if (rule.handling === "read") return this.#read(rule, contentStart - base, elementEnd - base);
    return known ? this.#understood(elementEnd) : this.#passUnknown(contentStart - base, elementEnd - base);
  }

  /** Where nothing is open, only what begins something is taken for an element; blocks need a cluster and a fitting first few bytes. */
  #isExpected(rule: ElementRule | undefined, contentStart: number): boolean {
    const { id, size, sizeKnown } = this.#header;
    const { builder, inCluster, blocks } = this.#document;
    if (!builder) return rule !== undefined && id > 0xffffff;
    if (!rule?.inCluster) return true;
    if (!inCluster) return false;
    if (id === ElementId.Timecode) return blocks.table.length === 0;
    if (id !== ElementId.SimpleBlock || !sizeKnown) return true;
    // Its first bytes are looked at before its end is waited for: a false size would hold up a live stream.
    const { bytes, base, end } = this.#queue;
    if (contentStart + Math.min(size, 11) > end) return true;
    return blocks.looksLikeBlock(bytes, contentStart - base, contentStart - base + size);
  }

  #readRunOfBlocks(): void {
    const { bytes, base, end } = this.#queue;
    const { blocks, builder } = this.#document;
    const origin = builder!.offset - base;
    const from = this.#position - base;
    const to = blocks.readRun(bytes, from, Math.min(end - base, origin + this.#maxFragmentBytes), origin);
    if (to > from) this.#understood(base + to, base + blocks.lastStart);
  }

  #understood(upTo: number, lastBlockStart?: number): true {
    this.#position = upTo;
    this.#understoodTo = upTo;
    this.#lastBlockStart = lastBlockStart;
    return true;
  }

  #passMarker(contentStart: number): boolean {
    const { id, sizeKnown, size } = this.#header;
    const claimedEnd = sizeKnown ? contentStart + size : undefined;
    if (id === ElementId.Segment) this.#document.openSegment(this.#position, claimedEnd);
    else this.#document.openCluster(this.#position, contentStart, claimedEnd);
    return this.#understood(contentStart);
  }

  #read(rule: ElementRule, start: number, end: number): boolean {
    const { id } = this.#header;
    const elementEnd = this.#queue.base + end;
    const isBlock = id === ElementId.SimpleBlock || id === ElementId.BlockGroup;
    try {
      if (!isBlock) this.#document.readMetadata(id, this.#position, start, end);
      else if (!this.#document.readBlock(id, this.#position, start, end)) {
        return this.#startSearch("garbage", `${rule.name} without a block of this document`);
      }
    } catch (error) {
      if (!(error instanceof EbmlError)) throw error;
      const offset = this.#queue.base + error.offset;
      return this.#startSearch("invalidElement", `${rule.name}: ${error.message} at offset ${offset}`);
    }
    return this.#understood(elementEnd, isBlock ? this.#position : undefined);
  }

  /** Rubbish can look like an element of some unknown kind that covers the media behind it; then it is not passed over. */
  #passUnknown(start: number, end: number): boolean {
    const { bytes, base } = this.#queue;
    const expects = this.#document.inCluster ? this.#document.blocks.expects : undefined;
    const finding = this.#finder.find(bytes, start, end, this.#queue.end - base, this.#ended, expects);
    if (finding.found) return this.#startSearch("garbage", "bytes that are no element of Matroska");
    if (finding.searchedTo < end) return false;
    this.#position = base + end;
    return true;
  }

  #outgrownAt(end: number): boolean {
    const { builder } = this.#document;
    return builder !== undefined && end - builder.offset > this.#maxFragmentBytes;
  }

  /** The fragment is larger than it may be: it ends here, and the search for the next one begins. */
  #giveUpFragment(): true {
    const message = `the fragment is larger than ${this.#maxFragmentBytes} bytes`;
    const offset = this.#search?.doubtfulFrom ?? this.#position;
    this.#document.builder!.damaged ??= { code: "fragmentTooLarge", offset, message };
    this.#document.abandon(offset);
    this.#search ??= {
      doubtfulFrom: offset,
      lastBlockStart: undefined,
      searchedTo: offset + 1,
      code: "fragmentTooLarge",
      message,
    };
    this.#search.lastBlockStart = undefined;
    return true;
  }

  #startSearch(code: DamageCode, message: string): true {
    const doubtfulFrom = this.#understoodTo;
    const lastBlockStart = this.#lastBlockStart;
    this.#search = { doubtfulFrom, lastBlockStart, searchedTo: (lastBlockStart ?? doubtfulFrom) + 1, code, message };
    return true;
  }

  #searchOn(search: Search): boolean {
    const { bytes, base } = this.#queue;
    const end = this.#queue.end - base;
    const from = search.searchedTo - base;
    const expects = this.#document.blocksMayCome ? this.#document.blocks.expects : undefined;
    const finding = this.#finder.find(bytes, Math.min(from, end), end, end, this.#ended, expects);
    if (finding.found) {
      this.#resumeAt(search, base + finding.index);
      return true;
    }
    search.searchedTo = Math.max(search.searchedTo, base + finding.searchedTo);
    if (this.#outgrownAt(this.#queue.end)) this.#giveUpFragment();
    return false;
  }

  #resumeAt(search: Search, at: number): void {
    const { bytes, base, end } = this.#queue;
    readElementHeader(bytes, at - base, end - base, this.#header);
    const damage = this.#closeSearch(search, at, this.#header.id);
    this.#document.resume(damage, this.#header.id);
    this.#understood(at);
  }

  /** Logs the damage, the last block included where it is not known to be whole. */
  #closeSearch(search: Search, resumedAt: number, id: number | undefined): Damage {
    this.#search = undefined;
    let from = search.doubtfulFrom;
    if (search.lastBlockStart !== undefined && !this.#isLastBlockWhole(search, search.lastBlockStart, resumedAt, id)) {
      this.#document.blocks.table.dropLast();
      from = search.lastBlockStart;
    }
    return this.#log.add(search.code, from, search.message, resumedAt - from);
  }

  #isLastBlockWhole(search: Search, blockStart: number, resumedAt: number, id: number | undefined): boolean {
    const blockEnd = search.doubtfulFrom;
    if (resumedAt < blockEnd) return false;
    if (id !== ElementId.SimpleBlock && id !== ElementId.BlockGroup) {
      return this.#document.lastBlockIsWhole(
        blockStart,
        blockEnd,
        resumedAt,
        id === ElementId.EBML || id === undefined,
      );
    }
    const { bytes, base, end } = this.#queue;
    const content = resumedAt - base + this.#header.headerBytes;
    const { blocks } = this.#document;
    return blocks.lastIsWhole(blockEnd - blockStart, resumedAt - blockEnd, bytes, id, content, end - base);
  }

  #nameOfElementHere(): string {
    const { bytes, base, end } = this.#queue;
    const outcome = readElementHeader(bytes, this.#position - base, end - base, this.#header);
    return outcome === "header" ? (elementRules.get(this.#header.id) ?? unknownElementRule).name : "an element header";
  }

  #finishAtEnd(): void {
    const end = this.#queue.end;
    if (end === 0) {
      this.#log.add("empty", 0, "the stream is empty");
    } else if (!this.#document.sawHeader) {
      this.#log.entries.length = 0;
      this.#log.add("notMatroska", 0, "not a Matroska stream: no header in it", end);
    } else if (this.#search) {
      const damage = this.#closeSearch(this.#search, end, undefined);
      // Cut inside the trailing tags, too: whoever reads from a connection has to ask for this fragment again.
      if (damage.code === "truncated" && this.#document.builder) this.#document.builder.damaged ??= damage;
      this.#document.markDamaged(damage);
      this.#document.end(damage.offset);
    } else {
      this.#document.end(this.#position);
    }
  }
}
