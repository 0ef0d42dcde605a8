#!/usr/bin/env node
import { Command } from "commander";
import { packageVersion } from "../package-version.js";
import { runProgram } from "./program.js";

// The SDK prints this on Node 20 at every start; the versions we support are stated in package.json instead.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/**
 * Loaded when it is their turn: most need the AWS SDK, which takes longer to load than an hour of audio to extract. By `require`, as
 * `import()` would load Node's other module system besides, for no other module.
 */
const commands: Record<string, () => Command> = {
  extract: () => (require("./extract.js") as typeof import("./extract.js")).extractCommand(),
  inspect: () => (require("./inspect.js") as typeof import("./inspect.js")).inspectCommand(),
  record: () => (require("./record.js") as typeof import("./record.js")).recordCommand(),
  worker: () => (require("./worker.js") as typeof import("./worker.js")).workerCommand(),
  report: () => (require("./report.js") as typeof import("./report.js")).reportCommand(),
  doctor: () => (require("./doctor.js") as typeof import("./doctor.js")).doctorCommand(),
  "local-aws": () => (require("./local-aws.js") as typeof import("./local-aws.js")).localAwsCommand(),
  call: () => (require("./call.js") as typeof import("./call.js")).callCommand(),
};

/** @param asked the command that was asked for; without it, or where there is none such, all of them, for the help */
function program(asked: string | undefined): Command {
  const root = new Command("chime-voice-streaming")
    .description(
      "Call audio of Amazon Chime SDK Voice Connectors: extract it, record it, and try it all without an account.",
    )
    .version(packageVersion().version)
    .exitOverride();
  const loaders = asked && Object.hasOwn(commands, asked) ? [commands[asked]!] : Object.values(commands);
  for (const load of loaders) root.addCommand(load().exitOverride());
  return root;
}

void runProgram(() => program(process.argv[2]));
