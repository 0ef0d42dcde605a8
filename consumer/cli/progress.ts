import { fstatSync } from "node:fs";

export interface ProgressOptions {
  /** What is being done, in a word or two: it begins the line. */
  label: string;
  /** Nothing is shown where it is true: who reads JSON reads nothing else. */
  json?: boolean | undefined;
  /** The work writes its results to standard output, where a line between them, or across a pager, would be in the way. */
  writesToStdout?: boolean;
  /** How many bytes there are. Asked once, when something is shown for the first time. Default: not known. */
  totalBytes?: () => number | undefined;
  /** How many milliseconds of audio there are. Default: not known. */
  totalAudioMs?: number | undefined;
  /** Ends it: whoever interrupts finds the line empty. */
  signal?: AbortSignal;
}

/** What is known of work at a moment. */
export interface ProgressFacts {
  label: string;
  elapsedMs: number;
  bytes: number;
  audioMs: number;
  totalBytes: number | undefined;
  totalAudioMs: number | undefined;
}

const DRAWN_EVERY_MS = 250;
/** Elsewhere a line is for a log: one a minute. */
const TURNS_A_LINE = 240;
const DEFAULT_COLUMNS = 80;
const CLEAR = "\r\x1b[K";

/** Loaded when there is something to show, which short work never has. */
const lines = () => require("./progress-line.js") as typeof import("./progress-line.js");

/**
 * Shows on standard error how far long work is: on a terminal a bar, that is gone when the work is done; elsewhere a line a minute.
 * Whoever works adds to `bytes` and `audioMs`, and calls `finish` at the end, whatever the end is.
 */
export class Progress {
  /** Read so far. */
  bytes = 0;
  /** Milliseconds of audio so far. */
  audioMs = 0;
  readonly #startedMs = performance.now();
  #totalBytes: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBar: boolean | undefined;
  #turns = 0;
  #isDrawn = false;

  constructor(private readonly options: ProgressOptions) {
    if (options.json) return;
    this.#timer = setInterval(() => this.#show(), DRAWN_EVERY_MS).unref();
    options.signal?.addEventListener("abort", () => this.finish(), { once: true });
  }

  /** Takes the bar away. Nothing is shown from then on. */
  finish(): void {
    clearInterval(this.#timer);
    if (this.#isDrawn) process.stderr.write(CLEAR);
    this.#isDrawn = false;
  }

  #show(): void {
    if (this.#isBar === undefined && !this.#begin()) return;
    this.#turns++;
    if (!this.#isBar && this.#turns % TURNS_A_LINE !== 0) return;
    const elapsedMs = performance.now() - this.#startedMs;
    const { label, totalAudioMs } = this.options;
    const { bytes, audioMs } = this;
    const facts = { label, elapsedMs, bytes, audioMs, totalBytes: this.#totalBytes, totalAudioMs };
    if (this.#isBar) {
      // In the last column some terminals begin a new line.
      const width = (process.stderr.columns || DEFAULT_COLUMNS) - 1;
      process.stderr.write(`${CLEAR}${lines().progressBar(facts, width)}`);
      this.#isDrawn = true;
      return;
    }
    process.stderr.write(`${lines().progressLine(facts)}\n`);
  }

  /** @returns whether anything is to be shown at all */
  #begin(): boolean {
    const { writesToStdout, totalBytes } = this.options;
    const isTerminal = Boolean(process.stderr.isTTY);
    if (isTerminal && writesToStdout && !isFile(1)) {
      clearInterval(this.#timer);
      return false;
    }
    this.#isBar = isTerminal && process.env.TERM !== "dumb";
    this.#totalBytes = totalBytes?.();
    return true;
  }
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}
