import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A line of what the worker prints for each recorded leg: its sidecar, as far as it is looked at here. */
export interface RecordedLeg {
  transactionId: string;
  streamArn: string;
  complete: boolean;
  audio: { location: string };
}

/** What the worker logs when it has read a leg live. */
interface ReadLive {
  msg: "read live";
  greatestLatenessMs?: number;
  backlogFragments: number;
  connections: number;
}

/** `sysconf(_SC_CLK_TCK)`: 100 on every architecture of Linux that Node runs on. */
const MS_PER_TICK = 10;
const CLI = join(__dirname, "..", "dist", "consumer", "cli", "main.js");

/** `chime-voice-streaming worker`, live, as a process of its own. */
export class MeasuredWorker {
  readonly recorded: RecordedLeg[] = [];
  readonly readLive: ReadLive[] = [];
  /** Lines of the log that tell of a trouble. */
  readonly troubles: string[] = [];
  readonly #child: ChildProcess;
  #onRecorded = () => {};

  constructor(env: Record<string, string>, legs: number, nodeOptions: readonly string[] = []) {
    this.#child = spawn(process.execPath, [...nodeOptions, CLI, "worker"], {
      env: { ...process.env, ...env, MODE: "live", CONCURRENCY: String(legs), LOG_LEVEL: "info" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const printed = JSON.parse(line);
      if (printed.audio?.channels !== 1) return;
      this.recorded.push(printed);
      this.#onRecorded();
    });
    createInterface({ input: this.#child.stderr! }).on("line", (line) => this.#log(line));
  }

  #log(line: string): void {
    const entry = line.startsWith("{") ? JSON.parse(line) : { level: 50, msg: line };
    if (entry.msg === "read live") this.readLive.push(entry);
    else if (entry.level >= 40) this.troubles.push(line);
  }

  /** Waits until so many legs are recorded, or the time is over. */
  async untilRecorded(legs: number, limitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#onRecorded = () => {
        if (this.recorded.length < legs) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onRecorded();
    });
  }

  /** User and system time so far: proc_pid_stat(5). */
  async cpuMs(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  }

  /** The largest resident set so far: proc_pid_status(5). */
  async peakRssBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, "latin1");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exit;
  }
}
