import { type Command, CommanderError } from "commander";
import { AwsCallError } from "../../aws/call-error.js";
import { CommandFailure, ExitCode } from "./exit.js";

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.wrongUse;
  if (error instanceof CommandFailure) return error.exitCode;
  if (error instanceof AwsCallError) return ExitCode.refusedByAws;
  return ExitCode.failed;
}

/** Whoever read our output has gone, as `head` does when it has enough: nobody is left to tell. */
const readerIsGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "EPIPE";

/** Runs a command with the arguments of this process, and sets its exit code. */
export async function runProgram(load: () => Command | Promise<Command>): Promise<void> {
  process.stdout.on("error", (error) => {
    if (readerIsGone(error)) return;
    console.error(`error: cannot write to standard output: ${error.message}`);
    process.exitCode = ExitCode.failed;
  });
  try {
    await (await load()).parseAsync();
  } catch (error) {
    // Commander has already printed its own errors.
    if (!(error instanceof CommanderError) && !readerIsGone(error)) {
      console.error(`error: ${error instanceof Error ? error.message : error}`);
    }
    process.exitCode = exitCodeOf(error);
  }
}
