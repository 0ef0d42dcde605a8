import type { KinesisVideoStream, StoredFragment } from "./kinesis-video-stream.js";
import { type ClusterBlock, clusterElement, documentStart, tagsElement } from "./matroska-writer.js";

/** What Voice Connectors put into one block: 1,024 bytes, 64 ms of 8 kHz 16-bit mono. */
const BLOCK_BYTES = 1_024;
const BLOCK_MS = 64;
const BYTES_PER_MS = 16;

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
  /** Whether this leg goes on in the PutMedia session of the leg before it. */
  continuesSession: boolean;
  /** Fragments that never reach the stream, and fragments without tags; by index, of so many. */
  isDropped(index: number, count: number): boolean;
  isTagless(index: number, count: number): boolean;
  /** Whether tags come after clusters only. */
  lateTags: boolean;
  /** Tags after the last cluster, where they are not the leg's own. */
  tagsAfterLast?: readonly (readonly [name: string, value: string])[];
}

/** Turns the audio of one leg into fragments on a stream, as the producer at a Voice Connector does. */
export class LegProducer {
  private pcm: Buffer;
  private readonly fragmentBytes: number;
  private producedBytes = 0;
  private nextIndex = 0;
  private sessionBeginMs = 0;
  private isSessionStart: boolean;

  constructor(private readonly options: LegProducerOptions) {
    this.pcm = options.pcm;
    this.fragmentBytes = Math.max(1, Math.floor(options.fragmentMs / BLOCK_MS)) * BLOCK_BYTES;
    this.isSessionStart = !options.continuesSession;
  }

  get isDone(): boolean {
    return this.producedBytes >= this.pcm.length;
  }

  /** How long the leg is, in milliseconds; the last one may be a part. */
  get durationMs(): number {
    return this.pcm.length / BYTES_PER_MS;
  }

  /** When the next fragment is complete, in milliseconds after the leg's start. */
  get nextDueMs(): number {
    return Math.min(this.producedBytes + this.fragmentBytes, this.pcm.length) / BYTES_PER_MS;
  }

  /** The leg ends here, or where it is already if that is later. */
  cutAt(legMs: number): void {
    const bytes = Math.max(0, Math.floor((legMs * BYTES_PER_MS) / 2) * 2);
    this.pcm = this.pcm.subarray(0, Math.max(this.producedBytes, Math.min(bytes, this.pcm.length)));
  }

  /** Sends the next fragment, and before it, in a new session, what is sent again. @returns what reached the stream */
  produceNext(): StoredFragment[] {
    const { sessionMs, replayMs } = this.options;
    const sent: StoredFragment[] = [];
    const positionMs = this.producedBytes / BYTES_PER_MS;
    if (positionMs - this.sessionBeginMs >= sessionMs) {
      this.sessionBeginMs = positionMs;
      this.isSessionStart = true;
      const again = Math.min(Math.ceil((replayMs * BYTES_PER_MS) / this.fragmentBytes), this.nextIndex);
      for (let index = this.nextIndex - again; index < this.nextIndex; index++) sent.push(...this.send(index));
    }
    sent.push(...this.send(this.nextIndex));
    this.nextIndex++;
    this.producedBytes = Math.min(this.nextIndex * this.fragmentBytes, this.pcm.length);
    return sent;
  }

  private send(index: number): StoredFragment[] {
    const { stream, startMs, tags, isDropped, isTagless, lateTags, tagsAfterLast } = this.options;
    const count = Math.ceil(this.pcm.length / this.fragmentBytes);
    const isFirstOfSession = this.isSessionStart;
    this.isSessionStart = false;
    if (isDropped(index, count)) return [];

    const begin = index * this.fragmentBytes;
    const media = this.pcm.subarray(begin, begin + this.fragmentBytes);
    const producerTimestampMs = startMs + begin / BYTES_PER_MS;
    const isTagged = !isTagless(index, count);
    const tagsAfter = index === count - 1 && tagsAfterLast ? tagsAfterLast : tags;
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
