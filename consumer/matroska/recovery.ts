import type { ByteQueue } from "../ebml/byte-queue.js";
import { ElementHeader, readElementHeader } from "../ebml/element-header.js";
import type { Damage, DamageCode } from "./damage.js";
import type { DamageLog } from "./damage-log.js";
import { HeaderFinder } from "./header-finder.js";
import type { OpenDocument } from "./open-document.js";

/** What had been read when reading lost its way. */
export interface LastUnderstood {
  /** Stream offset after the last element that was understood: from here the bytes are in doubt. */
  end: number;
  /** Start of that element if it was a block: it may be the start of one block and the end of another. */
  blockStart: number | undefined;
}

interface Search extends LastUnderstood {
  code: DamageCode;
  message: string;
  /** Where reading failed; no header either, whatever it looks like. */
  failedAt: number | undefined;
  /** No header begins before this offset. */
  searchedTo: number;
  /** Blocks of another cluster have been passed: whatever blocks come, they are not of the one at hand. */
  passedOtherCluster: boolean;
}

/** Finds the way back after damage, and tells what was lost. */
export class Recovery {
  readonly #finder = new HeaderFinder();
  readonly #header = new ElementHeader();
  #search: Search | undefined;

  constructor(
    private readonly queue: ByteQueue,
    private readonly document: OpenDocument,
    private readonly log: DamageLog,
  ) {}

  get isSearching(): boolean {
    return this.#search !== undefined;
  }

  /** Stream offset before which nothing is needed any more, as far as the search goes. */
  get searchedTo(): number | undefined {
    return this.#search?.searchedTo;
  }

  start(last: LastUnderstood, failedAt: number | undefined, code: DamageCode, message: string): void {
    const searchedTo =
      last.blockStart === undefined && failedAt === undefined ? last.end : (last.blockStart ?? last.end) + 1;
    this.#search = { ...last, failedAt, code, message, searchedTo, passedOtherCluster: false };
  }

  /** The fragment at hand has been released as it was: nothing behind it can put its last block in doubt. */
  forgetLastBlock(): void {
    if (this.#search) this.#search.blockStart = undefined;
  }

  /**
   * Looks on, as far as there are bytes.
   * @param atEnd no more will come
   * @param limit the last offset at which the fragment at hand may end
   * @returns where reading goes on, the damage logged; undefined where no place has been found yet
   */
  resume(atEnd: boolean, limit: number): number | undefined {
    const search = this.#search!;
    const { bytes, base } = this.queue;
    const end = this.queue.end - base;
    const found = this.#find(search, end, atEnd, limit + 1 - base);
    if (found === undefined) return undefined;
    readElementHeader(bytes, found - base, end, this.#header);
    const damage = this.close(found, this.#header.id);
    this.document.resume(damage, this.#header.id);
    return found;
  }

  /** Looks for headers that begin before the indexes `end` and `stop`. */
  #find(search: Search, end: number, atEnd: boolean, stop: number): number | undefined {
    const { bytes, base } = this.queue;
    const last = Math.min(end, stop);
    while (search.searchedTo < base + last) {
      const mayFindBlocks = this.document.blocksMayCome && !search.passedOtherCluster;
      const expects = mayFindBlocks ? this.document.blocks.expects : undefined;
      const { failedAt = -1 } = search;
      const to = search.searchedTo < failedAt ? Math.min(last, failedAt - base) : last;
      const finding = this.#finder.find(bytes, search.searchedTo - base, to, end, atEnd, expects);
      search.passedOtherCluster ||= finding.passedOtherCluster;
      if (finding.found) return base + finding.index;
      const isStuck = finding.searchedTo < to;
      search.searchedTo = base + finding.searchedTo + (base + finding.searchedTo === failedAt ? 1 : 0);
      if (isStuck) return undefined;
    }
    return undefined;
  }

  /**
   * Ends the search and logs the damage, the last block included where it is not known to be whole.
   * @param id of the element found; undefined where the stream ends instead
   */
  close(resumedAt: number, id: number | undefined): Damage {
    const search = this.#search!;
    this.#search = undefined;
    const { blockStart, code, message } = search;
    let from = search.end;
    if (blockStart !== undefined && !this.#isBlockWhole(search, blockStart, resumedAt, id)) {
      this.document.blocks.table.dropLast();
      from = blockStart;
    }
    return this.log.add(code, from, message, resumedAt - from);
  }

  /**
   * Rubbish came after the last block. Was the block itself whole? Rubbish between two blocks cannot be told from rubbish that
   * begins in the first one: then the block is given up, for a hole of a block's length is better than a burst of noise.
   */
  #isBlockWhole(search: Search, blockStart: number, resumedAt: number, id: number | undefined): boolean {
    const blockEnd = search.end;
    if (resumedAt < blockEnd || search.passedOtherCluster) return false;
    const { bytes, base } = this.queue;
    const { blocks } = this.document;
    if (blocks.hasTraceOfBlock(bytes, blockStart - base, blockEnd - base, resumedAt - base)) return true;
    return this.document.mayEndAt(blockEnd, id);
  }

  /**
   * Whether bytes that look like an element of an unknown kind hold media: then they are rubbish, and no such element. Looks at
   * what there is from stream offset `from` on, up to `to`.
   * @returns how far there is none; undefined where there is some
   */
  withoutMediaUpTo(from: number, to: number, atEnd: boolean): number | undefined {
    const { bytes, base, end } = this.queue;
    const expects = this.document.inCluster ? this.document.blocks.expects : undefined;
    const available = Math.min(to, end);
    const finding = this.#finder.find(bytes, from - base, available - base, end - base, atEnd, expects);
    return finding.found || finding.passedOtherCluster ? undefined : base + finding.searchedTo;
  }
}
