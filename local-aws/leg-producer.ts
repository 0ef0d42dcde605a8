import {
  BLOCK_BYTES,
  BYTES_PER_MS,
  bytesSpokenAt,
  type Hold,
  type PlannedFragment,
  planFragments,
  spokenMs,
  spokenUntilMs,
} from "./fragment-plan.js";
import type { KinesisVideoStream, StoredFragment } from "./kinesis-video-stream.js";
import { type ClusterBlock, clusterElement, documentStart, tagsElement } from "./matroska-writer.js";

export interface LegProducerOptions {
  stream: KinesisVideoStream;
  /** Signed 16-bit little-endian, 8 kHz, mono. */
  pcm: Buffer;
  /** Producer time of the first sample, milliseconds since the epoch. */
  startMs: number;
  /** Persistent tags, which come with every fragment. */
  tags: readonly (readonly [name: string, value: string])[];
  fragmentMs: number;
  sessionMs: number;
  replayMs: number;
  replayCut: "sameFragments" | "anew";
  holds: readonly Hold[];
  /** Whether this leg goes on in the PutMedia session of the leg before it. */
  continuesSession: boolean;
  /** Fragments that never reach the stream, and fragments without tags; by index, of so many. */
  isDropped(index: number, count: number): boolean;
  isTagless(index: number, count: number): boolean;
  /** How much later than others a fragment is listed, in milliseconds. */
  listedLateMs(index: number, count: number): number;
  /** Whether tags come after clusters only. */
  lateTags: boolean;
  /** Tags after the last cluster, where they are not the leg's own. */
  tagsAfterLast?: readonly (readonly [name: string, value: string])[];
}

/** A fragment that was sent: from where to where in the leg's audio, in bytes. */
export interface SentFragment {
  readonly beginBytes: number;
  readonly endBytes: number;
  /** It never reached the stream. */
  readonly isLost: boolean;
}

/** Turns the audio of one leg into fragments on a stream, as the producer at a Voice Connector does. */
export class LegProducer {
  private readonly sent: SentFragment[] = [];
  private readonly plan: readonly PlannedFragment[];
  private fragmentCount: number;
  /** How much of the audio is spoken: all of it, unless the leg is cut. */
  private bytes: number;
  private endMs: number;
  private nextFragment = 0;
  private producedBytes = 0;

  constructor(private readonly options: LegProducerOptions) {
    this.bytes = options.pcm.length;
    this.endMs = spokenUntilMs(this.bytes, options.holds);
    this.plan = planFragments({ ...options, bytes: this.bytes });
    this.fragmentCount = this.countFragments();
  }

  get isDone(): boolean {
    const next = this.plan[this.nextFragment];
    return !next || next.beginBytes >= this.bytes;
  }

  /** How long the leg is, in milliseconds. */
  get durationMs(): number {
    return this.endMs;
  }

  /** When the next fragment is complete, in milliseconds after the leg's start. */
  get nextDueMs(): number {
    return Math.min(this.plan[this.nextFragment]?.dueMs ?? this.endMs, this.endMs);
  }

  /** The leg's audio from its start to where it ends, spoken or not yet. */
  get audio(): Buffer {
    return this.options.pcm.subarray(0, this.bytes);
  }

  /** Where in its audio a leg of this age is, in milliseconds; before its start and after its end, too. */
  audioMsAt(legMs: number): number {
    return legMs < 0 ? legMs : bytesSpokenAt(legMs, this.options.holds) / BYTES_PER_MS;
  }

  /** The latest fragments that were sent, oldest first. */
  latestSent(count: number): readonly SentFragment[] {
    return this.sent.slice(-count);
  }

  /** The leg ends here, or where it is already if that is later. */
  cutAt(legMs: number): void {
    const { holds } = this.options;
    this.bytes = Math.max(this.producedBytes, Math.min(bytesSpokenAt(legMs, holds), this.bytes));
    this.endMs = Math.max(spokenUntilMs(this.bytes, holds), Math.min(Math.max(0, legMs), this.endMs));
    this.fragmentCount = this.countFragments();
  }

  private countFragments(): number {
    return this.plan.reduce((count, { beginBytes, index }) => (beginBytes < this.bytes ? index + 1 : count), 0);
  }

  /** Sends the next fragment. @returns what reached the stream */
  produceNext(): StoredFragment[] {
    const planned = this.plan[this.nextFragment++];
    if (!planned) return [];
    this.producedBytes = Math.max(this.producedBytes, Math.min(planned.endBytes, this.bytes));
    return this.send(planned);
  }

  private send({ index, beginBytes, endBytes, isSessionStart }: PlannedFragment): StoredFragment[] {
    const { stream, startMs, pcm, holds, tags, continuesSession, lateTags, tagsAfterLast } = this.options;
    const { isDropped, isTagless, listedLateMs } = this.options;
    const count = this.fragmentCount;
    const isLost = isDropped(index, count);
    this.sent.push({ beginBytes, endBytes: Math.min(endBytes, this.bytes), isLost });
    if (isLost) return [];

    const media = pcm.subarray(beginBytes, Math.min(endBytes, this.bytes));
    const producerTimestampMs = startMs + spokenMs(beginBytes, holds);
    const isTagged = !isTagless(index, count);
    const isFirstOfSession = isSessionStart && !(this.nextFragment === 1 && continuesSession);
    const tagsAfter = endBytes >= this.bytes && tagsAfterLast ? tagsAfterLast : tags;
    const none = Buffer.alloc(0);
    return [
      stream.ingest({
        producerTimestampMs,
        durationMs: Math.round(media.length / BYTES_PER_MS),
        head:
          isTagged && isFirstOfSession && !lateTags
            ? Buffer.concat([documentStart(), ...tags.map((tag) => tagsElement([tag]))])
            : documentStart(),
        cluster: clusterElement(producerTimestampMs, blocksOf(media)),
        tagsAfter: isTagged ? Buffer.concat(tagsAfter.map((tag) => tagsElement([tag]))) : none,
        listedLateMs: listedLateMs(index, count),
      }),
    ];
  }
}

function blocksOf(media: Buffer): ClusterBlock[] {
  const blocks: ClusterBlock[] = [];
  for (let begin = 0; begin < media.length; begin += BLOCK_BYTES) {
    blocks.push({ offsetMs: begin / BYTES_PER_MS, data: media.subarray(begin, begin + BLOCK_BYTES) });
  }
  return blocks;
}
