import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { cleanEnvironment } from "../engine/clean-environment.js";

const CLI = join(dirname(__dirname), "dist", "consumer", "cli", "main.js");
/** More than the worker's own grace, after which nothing of it should be left. */
const GRACE_MS = 30_000;

/** A command of this package that runs beside the demo and prints a line of JSON for each thing it has to tell. */
export class Companion {
  private readonly lines: AsyncIterator<string>;
  private readonly exit: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    this.lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    this.exit = once(child, "exit");
  }

  /** @param env beside what the shell has of other things than AWS */
  static start(args: string[], env: Record<string, string>): Companion {
    // Detached: Ctrl-C in a terminal reaches the demo alone, which stops its companions in order.
    const child = spawn(process.execPath, [CLI, ...args], {
      env: { ...cleanEnvironment(), ...env },
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    return new Companion(child);
  }

  /** The next line it prints, parsed. */
  async next<T>(signal: AbortSignal): Promise<T> {
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.throwIfAborted();
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    const { value, done } = await Promise.race([this.lines.next(), aborted]);
    if (done) throw new Error(`${this.child.spawnargs.slice(2).join(" ")} ended early`);
    return JSON.parse(value) as T;
  }

  /** Asks it to end, and waits. @returns its exit code */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGTERM");
    const kill = setTimeout(() => this.child.kill("SIGKILL"), GRACE_MS);
    await this.exit;
    clearTimeout(kill);
    return this.child.exitCode;
  }
}

/** Runs a command of this package to its end. @returns what it printed, parsed */
export async function runJson<T>(args: string[], env: Record<string, string>, signal: AbortSignal): Promise<T> {
  const options = { env: { ...cleanEnvironment(), ...env }, signal };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], options);
  return JSON.parse(stdout) as T;
}
