import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { CallQuota } from "./call-quota.js";
import type { Clock } from "./clock.js";
import { ScatteredOrder } from "./scattered-order.js";
import type { LiveSettings } from "./settings.js";

/** A fragment as a producer sends it: everything but what Kinesis adds. */
export interface ProducedFragment {
  producerTimestampMs: number;
  durationMs: number;
  /** EBML header to Tracks, and the producer's tags where it wrote them before the cluster. */
  head: Buffer;
  cluster: Buffer;
  /** The producer's tags that came after the cluster. */
  tagsAfter: Buffer;
  /** How much later than others ListFragments shows it. */
  listedLateMs: number;
}

/** A fragment as Kinesis keeps it. */
export interface StoredFragment extends ProducedFragment {
  /** Counts the stream's fragments from 0. */
  readonly sequence: number;
  /** 47 decimal digits; rises with every fragment of a stream. */
  readonly number: string;
  readonly serverTimestampMs: number;
  /** When it really arrived: a call played at high speed has timestamps of its own. */
  readonly ingestedMs: number;
  readonly bytes: number;
  /** Whether the stream had a retention period then; at 0, only the host's buffer has it. */
  readonly archived: boolean;
}

/** The shape of real fragment numbers: the first of a documented sample, and its step to the next one. */
const FIRST_NUMBER = 91343852333181432392682062607743920146264990698n;
const NUMBER_STEP = 4951760157141521099596496896n;

/** One Kinesis video stream: what is kept, for how long, and who waits for more. */
export class KinesisVideoStream {
  readonly createdMs: number;
  readonly arn: string;
  /** Open GetMedia and GetMediaForFragmentList responses. */
  liveConnections = 0;
  archiveConnections = 0;
  /** The ARN of who read media last. */
  lastReader?: string;
  readonly dataEndpointQuota = new CallQuota();
  readonly getMediaQuota = new CallQuota();
  /** When the archive's quota of fragments allows the next one. */
  nextArchiveFragmentMs = 0;
  /** Where the producer's media ends that was sent so far; 0 if none was. */
  producerEndMs = 0;
  mediaType?: string;

  private fragments: StoredFragment[] = [];
  private order?: ScatteredOrder;
  private keptBytes = 0;
  private unarchivedBytes = 0;
  private nextSequence = 0;
  private versionNumber = 1;
  private deleted = false;
  private readonly firstNumber: bigint;
  private readonly arrivals = new EventEmitter().setMaxListeners(0);

  constructor(
    readonly name: string,
    readonly region: string,
    accountId: string,
    private retentionInHours: number,
    private readonly clock: Clock,
    private readonly settings: LiveSettings,
  ) {
    this.createdMs = clock.nowMs();
    this.arn = `arn:aws:kinesisvideo:${region}:${accountId}:stream/${name}/${this.createdMs}`;
    // Two streams made in the same millisecond still number differently, so that mixing them up shows.
    const salt = BigInt(`0x${createHash("sha256").update(name).digest("hex").slice(0, 4)}`);
    this.firstNumber = FIRST_NUMBER + BigInt(this.createdMs % 1e10) * 10n ** 33n + salt * 10n ** 28n;
  }

  get dataRetentionInHours(): number {
    return this.retentionInHours;
  }

  /** Changes with every update; updates must name the one they were decided on. */
  get version(): string {
    return `v${this.versionNumber.toString(36).padStart(8, "0")}`;
  }

  get isDeleted(): boolean {
    return this.deleted;
  }

  changeRetention(hours: number): void {
    this.retentionInHours = hours;
    this.versionNumber++;
    // A decrease deletes media at once: dropped here, so that a later increase does not bring it back.
    this.dropExpired();
  }

  ingest(fragment: ProducedFragment): StoredFragment {
    const sequence = this.nextSequence++;
    const stored: StoredFragment = {
      ...fragment,
      sequence,
      number: String(this.firstNumber + BigInt(sequence) * NUMBER_STEP),
      serverTimestampMs: fragment.producerTimestampMs + fragment.durationMs + this.settings.current.ingestionLatencyMs,
      ingestedMs: this.clock.nowMs(),
      bytes: fragment.head.length + fragment.cluster.length + fragment.tagsAfter.length,
      archived: this.retentionInHours > 0,
    };
    this.fragments.push(stored);
    this.keptBytes += stored.bytes;
    if (!stored.archived) this.unarchivedBytes += stored.bytes;
    this.producerEndMs = Math.max(this.producerEndMs, fragment.producerTimestampMs + fragment.durationMs);
    this.dropExpired();
    this.arrivals.emit("change");
    return stored;
  }

  delete(): void {
    this.deleted = true;
    this.fragments = [];
    this.order = undefined;
    this.keptBytes = 0;
    this.unarchivedBytes = 0;
    this.arrivals.emit("change");
  }

  /** What GetMedia can still give, in order: the archive, or at retention 0 the host's buffer. */
  available(): readonly StoredFragment[] {
    this.dropExpired();
    return this.fragments;
  }

  /** What the archived-media APIs can give. */
  archived(): readonly StoredFragment[] {
    return this.available().filter((fragment) => fragment.archived);
  }

  /** Archived fragments before a sequence, as ListFragments goes through them. */
  scattered(endSequence: number): ScatteredOrder {
    this.dropExpired();
    if (this.order?.endSequence !== endSequence) {
      const before = this.fragments.filter(({ archived, sequence }) => archived && sequence < endSequence);
      this.order = new ScatteredOrder(before, endSequence);
    }
    return this.order;
  }

  get storedBytes(): number {
    this.dropExpired();
    return this.keptBytes;
  }

  get latest(): StoredFragment | undefined {
    return this.fragments.at(-1);
  }

  /** The sequence that the next fragment will have. */
  get endSequence(): number {
    return this.nextSequence;
  }

  /** The first fragment at or after a sequence. */
  at(sequence: number): StoredFragment | undefined {
    const kept = this.available();
    return kept[Math.max(0, sequence - (kept[0]?.sequence ?? 0))];
  }

  /** Resolves when a fragment arrives or the stream is deleted, after `ms`, or when the signal is aborted. */
  async waitForChange(ms: number, signal: AbortSignal): Promise<void> {
    const timeout = new AbortController();
    const either = AbortSignal.any([signal, timeout.signal]);
    const arrival = once(this.arrivals, "change", { signal: either }).catch(() => undefined);
    await Promise.race([arrival, this.clock.wait(ms, either)]);
    timeout.abort();
  }

  private dropExpired(): void {
    const { hostBufferBytes, hostBufferMs, retentionHourMs } = this.settings.current;
    const nowMs = this.clock.nowMs();
    const archiveFromMs = nowMs - this.retentionInHours * retentionHourMs;
    const isExpired = (fragment: StoredFragment) => {
      if (fragment.archived) return fragment.ingestedMs < archiveFromMs;
      return fragment.ingestedMs < nowMs - hostBufferMs || this.unarchivedBytes > hostBufferBytes;
    };
    let count = 0;
    for (const fragment of this.fragments) {
      if (!isExpired(fragment)) break;
      this.keptBytes -= fragment.bytes;
      if (!fragment.archived) this.unarchivedBytes -= fragment.bytes;
      count++;
    }
    if (count === 0) return;
    this.fragments = this.fragments.slice(count);
    this.order = undefined;
  }
}
