import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What one whole process took. */
export interface ProcessCost {
  /** From before it was started until it had ended. */
  wallMs: number;
  /** User and system time of all its threads and of the children it waited for; counted in steps of 10 ms. */
  cpuMs: number;
  /** The largest resident set it had. */
  peakRssBytes: number;
}

export interface MeasuredProcessOptions {
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
  /** A process that takes longer is killed. Default 3 minutes. */
  limitMs?: number;
}

/** A measured process that did not end with 0. */
export class ProcessFailure extends Error {
  override readonly name = "ProcessFailure";
}

/** `sysconf(_SC_CLK_TCK)`: 100 on every architecture of Linux that Node runs on. */
const MS_PER_TICK = 10;
/** The kernel keeps the largest value itself, so only growth within the last few milliseconds can be missed. */
const MEMORY_POLL_MS = 10;
const MAX_KEPT_OUTPUT = 4_000;
/** Several times what the slowest peer takes. */
const DEFAULT_LIMIT_MS = 3 * 60_000;
/** What a killed process has to end by itself, before it has no choice. */
const GRACE_MS = 5_000;

/** Time of all children of this process that have ended: proc_pid_stat(5), fields cutime and cstime. */
function endedChildrenCpuMs(): number {
  const stat = readFileSync("/proc/self/stat", "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * MS_PER_TICK;
}

/** proc_pid_status(5), VmHWM; 0 where the process is about to end. */
function peakRssBytes(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** A measured process that did not end in time. */
export class ProcessHung extends ProcessFailure {}

/**
 * Runs a program to its end. Linux only, by /proc. No other child of this process may end meanwhile: its time would be
 * counted too.
 * @returns what it took, and what it printed on stdout (the last 4,000 characters)
 * @throws {ProcessFailure} where there is no such program, or it does not end with 0; the message has what it said last;
 * {@link ProcessHung} where it does not end in time
 */
export async function runMeasured(
  command: readonly string[],
  options: MeasuredProcessOptions = {},
): Promise<ProcessCost & { stdout: string }> {
  const [program = "", ...args] = command;
  const { signal, env, limitMs = DEFAULT_LIMIT_MS } = options;
  const cpuBeforeMs = endedChildrenCpuMs();
  const startedMs = performance.now();
  const child = spawn(program, args, { signal, env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] = (said[name] + text).slice(-MAX_KEPT_OUTPUT);
    });
  }
  let peak = 0;
  const look = () => {
    if (child.pid !== undefined) peak = Math.max(peak, peakRssBytes(child.pid));
  };
  look();
  const poll = setInterval(look, MEMORY_POLL_MS);
  let isHung = false;
  const limit = setTimeout(() => {
    isHung = true;
    child.kill();
  }, limitMs);
  const lastResort = setTimeout(() => child.kill("SIGKILL"), limitMs + GRACE_MS);
  let endedMs = 0;
  child.once("exit", () => {
    endedMs = performance.now();
  });
  let failure: NodeJS.ErrnoException | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  // Where the run is called off it is waited for all the same: until it has ended it may still write.
  await new Promise((resolve) => child.once("close", resolve));
  clearInterval(poll);
  clearTimeout(limit);
  clearTimeout(lastResort);
  if (isHung) throw new ProcessHung(`${command.join(" ")} had not ended after ${limitMs / 1000} s`);
  if (failure) throw failure.code === "ENOENT" ? new ProcessFailure(`${program} is not on the PATH`) : failure;
  const { exitCode, signalCode } = child;
  if (exitCode !== 0) {
    const last = said.stderr.trim().split("\n").slice(-5).join("\n");
    throw new ProcessFailure(`${program} ended with ${signalCode ?? exitCode}: ${last}`);
  }
  return {
    wallMs: endedMs - startedMs,
    cpuMs: endedChildrenCpuMs() - cpuBeforeMs,
    peakRssBytes: peak,
    stdout: said.stdout,
  };
}
