import type { ConsoleUpdate } from "../view.js";

export type ConnectionState = "connecting" | "live" | "gone";

const WATCH = "/_local/console/watch";
/** local-aws says something every second. */
const SILENCE_MS = 5_000;
const RETRY_MS = 1_000;

/** Watches local-aws for as long as the page can be seen, and tries again whenever the connection is lost. */
export class Connection {
  private source?: EventSource;
  private watchdog?: number;
  private retry?: number;

  constructor(
    private readonly onUpdate: (update: ConsoleUpdate) => void,
    private readonly onState: (state: ConnectionState) => void,
  ) {
    // A tab in the background would only keep local-aws busy.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
    this.open();
  }

  private open(): void {
    this.close();
    this.source = new EventSource(WATCH);
    this.source.addEventListener("message", ({ data }) => {
      this.expectMore();
      this.onState("live");
      this.onUpdate(JSON.parse(data));
    });
    this.source.addEventListener("error", () => this.lost());
    this.expectMore();
  }

  private lost(): void {
    this.close();
    this.onState("gone");
    this.retry = window.setTimeout(() => this.open(), RETRY_MS);
  }

  private expectMore(): void {
    window.clearTimeout(this.watchdog);
    this.watchdog = window.setTimeout(() => this.lost(), SILENCE_MS);
  }

  private close(): void {
    this.source?.close();
    window.clearTimeout(this.watchdog);
    window.clearTimeout(this.retry);
  }
}
