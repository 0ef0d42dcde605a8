import { ByteQueue } from "../ebml/byte-queue.js";
import { EbmlError } from "../ebml/ebml-error.js";
import { ElementHeader, readElementHeader } from "../ebml/element-header.js";
import type { Damage, DamageCode } from "./damage.js";
import { DamageLog } from "./damage-log.js";
import { ElementExpectation, LONGEST_BLOCK_START_BYTES } from "./element-expectation.js";
import type { Fragment } from "./fragment.js";
import { FragmentRepetition } from "./fragment-repetition.js";
import { ElementId, type ElementRule, elementRules, unknownElementRule } from "./matroska-elements.js";
import { OpenDocument } from "./open-document.js";
import { type LastUnderstood, Recovery } from "./recovery.js";

const DEFAULT_MAX_FRAGMENT_BYTES = 64 * 1024 * 1024;
const LONG_HEADER_BYTES = 8;

export interface FragmentParserOptions {
  /**
   * What one fragment may take, in bytes, headers included: 1 to 2^31 - 1, default 64 MiB (Kinesis takes fragments of up to
   * 50 MB). An element that claims more is refused at once; a fragment that becomes larger is released with what it has by then.
   */
  maxFragmentBytes?: number;
  /**
   * Whether a fragment is released as soon as the bytes so far end right behind the tags that Kinesis writes last, without what
   * comes after them: for GetMedia, where waiting for the next fragment would make each of them late by one. Default false.
   */
  releaseAtLastTags?: boolean;
}

/**
 * Fragments out of Matroska bytes as GetMedia and GetMediaForFragmentList return them, or as live writers make them
 * (RFC 8794, RFC 9559; sizes known and unknown; a document for each fragment, or one for many). Incremental, without I/O.
 * Never throws on what the bytes are: what is wrong with them is listed in `damages`, and reading goes on at the next sound header.
 *
 * A fragment is released once its trailing tags are in: at the next document, at the next cluster of the same one, or at the
 * end; where chunks are longer than fragments, perhaps one chunk later. Memory is one fragment and the chunk at hand.
 */
export class FragmentParser {
  readonly #maxFragmentBytes: number;
  readonly #releaseAtLastTags: boolean;
  readonly #queue = new ByteQueue();
  readonly #log = new DamageLog();
  readonly #document: OpenDocument;
  readonly #recovery: Recovery;
  readonly #header = new ElementHeader();
  readonly #expectation: ElementExpectation;
  readonly #repetition: FragmentRepetition;
  #ended = false;
  /** Stream offset of the next element. */
  #position = 0;
  /** Elements passed over unread lie between its end and the position. */
  readonly #understood: LastUnderstood = { end: 0, blockStart: undefined };
  /** An element of unknown kind is being passed over, and looked through for media. */
  #passage: { end: number; searchedTo: number } | undefined;

  constructor(options: FragmentParserOptions = {}) {
    this.#maxFragmentBytes = options.maxFragmentBytes ?? DEFAULT_MAX_FRAGMENT_BYTES;
    if (!(this.#maxFragmentBytes > 0 && this.#maxFragmentBytes < 2 ** 31)) {
      throw new RangeError("maxFragmentBytes must be 1 to 2^31 - 1");
    }
    this.#releaseAtLastTags = options.releaseAtLastTags ?? false;
    this.#document = new OpenDocument(this.#queue, this.#log, this.#maxFragmentBytes);
    this.#recovery = new Recovery(this.#queue, this.#document, this.#log);
    this.#expectation = new ElementExpectation(this.#queue, this.#document);
    this.#repetition = new FragmentRepetition(this.#queue, this.#document, this.#maxFragmentBytes);
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
    if (this.#ended) throw new Error("feed after end");
    if (!this.#releaseAtLastTags) this.#repetition.expect(chunk.length);
    if (chunk.length > 0) this.#queue.push(chunk, this.#consume);
    return this.#document.takeReleased();
  }

  /** The stream is over. @returns what was held back waiting for more */
  end(): Fragment[] {
    if (this.#ended) throw new Error("end called twice");
    this.#ended = true;
    this.#repetition.expect(0);
    this.#consume();
    while (!this.#recovery.isSearching && this.#position < this.#queue.end) {
      this.#endInsideElement();
      this.#consume();
    }
    this.#finish();
    return this.#document.takeReleased();
  }

  readonly #consume = (): void => {
    while (this.#advance());
    if (this.#releaseAtLastTags && !this.#passage && this.#position === this.#queue.end) {
      if (!this.#recovery.isSearching && this.#document.isFinishedAt(this.#position))
        this.#document.end(this.#position);
    }
    this.#queue.keepFrom = this.#document.builder?.offset ?? this.#recovery.searchedTo ?? this.#position;
  };

  /** @returns false where more bytes are needed */
  #advance(): boolean {
    if (this.#recovery.isSearching) return this.#searchOn();
    return this.#passage ? this.#passOn(this.#passage) : this.#step();
  }

  /** Reads one element, or a run of blocks and the element after it. */
  #step(): boolean {
    if (this.#document.inCluster) this.#readRunOfBlocks();
    const repeatedEnd = this.#repetition.pass(this.#position, this.#understood.end);
    if (repeatedEnd === "wait") return false;
    if (repeatedEnd !== undefined) return this.#moveTo(repeatedEnd);
    const { bytes, base } = this.#queue;
    const end = this.#queue.end - base;
    const header = this.#header;
    const outcome = readElementHeader(bytes, this.#position - base, end, header);
    if (outcome === "incomplete") return false;
    if (outcome === "invalid") return this.#lose("garbage", "no element header where one should be");

    const known = elementRules.get(header.id);
    const rule = known ?? unknownElementRule;
    const contentStart = this.#position + header.headerBytes;
    const isMarker = rule.handling === "marker";
    const limit = Math.min(rule.maxBytes ?? this.#maxFragmentBytes, this.#maxFragmentBytes);
    if (this.#document.builder && !isMarker && header.size > limit) {
      // So long a header does not come about by chance: the block before it is whole.
      if (known && header.headerBytes >= LONG_HEADER_BYTES) this.#moveTo(this.#position);
      return this.#lose("sizeRefused", `${rule.name} claims ${header.size} bytes, the limit is ${limit}`);
    }
    if (this.#expectation.isOfOtherDocument(header))
      return this.#lose("garbage", "a document without its beginning", true);
    if (!this.#expectation.allows(header, known, contentStart)) {
      return this.#lose("garbage", `${rule.name} where none can be`);
    }
    if (isMarker) return this.#passMarker(contentStart);
    if (!header.sizeKnown) return this.#lose("garbage", `${rule.name} of unknown size`);
    const elementEnd = contentStart + header.size;
    // Its first bytes tell whether it is a block: the size of a false one says nothing of the fragment's.
    const startEnd = contentStart + Math.min(header.size, LONGEST_BLOCK_START_BYTES);
    if (rule.inCluster && startEnd > this.#queue.end) return false;
    if (this.#isOutgrownAt(elementEnd)) return this.#giveUpFragment();
    if (!known && header.size > 0 && contentStart === this.#queue.end) return false;
    if (!known && this.#isSpoiltBlock()) return this.#lose("garbage", "a block with a spoilt id");
    if (!known) {
      this.#passage = { end: elementEnd, searchedTo: contentStart };
      return true;
    }
    if (elementEnd > this.#queue.end) return false;
    return rule.handling === "read"
      ? this.#read(rule, contentStart - base, elementEnd - base)
      : this.#moveTo(elementEnd);
  }

  /** Size and track are those of the block before, and only the id is not. */
  #isSpoiltBlock(): boolean {
    const { blockStart, end: blockEnd } = this.#understood;
    if (blockStart === undefined || blockEnd !== this.#position) return false;
    const { bytes, base, end } = this.#queue;
    return this.#document.blocks.hasTraceOfBlock(bytes, blockStart - base, blockEnd - base, end - base);
  }

  #readRunOfBlocks(): void {
    const { bytes, base, end } = this.#queue;
    const { blocks, builder } = this.#document;
    const origin = builder!.offset - base;
    const from = this.#position - base;
    const to = blocks.readRun(bytes, from, Math.min(end - base, origin + this.#maxFragmentBytes), origin);
    if (to > from) this.#moveTo(base + to, base + blocks.lastStart);
  }

  /** Everything up to here was understood. */
  #moveTo(offset: number, blockStart?: number): true {
    this.#position = offset;
    this.#understood.end = offset;
    this.#understood.blockStart = blockStart;
    return true;
  }

  #passMarker(contentStart: number): boolean {
    const { id, sizeKnown, size } = this.#header;
    const claimedEnd = sizeKnown ? contentStart + size : undefined;
    if (id === ElementId.Segment) this.#document.openSegment(this.#position, claimedEnd);
    else this.#document.openCluster(this.#position, contentStart, claimedEnd);
    return this.#moveTo(contentStart);
  }

  #read(rule: ElementRule, start: number, end: number): boolean {
    const { id } = this.#header;
    const { base } = this.#queue;
    const isBlock = id === ElementId.SimpleBlock || id === ElementId.BlockGroup;
    const { table } = this.#document.blocks;
    const blocksBefore = table.length;
    try {
      if (!isBlock) this.#document.readMetadata(id, this.#position, start, end);
      const outcome = isBlock ? this.#document.readBlock(id, start, end) : "block";
      if (outcome === "foreign") return this.#lose("garbage", `${rule.name} without a block of this document`);
      if (outcome === "badLacing") {
        // Its size may be wrong, too, and cover what comes behind it: that is searched. The block before it is whole.
        this.#moveTo(this.#position);
        return this.#lose("invalidBlock", "the sizes of a laced block's frames do not fit it");
      }
    } catch (error) {
      if (!(error instanceof EbmlError)) throw error;
      // Four octets of an id right behind the last block show that the block is whole.
      if (!isBlock) this.#moveTo(this.#position);
      else table.keepFirst(blocksBefore);
      return this.#lose("invalidElement", `${rule.name}: ${error.message} at offset ${base + error.offset}`);
    }
    return this.#moveTo(base + end, isBlock ? this.#position : undefined);
  }

  /** Rubbish can look like an element of some unknown kind that covers the media behind it; then it is not passed over. */
  #passOn(passage: { end: number; searchedTo: number }): boolean {
    const searchedTo = this.#recovery.withoutMediaUpTo(passage.searchedTo, passage.end, this.#ended);
    if (searchedTo === undefined) return this.#lose("garbage", "bytes that are no element of Matroska");
    passage.searchedTo = searchedTo;
    if (searchedTo < passage.end) return false;
    this.#passage = undefined;
    this.#position = passage.end;
    return true;
  }

  #isOutgrownAt(end: number): boolean {
    const { builder } = this.#document;
    return builder !== undefined && end - builder.offset > this.#maxFragmentBytes;
  }

  /** The fragment is larger than it may be: it ends here, and what is left of it is searched for the next one. */
  #giveUpFragment(): true {
    const message = `the fragment is larger than ${this.#maxFragmentBytes} bytes`;
    const offset = this.#understood.end;
    this.#document.abandon({ code: "fragmentTooLarge", offset, message });
    if (!this.#recovery.isSearching) this.#lose("fragmentTooLarge", message);
    this.#recovery.forgetLastBlock();
    return true;
  }

  /** @param mayResumeHere what is here cannot be joined to what was before, but is sound in itself */
  #lose(code: DamageCode, message: string, mayResumeHere = false): true {
    this.#passage = undefined;
    this.#repetition.forget();
    this.#recovery.start(this.#understood, mayResumeHere ? undefined : this.#position, code, message);
    return true;
  }

  #searchOn(): boolean {
    const { builder } = this.#document;
    const limit = builder ? builder.offset + this.#maxFragmentBytes : Number.POSITIVE_INFINITY;
    const resumedAt = this.#recovery.resume(this.#ended, limit);
    if (resumedAt !== undefined) return this.#moveTo(resumedAt);
    return this.#recovery.searchedTo! > limit ? this.#giveUpFragment() : false;
  }

  /** At the end: the last element is cut off, or it is none and has sound ones inside. */
  #endInsideElement(): void {
    if (this.#passage) {
      this.#lose("truncated", "the stream ends inside an unknown element");
      return;
    }
    const { bytes, base, end } = this.#queue;
    const isHeader = readElementHeader(bytes, this.#position - base, end - base, this.#header) === "header";
    const name = isHeader ? (elementRules.get(this.#header.id) ?? unknownElementRule).name : "an element header";
    // A sound beginning right behind the last block shows that the block is whole.
    this.#moveTo(this.#position);
    this.#lose("truncated", `the stream ends inside ${name}`);
  }

  #finish(): void {
    const end = this.#queue.end;
    if (end === 0) {
      this.#log.add("empty", 0, "the stream is empty");
    } else if (!this.#document.sawHeader) {
      this.#log.entries.length = 0;
      this.#log.add("notMatroska", 0, "not a Matroska stream: no header in it", end);
    } else if (this.#recovery.isSearching) {
      this.#document.endInDamage(this.#recovery.close(end, undefined));
    } else {
      this.#document.end(this.#position);
    }
  }
}
