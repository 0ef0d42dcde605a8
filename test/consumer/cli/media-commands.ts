/** The commands that need no AWS, as a process: a start of the whole command line takes a second, of these a third of one. */
import { Command, CommanderError } from "commander";
import { CommandFailure, ExitCode } from "../../../consumer/cli/exit.js";
import { extractCommand } from "../../../consumer/cli/extract.js";
import { inspectCommand } from "../../../consumer/cli/inspect.js";

const root = new Command("chime-voice-streaming").exitOverride();
root.addCommand(extractCommand().exitOverride()).addCommand(inspectCommand().exitOverride());
root.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.wrongUse;
    return;
  }
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = error instanceof CommandFailure ? error.exitCode : ExitCode.failed;
});
