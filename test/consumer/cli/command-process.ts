import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const MAIN = join(__dirname, "..", "..", "..", "dist", "consumer", "cli", "main.js");

export interface CommandResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A command of this package as users start it: the compiled file in a process of its own (`npm run build` makes it). */
export function startCommand(args: string[], environment: NodeJS.ProcessEnv = process.env): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs a command to its end. */
export async function runCommand(args: string[], environment?: NodeJS.ProcessEnv): Promise<CommandResult> {
  return resultOf(startCommand(args, environment));
}

/** What a started command comes to. */
export async function resultOf(command: ChildProcess): Promise<CommandResult> {
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(command.stdout!),
    text(command.stderr!),
    once(command, "close"),
  ]);
  return { exitCode, stdout, stderr };
}
