import type { ByteQueue } from "../ebml/byte-queue.js";
import { forEachChild } from "../ebml/children.js";
import { readUint } from "../ebml/element-values.js";
import { type BlockOutcome, BlockReader } from "./block-reader.js";
import type { Damage } from "./damage.js";
import type { DamageLog } from "./damage-log.js";
import type { Fragment, Track } from "./fragment.js";
import { FragmentBuilder } from "./fragment-builder.js";
import { ElementId } from "./matroska-elements.js";
import type { FragmentContent } from "./repeated-fragments.js";
import { readMillisecondsPerTick } from "./segment-info.js";
import { TagMaps } from "./tag-maps.js";
import { TagReader } from "./tags.js";
import { TailCheck } from "./tail-check.js";
import { readTracks } from "./tracks.js";

const NO_TRACKS: readonly Track[] = [];

/**
 * The document being read and the fragment under construction in it. All offsets are the stream's.
 *
 * Structure is told by ids alone: what size a segment or cluster claims only serves to notice that something is missing.
 */
export class OpenDocument {
  readonly blocks = new BlockReader();
  readonly #tagReader = new TagReader();
  readonly #tagMaps = new TagMaps();
  builder: FragmentBuilder | undefined;
  inCluster = false;
  /** Something of Matroska has been met in this stream. */
  sawHeader = false;
  #released: Fragment[] = [];
  #clusterEnd: number | undefined;
  #segmentEnd: number | undefined;
  #tracks: readonly Track[] = NO_TRACKS;
  #millisecondsPerTick = 1;
  /** The beginning of the fragment to come was lost. */
  #headLost: Damage | undefined;
  readonly #tails = new TailCheck();

  constructor(
    private readonly queue: ByteQueue,
    private readonly log: DamageLog,
    private readonly maxFragmentBytes: number,
  ) {}

  takeReleased(): Fragment[] {
    const released = this.#released;
    this.#released = [];
    return released;
  }

  /** Blocks found at this point of the document would have a cluster to belong to, or a time to start from. */
  get blocksMayCome(): boolean {
    if (this.inCluster) return true;
    return this.builder?.kinesis.producerTimestampMs !== undefined && !this.builder.hasCluster;
  }

  /** Kinesis' last tags are in, and nothing that was announced is missing at `at`. */
  isFinishedAt(at: number): boolean {
    const { continuationToken, millisBehindNow } = this.builder?.kinesis ?? {};
    const isWhole = this.builder?.hasCluster === true && !this.inCluster && (this.#segmentEnd ?? at) <= at;
    return isWhole && continuationToken !== undefined && millisBehindNow !== undefined;
  }

  /** The document, or what was left of it, ends at `at`: its fragment is complete. */
  end(at: number): void {
    const isClusterWhole = this.#closeCluster(at);
    const missing = this.#segmentEnd === undefined ? 0 : this.#segmentEnd - at;
    this.#segmentEnd = undefined;
    if (missing > 0 && isClusterWhole) {
      this.#damage("truncated", at, `the segment claims ${missing} bytes more than it has`);
    } else if (this.builder?.isCutBeforeCluster) {
      this.#damage("truncated", at, "a document ends before its first cluster");
    }
    const announced = this.builder?.followedByNothing(at);
    if (this.builder) this.#release(this.builder, at);
    if (announced) this.#releaseAnnounced(announced, at, missing > 0 || this.builder?.damaged !== undefined);
    this.builder = undefined;
  }

  /** What is behind the document's last cluster: an error chunk, or the beginning of a fragment that is cut. */
  #releaseAnnounced(announced: FragmentBuilder, at: number, isCutTold: boolean): void {
    if (!announced.isCutBeforeCluster) this.#release(announced, at);
    else if (!isCutTold)
      this.log.add("truncated", at, "a document ends before the cluster that its last tags announce");
  }

  #damage(code: Damage["code"], offset: number, message: string, bytesSkipped?: number): void {
    const damage = this.log.add(code, offset, message, bytesSkipped);
    if (this.builder) this.#markBuilder(this.builder, damage);
  }

  #markBuilder(builder: FragmentBuilder, damage: Damage): void {
    if (builder.damaged) return;
    builder.damaged = damage;
    builder.blocksBeforeDamage = this.blocks.table.length;
  }

  #release(builder: FragmentBuilder, at: number): void {
    if (builder.hasCluster) {
      const fault = this.#tails.check(builder, this.blocks.table);
      if (fault) this.#markBuilder(builder, this.log.add(fault.code, at, fault.message));
    }
    // A header alone, or a chunk that only tells how far behind the reader is, is no fragment.
    else if (!builder.kinesis.error) return;
    const window = this.queue.bytes.subarray(builder.offset - this.queue.base);
    this.#released.push(builder.seal(window, this.blocks.table, this.#millisecondsPerTick, this.#tagMaps));
  }

  #begin(at: number): FragmentBuilder {
    const builder = new FragmentBuilder(at);
    builder.damaged = this.#headLost;
    this.#headLost = undefined;
    this.sawHeader = true;
    return builder;
  }

  /** A new document's first element begins at `at`. */
  start(at: number): void {
    this.end(at);
    this.builder = this.#begin(at);
    this.#useTracks(NO_TRACKS);
    this.#millisecondsPerTick = 1;
  }

  /** A document begins at `at` that is like one before: takes it over up to the end of its last tags. */
  repeat(at: number, content: FragmentContent): void {
    this.end(at);
    const builder = this.#begin(at);
    this.builder = builder;
    this.#useTracks(content.tracks);
    this.#millisecondsPerTick = content.millisecondsPerTick;
    this.#segmentEnd = content.segmentEnd === undefined ? undefined : at + content.segmentEnd;
    builder.repeat(content, this.queue);
    this.blocks.table.addAll(content.blocks);
  }

  /** What the fragment said that ends at `at`, if it was read without a fault, its last tags included. */
  contentUpTo(at: number): FragmentContent | undefined {
    const segmentEnd = this.#segmentEnd;
    if (!this.builder?.isSound || this.inCluster || (segmentEnd ?? at) > at) return undefined;
    return {
      ...this.builder.content,
      millisecondsPerTick: this.#millisecondsPerTick,
      segmentEnd: segmentEnd === undefined ? undefined : segmentEnd - this.builder.offset,
      blocks: this.blocks.table.copy(),
    };
  }

  #useTracks(tracks: readonly Track[]): void {
    if (tracks === this.#tracks) return;
    this.#tracks = tracks;
    this.blocks.expectTracks(tracks);
  }

  openSegment(at: number, claimedEnd: number | undefined): void {
    // A Segment without an EBML header of its own begins a document, too.
    if (!this.builder || this.builder.hasCluster) this.start(at);
    this.#segmentEnd = claimedEnd;
  }

  openCluster(at: number, contentStart: number, claimedEnd: number | undefined): void {
    this.#closeCluster(at);
    if (this.builder?.hasCluster) {
      const next = this.builder.followedByCluster(at);
      this.#release(this.builder, at);
      this.builder = next;
    }
    this.builder ??= this.#begin(at);
    this.#enterCluster(this.builder);
    const claimedBytes = claimedEnd === undefined ? 0 : claimedEnd - contentStart;
    if (claimedBytes <= this.maxFragmentBytes) this.#clusterEnd = claimedEnd;
    else this.#damage("sizeRefused", at, `Cluster claims ${claimedBytes} bytes, the limit is ${this.maxFragmentBytes}`);
  }

  #enterCluster(builder: FragmentBuilder): void {
    builder.hasCluster = true;
    builder.tracks = this.#tracks;
    this.inCluster = true;
  }

  /** @returns false where something is missing */
  #closeCluster(at: number): boolean {
    const missing = this.inCluster && this.#clusterEnd !== undefined ? this.#clusterEnd - at : 0;
    this.inCluster = false;
    this.#clusterEnd = undefined;
    if (missing > 0) this.#damage("truncated", at, `the cluster claims ${missing} bytes more than it has`);
    return missing <= 0;
  }

  /**
   * Reads an element other than a block; its content is in the queue's window from index `start` to `end`.
   * @param at offset of its header
   * @throws {EbmlError} where its content does not add up; then nothing of it was taken over
   */
  readMetadata(id: number, at: number, start: number, end: number): void {
    const { bytes } = this.queue;
    switch (id) {
      case ElementId.EBML:
        forEachChild(bytes, start, end, () => {});
        this.start(at);
        break;
      case ElementId.Info:
        this.#millisecondsPerTick = readMillisecondsPerTick(bytes, start, end);
        break;
      case ElementId.Tracks:
        this.#useTracks(readTracks(this.queue.buffer, start, end));
        break;
      case ElementId.Timecode:
        this.#readTimecode(start, end);
        break;
      case ElementId.Tags:
        this.#readTags(at, start, end);
        break;
    }
    this.builder ??= this.#begin(at);
  }

  #readTags(at: number, start: number, end: number): void {
    const tags = this.#tagReader.read(this.queue.bytes, this.queue.buffer, start, end);
    this.#closeCluster(at);
    this.builder ??= this.#begin(at);
    this.builder.takeTags(tags, at, this.queue.base);
  }

  #readTimecode(start: number, end: number): void {
    const builder = this.builder!;
    const origin = builder.offset - this.queue.base;
    builder.clusterTimecodeTicks = readUint(this.queue.bytes, start, end);
    builder.clusterTimecode = { start: start - origin, end: end - origin };
  }

  /** Reads a block element, as `readMetadata` does. */
  readBlock(id: number, start: number, end: number): BlockOutcome {
    const { bytes, base } = this.queue;
    const origin = this.builder!.offset - base;
    return id === ElementId.BlockGroup
      ? this.blocks.readBlockGroup(bytes, start, end, origin)
      : this.blocks.readBlock(bytes, start, end, origin);
  }

  /**
   * Whether the cluster was complete at `blockEnd`, though rubbish follows up to an element with this id: where its size says so,
   * and where a document follows (or nothing, without an id) and no tags are missing that fragments of this stream have at their end.
   */
  mayEndAt(blockEnd: number, id: number | undefined): boolean {
    if (blockEnd === this.#clusterEnd) return true;
    return (id === ElementId.EBML || id === undefined) && !this.#tails.expectsTail;
  }

  /** Blocks of the fragment at hand may be lost: its header or its cluster is being read. */
  markDamaged(damage: Damage): void {
    if (this.builder && (this.inCluster || !this.builder.hasCluster)) this.#markBuilder(this.builder, damage);
  }

  /** The fragment at hand ends here, whatever comes after it; what is left of the document has nothing to belong to. */
  abandon(damage: Damage): void {
    if (this.builder) this.builder.damaged ??= damage;
    this.#forgetClaims();
    this.end(damage.offset);
  }

  /** The stream ends in damage that was not recovered from. */
  endInDamage(damage: Damage): void {
    this.markDamaged(damage);
    // Cut inside the trailing tags, too: whoever reads from a connection has to ask for this fragment again.
    if (damage.code === "truncated" && this.builder) this.builder.damaged ??= damage;
    this.#forgetClaims();
    this.end(damage.offset);
  }

  /** Behind damage, sizes claimed before it say nothing. */
  #forgetClaims(): void {
    this.#clusterEnd = undefined;
    this.#segmentEnd = undefined;
  }

  /** Damage, after which reading goes on at an element with this id. */
  resume(damage: Damage, id: number): void {
    this.#forgetClaims();
    const isBlock = id === ElementId.SimpleBlock || id === ElementId.BlockGroup;
    const builder = this.builder;
    this.markDamaged(damage);
    if (isBlock && builder && !this.inCluster) this.#enterCluster(builder);
    if (isBlock || id === ElementId.EBML || id === ElementId.Segment) {
      if (!isBlock) this.end(damage.offset);
      return;
    }
    if (builder?.hasCluster) {
      builder.settleTail();
      this.inCluster = false;
      if (id === ElementId.Tags) return;
      this.end(damage.offset);
    }
    if (!this.builder) this.#headLost = damage;
  }
}
