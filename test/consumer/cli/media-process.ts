import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export interface Finished {
  exitCode: number | null;
  stdout: Buffer;
  stderr: string;
}

/** Starts `extract` or `inspect` as a real process. */
export function startMediaCommand(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", join(__dirname, "media-commands.ts"), ...args], {
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** Waits for its end; its input stays open. */
export async function ended(child: ChildProcess): Promise<Finished> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A command that refuses its arguments, or is stopped, does not read its input.
  child.stdin?.on("error", () => {});
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

/** Runs a command to its end, `input` as its standard input. */
export async function mediaCommand(args: readonly string[], input?: Uint8Array): Promise<Finished> {
  const child = startMediaCommand(args);
  const end = ended(child);
  child.stdin?.end(input);
  return end;
}
