import { once } from "node:events";
import type { Writable } from "node:stream";
import type { Clock } from "../clock.js";
import type { AwsReply } from "../exchange.js";
import type { UpdateFeed } from "./update-feed.js";

const TICK_MS = 200;
/** Silence longer than this means to a page that local-aws is gone. */
const HEARTBEAT_MS = 1_000;
/** A watcher that reads nothing for so many ticks is dropped. */
const MAX_MISSED_TICKS = 50;
const MAX_WATCHERS = 32;

interface Watcher {
  readonly response: Writable;
  missedTicks: number;
}

/**
 * Those who watch, as server-sent events: each gets everything once, then what changes, five times a second at most. While nobody
 * watches nothing is looked at.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class Watchers {
  private readonly watchers = new Set<Watcher>();
  private isTicking = false;

  constructor(
    private readonly clock: Clock,
    private readonly feed: UpdateFeed,
  ) {}

  get count(): number {
    return this.watchers.size;
  }

  /** The answer to one more of them, which lasts until it goes away. */
  admit(): AwsReply {
    if (this.watchers.size >= MAX_WATCHERS) {
      return { status: 503, headers: { "retry-after": "5" }, body: `${MAX_WATCHERS} consoles are open already.\n` };
    }
    return {
      status: 200,
      headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
      stream: (response, signal) => this.watch(response, signal),
    };
  }

  private async watch(response: Writable, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const watcher = { response, missedTicks: 0 };
    tell(watcher, this.feed.everything());
    this.watchers.add(watcher);
    if (!this.isTicking) void this.tick();
    await once(signal, "abort");
    this.watchers.delete(watcher);
  }

  private async tick(): Promise<void> {
    this.isTicking = true;
    try {
      let toldMs = this.clock.nowMs();
      // Ends with the last watcher.
      while (this.watchers.size > 0) {
        await this.clock.wait(TICK_MS);
        const nowMs = this.clock.nowMs();
        const update = this.feed.changes() ?? (nowMs - toldMs >= HEARTBEAT_MS ? this.feed.update() : undefined);
        if (update !== undefined) toldMs = nowMs;
        for (const watcher of this.watchers) this.serve(watcher, update);
      }
    } catch {
      // A defect here must not end the emulator: the pages say that it is gone, and come again.
      for (const { response } of this.watchers) response.destroy();
    } finally {
      this.isTicking = false;
    }
  }

  private serve(watcher: Watcher, update: string | undefined): void {
    if (watcher.response.writableNeedDrain) {
      if (++watcher.missedTicks > MAX_MISSED_TICKS) watcher.response.destroy();
      return;
    }
    // Whoever missed something starts again.
    if (watcher.missedTicks > 0) tell(watcher, this.feed.everything());
    else if (update !== undefined) tell(watcher, update);
    watcher.missedTicks = 0;
  }
}

function tell({ response }: Watcher, update: string): void {
  response.write(`data: ${update}\n\n`);
}
