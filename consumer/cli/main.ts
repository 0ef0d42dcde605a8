#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { AwsCallError } from "../../aws/call-error.js";
import { packageVersion } from "../package-version.js";
import { callCommand } from "./call.js";
import { CommandFailure, ExitCode } from "./exit.js";
import { extractCommand } from "./extract.js";
import { inspectCommand } from "./inspect.js";
import { localAwsCommand } from "./local-aws.js";
import { recordCommand } from "./record.js";
import { workerCommand } from "./worker.js";

// The SDK prints this on Node 20 at every start; the versions we support are stated in package.json instead.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

function program(): Command {
  const root = new Command("chime-voice-streaming")
    .description(
      "Call audio of Amazon Chime SDK Voice Connectors: extract it, record it, and try it all without an account.",
    )
    .version(packageVersion().version)
    .exitOverride();
  for (const command of [
    extractCommand(),
    inspectCommand(),
    recordCommand(),
    workerCommand(),
    localAwsCommand(),
    callCommand(),
  ]) {
    root.addCommand(command.exitOverride());
  }
  return root;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.wrongUse;
  if (error instanceof CommandFailure) return error.exitCode;
  if (error instanceof AwsCallError) return ExitCode.refusedByAws;
  return ExitCode.failed;
}

/** Whoever read our output has gone, as `head` does when it has enough: nobody is left to tell. */
const readerIsGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "EPIPE";

async function main(): Promise<void> {
  try {
    await program().parseAsync();
  } catch (error) {
    // Commander has already printed its own errors.
    if (!(error instanceof CommanderError) && !readerIsGone(error)) {
      console.error(`error: ${error instanceof Error ? error.message : error}`);
    }
    process.exitCode = exitCodeOf(error);
  }
}

void main();
