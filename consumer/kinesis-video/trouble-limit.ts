import type { StreamArn } from "../events/stream-arn.js";
import type { KinesisVideoAccess } from "./kinesis-video-access.js";
import { describeRetention } from "./stream-retention.js";

/** What Kinesis buffers for live readers of a stream without retention. */
const HOST_BUFFER_MS = 5 * 60_000;
const HOUR_MS = 60 * 60_000;
/** Where nobody can be asked how long a stream keeps media, although it has been read: a leg is read live within a day. */
const UNKNOWN_RETENTION_MS = 24 * HOUR_MS;

/**
 * How long a live reader bears troubles: as long as the media that it has not read yet can still be there. Giving up sooner would
 * lose what a later attempt could have had.
 */
export class TroubleLimit {
  #sinceMs: number | undefined;
  #keptForMs: number | undefined;

  /** @param limitMs default: the stream's retention, five minutes at least */
  constructor(
    private readonly access: KinesisVideoAccess,
    private readonly stream: StreamArn,
    private readonly limitMs?: number,
  ) {}

  isOver(): void {
    this.#sinceMs = undefined;
  }

  /**
   * Throws `trouble` where there has been nothing else for too long.
   * @param hasRead whether the stream is known to be there and to be ours
   */
  async met(trouble: unknown, hasRead: boolean, signal?: AbortSignal): Promise<void> {
    const { clock } = this.access;
    this.#sinceMs ??= clock.now();
    const limitMs = this.limitMs ?? (await this.#keptFor(signal)) ?? (hasRead ? UNKNOWN_RETENTION_MS : HOST_BUFFER_MS);
    if (clock.now() - this.#sinceMs >= limitMs) throw trouble;
  }

  async #keptFor(signal?: AbortSignal): Promise<number | undefined> {
    if (this.#keptForMs !== undefined) return this.#keptForMs;
    try {
      const once = { ...this.access.retry, attempts: 1, signal };
      const { dataRetentionInHours } = await describeRetention(this.access.clients, this.stream, once);
      this.#keptForMs = Math.max(dataRetentionInHours * HOUR_MS, HOST_BUFFER_MS);
    } catch {
      // It is asked again with the next trouble.
      signal?.throwIfAborted();
    }
    return this.#keptForMs;
  }
}
