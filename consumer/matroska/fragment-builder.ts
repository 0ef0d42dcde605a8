import type { ByteQueue } from "../ebml/byte-queue.js";
import { readText, readUint } from "../ebml/element-values.js";
import { BlockTable } from "./block-table.js";
import type { Damage } from "./damage.js";
import type { Track } from "./fragment.js";
import { type KinesisTags, kinesisTagPlace, takeKinesisTag } from "./kinesis-tags.js";
import { ParsedFragment } from "./parsed-fragment.js";
import type { FragmentContent, FragmentPart } from "./repeated-fragments.js";
import type { TagMaps } from "./tag-maps.js";
import type { Tag, TagsContent } from "./tags.js";

/**
 * A fragment whose end has not been seen. It knows which tags are its own and which begin the next one:
 *
 * - Kinesis writes the fragment number and the timestamps before a cluster, the continuation token and MILLIS_BEHIND_NOW last.
 * - A producer writes tags before the cluster they speak of. Kinesis starts a new document at each cluster and so shows the tags
 *   of a running session at the end of the fragment before, where they are `tagsAfter`: so are tags that the document's end or
 *   the last tags of Kinesis follow. Any others between two clusters of one document are the next one's `tagsBefore`.
 */
export class FragmentBuilder {
  readonly kinesis: KinesisTags = {};
  tagsBefore: Tag[] = [];
  tagsAfter: Tag[] = [];
  /** Where the values of Kinesis' tags are. */
  readonly kinesisValues: (FragmentPart & { name: string })[] = [];
  /** Where the cluster's timecode is. */
  clusterTimecode: FragmentPart | undefined;
  tracks: readonly Track[] = [];
  hasCluster = false;
  /** Kept in ticks: the scale may be told later than here, and is the document's. */
  clusterTimecodeTicks: number | undefined;
  damaged: Damage | undefined;
  blocksBeforeDamage = 0;
  /** Behind the tags that Kinesis writes last come some that can only be another fragment's, of which the rest is lost. */
  hasForeignTail = false;
  /** Tags after the cluster that belong to this fragment, or to the next one if a cluster follows in this document. */
  #undecided: Tag[] = [];
  #undecidedStart: number | undefined;
  #next: FragmentBuilder | undefined;
  #end: number;

  constructor(readonly offset: number) {
    this.#end = offset;
  }

  /** Nothing is wrong with it, and all tags so far are decided on and its own. */
  get isSound(): boolean {
    const isSettled = this.#next === undefined && this.#undecided.length === 0 && !this.hasForeignTail;
    return this.hasCluster && isSettled && !this.damaged && !this.kinesis.error;
  }

  /** What it says that a fragment like it says, too; more tags of its own do not change that. */
  get content() {
    const { tracks, clusterTimecode } = this;
    const tags = { tagsBefore: [...this.tagsBefore], tagsAfter: [...this.tagsAfter] };
    return { tracks, clusterTimecode, kinesisValues: [...this.kinesisValues], ...tags };
  }

  /** Takes over what a fragment like this one said, and reads what is different: all of it is in the queue. */
  repeat(content: FragmentContent, { bytes, buffer, base }: ByteQueue): void {
    const origin = this.offset - base;
    this.hasCluster = true;
    this.tracks = content.tracks;
    this.tagsBefore = [...content.tagsBefore];
    this.tagsAfter = [...content.tagsAfter];
    for (const { name, start, end } of content.kinesisValues) {
      takeKinesisTag(this.kinesis, name, readText(buffer, origin + start, origin + end));
    }
    const { clusterTimecode } = content;
    if (!clusterTimecode) return;
    this.clusterTimecodeTicks = readUint(bytes, origin + clusterTimecode.start, origin + clusterTimecode.end);
  }

  /** True where Kinesis or the producer wrote tags after the cluster. Known once the fragment is complete. */
  get hasTail(): boolean {
    return this.tagsAfter.length > 0 || this.kinesis.continuationToken !== undefined;
  }

  /** No cluster came, and nothing that Kinesis sends without one: an error, or how far behind its reader is. */
  get isCutBeforeCluster(): boolean {
    const { error, continuationToken, millisBehindNow } = this.kinesis;
    return (
      !this.hasCluster && !this.damaged && !error && continuationToken === undefined && millisBehindNow === undefined
    );
  }

  /**
   * The tags of a Tags element that begins at `start`.
   * @param base what is to be added to where their values are, for an offset of the stream
   */
  takeTags({ tags, values }: TagsContent, start: number, base: number): void {
    for (const [i, tag] of tags.entries()) {
      this.#takeTag(tag, start);
      const value = values[i];
      if (!value || kinesisTagPlace(tag[0]) === "none") continue;
      const origin = base - this.offset;
      this.kinesisValues.push({ name: tag[0], start: value.start + origin, end: value.end + origin });
    }
  }

  #takeTag(tag: Tag, start: number): void {
    const [name, value] = tag;
    const place = kinesisTagPlace(name);
    if (this.#next) {
      this.#next.#takeTag(tag, start);
    } else if (!this.hasCluster) {
      if (place === "none") this.tagsBefore.push(tag);
      else takeKinesisTag(this.kinesis, name, value);
    } else if (place === "none") {
      this.#undecidedStart ??= start;
      this.#undecided.push(tag);
    } else if (place === "leading") {
      this.#next = this.followedByCluster(start);
      this.#next.#takeTag(tag, start);
    } else {
      this.#decideForThis();
      const token = this.kinesis.continuationToken;
      takeKinesisTag(this.kinesis, name, value);
      if (token === undefined || token === this.kinesis.continuationToken) return;
      this.kinesis.continuationToken = token;
      this.hasForeignTail = true;
    }
  }

  /**
   * Damage after the cluster: tags so far are this fragment's. Tags to come are so only if a trailing tag of Kinesis or the end of
   * the document follows them: they may be another document's, and would put this fragment's audio into another call.
   */
  settleTail(): void {
    this.#decideForThis();
  }

  /** What came after the cluster turned out to be another fragment's. */
  dropTail(): void {
    this.tagsAfter = [];
    this.kinesis.continuationToken = undefined;
    this.kinesis.millisBehindNow = undefined;
  }

  #decideForThis(): void {
    if (this.#undecided.length > 0 && this.kinesis.continuationToken !== undefined) this.hasForeignTail = true;
    else if (this.tagsAfter.length === 0) this.tagsAfter = this.#undecided;
    else for (const tag of this.#undecided) this.tagsAfter.push(tag);
    this.#undecided = [];
    this.#undecidedStart = undefined;
  }

  /** A cluster follows in the same document: the builder of its fragment. Call before `seal`. */
  followedByCluster(clusterStart: number): FragmentBuilder {
    const next = this.#next ?? new FragmentBuilder(this.#undecidedStart ?? clusterStart);
    if (!this.#next) {
      this.#end = next.offset;
      next.tagsBefore = this.#undecided;
    }
    this.#next = undefined;
    this.#undecided = [];
    this.#undecidedStart = undefined;
    next.tracks = this.tracks;
    return next;
  }

  /** The document ends at `documentEnd`: what is left is this fragment's. Call before `seal`. @returns an error chunk behind it, if any */
  followedByNothing(documentEnd: number): FragmentBuilder | undefined {
    const next = this.#next;
    this.#next = undefined;
    if (!next) {
      this.#decideForThis();
      this.#end = documentEnd;
    }
    return next;
  }

  /** @param window bytes from this fragment's first one on; `blocks` counts positions from there, and is emptied */
  seal(window: Uint8Array, blocks: BlockTable, millisecondsPerTick: number, tagMaps: TagMaps): ParsedFragment {
    const bytes = this.#end - this.offset;
    const timecodeMs =
      this.clusterTimecodeTicks === undefined ? undefined : this.clusterTimecodeTicks * millisecondsPerTick;
    // A cluster whose timecode was lost began when the producer says the fragment did.
    const clusterTimecodeMs = timecodeMs ?? (this.hasCluster ? this.kinesis.producerTimestampMs : undefined);
    return new ParsedFragment(
      this.offset,
      bytes,
      this.tracks,
      tagMaps.of(this.tagsBefore),
      tagMaps.of(this.tagsAfter),
      blocks.length > 0
        ? blocks.seal(window.subarray(0, bytes), clusterTimecodeMs ?? 0, millisecondsPerTick)
        : new BlockTable(),
      this.kinesis,
      clusterTimecodeMs,
      this.damaged,
    );
  }
}
