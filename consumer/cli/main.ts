#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { AwsCallError } from "../../aws/call-error.js";
import { packageVersion } from "../package-version.js";
import { CommandFailure, ExitCode } from "./exit.js";

// The SDK prints this on Node 20 at every start; the versions we support are stated in package.json instead.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/** Loaded when it is their turn: most need the AWS SDK, which takes longer to load than an hour of audio to extract. */
const commands: Record<string, () => Promise<Command>> = {
  extract: async () => (await import("./extract.js")).extractCommand(),
  inspect: async () => (await import("./inspect.js")).inspectCommand(),
  record: async () => (await import("./record.js")).recordCommand(),
  worker: async () => (await import("./worker.js")).workerCommand(),
  "local-aws": async () => (await import("./local-aws.js")).localAwsCommand(),
  call: async () => (await import("./call.js")).callCommand(),
};

/** @param asked the command that was asked for; without it, or where there is none such, all of them, for the help */
async function program(asked: string | undefined): Promise<Command> {
  const root = new Command("chime-voice-streaming")
    .description(
      "Call audio of Amazon Chime SDK Voice Connectors: extract it, record it, and try it all without an account.",
    )
    .version(packageVersion().version)
    .exitOverride();
  const loaders = asked && Object.hasOwn(commands, asked) ? [commands[asked]!] : Object.values(commands);
  for (const load of loaders) root.addCommand((await load()).exitOverride());
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
  process.stdout.on("error", (error) => {
    if (readerIsGone(error)) return;
    console.error(`error: cannot write to standard output: ${error.message}`);
    process.exitCode = ExitCode.failed;
  });
  try {
    await (await program(process.argv[2])).parseAsync();
  } catch (error) {
    // Commander has already printed its own errors.
    if (!(error instanceof CommanderError) && !readerIsGone(error)) {
      console.error(`error: ${error instanceof Error ? error.message : error}`);
    }
    process.exitCode = exitCodeOf(error);
  }
}

void main();
