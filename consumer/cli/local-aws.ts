import { once } from "node:events";
import { Command, InvalidArgumentError } from "commander";
import { type LocalAws, startLocalAws, voiceConnectorRegions } from "../../local-aws/index.js";
import { CommandFailure, ExitCode } from "./exit.js";
import { interruptible } from "./interruption.js";

interface LocalAwsCommandOptions {
  port: number;
  voiceConnector: string[];
  json?: boolean;
}

const HELP = `
Set the environment it prints, and the AWS CLI, SDKs, Pulumi programs and the other commands here talk to it instead
of AWS. Any credentials will do. All is forgotten when it stops. (Version 1 of the AWS CLI does not read
AWS_ENDPOINT_URL for sqs: give it --endpoint-url.) Examples:

  $ chime-voice-streaming local-aws --port 4580 --voice-connector us-east-1
  $ curl -X POST http://127.0.0.1:4580/_local/faults -d '{"kind": "throttle", "actions": ["kinesisvideo:*"], "times": 3}'

Opened in a browser, the endpoint is a console: it shows what goes on, live, makes connectors, plays calls and switches
faults on and off.

The control API: GET /_local/state and /_local/calls; GET, POST and DELETE /_local/faults; GET and POST /_local/settings;
POST /_local/voice-connectors, /_local/call and /_local/sample-call.`;

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("Not a port: 0 to 65535.");
  return port;
}

function anotherRegion(text: string, before: string[]): string[] {
  if (!voiceConnectorRegions.includes(text)) {
    throw new InvalidArgumentError(`Not a region that has Voice Connectors: ${voiceConnectorRegions.join(", ")}.`);
  }
  return [...before, text];
}

async function start(port: number): Promise<LocalAws> {
  try {
    return await startLocalAws({ port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EADDRINUSE")
      throw new CommandFailure(ExitCode.failed, `port ${port} is taken; choose another one with --port`);
    if (code === "EACCES")
      throw new CommandFailure(ExitCode.failed, `port ${port} is not allowed; choose another one with --port`);
    throw error;
  }
}

function announce(aws: LocalAws, options: LocalAwsCommandOptions): void {
  const { endpoint, console, env } = aws;
  const voiceConnectors = options.voiceConnector.map((region) => {
    const { id } = aws.control.createVoiceConnector(region);
    return { voiceConnectorId: id, region };
  });
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ endpoint, console, env, voiceConnectors })}\n`);
    return;
  }
  const lines = [
    // Either would come before the credentials below.
    "unset AWS_PROFILE AWS_SESSION_TOKEN",
    ...Object.entries(env).map(([name, value]) => `export ${name}=${value}`),
    `# The console, in a browser: ${console}`,
    ...voiceConnectors.map(({ voiceConnectorId, region }) => `# Voice Connector ${voiceConnectorId} in ${region}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function run(options: LocalAwsCommandOptions): Promise<void> {
  await interruptible(async (signal) => {
    const aws = await start(options.port);
    announce(aws, options);
    if (process.stderr.isTTY) process.stderr.write(`local-aws is ready at ${aws.endpoint}; Ctrl-C stops it.\n`);
    if (!signal.aborted) await once(signal, "abort");
    await aws.close();
  });
}

/** `local-aws`: the embedded AWS until SIGTERM or SIGINT. */
export function localAwsCommand(): Command {
  return new Command("local-aws")
    .description("run the embedded AWS on 127.0.0.1: Chime SDK Voice, IAM, STS, Kinesis Video Streams, SQS, S3")
    .option("--port <number>", "the port to listen on; 0: any that is free", portNumber, 0)
    .option("--voice-connector <region>", "make a Voice Connector in this region; may be repeated", anotherRegion, [])
    .option("--json", "print {endpoint, console, env, voiceConnectors} as one line of JSON when ready")
    .addHelpText("after", HELP)
    .action(run);
}
