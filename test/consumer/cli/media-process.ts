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

/** Waits for its end, having given it `input`. */
export async function finished(child: ChildProcess, input?: Uint8Array): Promise<Finished> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A command that refuses its arguments does not read its input.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

export async function mediaCommand(args: readonly string[], input?: Uint8Array): Promise<Finished> {
  return finished(startMediaCommand(args), input);
}
