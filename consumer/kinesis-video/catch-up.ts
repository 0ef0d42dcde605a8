import type { StreamArn } from "../events/stream-arn.js";
import type { Fragment } from "../matroska/fragment.js";
import type { KinesisVideoAccess } from "./kinesis-video-access.js";
import { archiveRefusal, type LegBeginning, type LivePosition, readBacklog } from "./live-backlog.js";

/** GetMedia gives this many fragments before the archive is tried again that had nothing to give. */
const LIVE_FRAGMENTS_BETWEEN = 10;

/** When a live reader is to read the archive because it is late: at its start, after troubles, or as GetMedia tells it. */
export class CatchUp {
  /** Fragments that came from the archive. */
  fragments = 0;
  #isUsable = true;
  #behindMs = 0;
  #mayTry = true;
  #triedAtMs = 0;
  #liveFragments = 0;
  #beginning: LegBeginning | undefined;

  /** @param backlogMs being late by less is GetMedia's affair */
  constructor(
    private readonly access: KinesisVideoAccess,
    private readonly stream: StreamArn,
    private readonly backlogMs: number,
  ) {}

  get isDue(): boolean {
    return this.#isUsable && this.#mayTry && this.#behindMs >= this.backlogMs;
  }

  /** Reading begins: media of the leg has been there since `sinceMs`. */
  begin(beginning: LegBeginning, sinceMs: number): void {
    this.#beginning = beginning;
    this.#behindMs = this.access.clock.now() - sinceMs;
  }

  /** GetMedia gave a fragment. */
  tookLive({ millisBehindNow = 0 }: Fragment): void {
    this.#liveFragments++;
    if (this.#liveFragments >= LIVE_FRAGMENTS_BETWEEN) this.#mayTry = true;
    this.#behindMs = millisBehindNow;
  }

  /** Connections have failed: whatever came since `sinceMs` has not been read. */
  missedSince(sinceMs: number): void {
    const nowMs = this.access.clock.now();
    this.#behindMs = Math.max(this.#behindMs, nowMs - sinceMs);
    if (nowMs - this.#triedAtMs >= this.backlogMs) this.#mayTry = true;
  }

  /** What the archive has to give after `position`. Where it cannot be read, nothing: GetMedia goes on alone. */
  async *read(position: LivePosition | undefined, signal?: AbortSignal): AsyncGenerator<Fragment, void> {
    const { clock } = this.access;
    const from = position ?? this.#beginning;
    let last: Fragment | undefined;
    this.#mayTry = false;
    this.#liveFragments = 0;
    try {
      if (!from) return;
      for await (const fragment of readBacklog(this.access, this.stream, from, signal)) {
        last = fragment;
        this.fragments++;
        yield fragment;
      }
    } catch (error) {
      signal?.throwIfAborted();
      const refusal = archiveRefusal(error);
      if (!refusal) throw error;
      this.#isUsable = refusal === "now";
    }
    this.#triedAtMs = clock.now();
    if (!last) return;
    this.#mayTry = true;
    this.#behindMs = clock.now() - (last.serverTimestampMs ?? clock.now());
  }
}
