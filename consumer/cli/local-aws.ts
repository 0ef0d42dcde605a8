import { once } from "node:events";
import { Command, InvalidArgumentError } from "commander";
import { type LocalAws, startLocalAws, voiceConnectorRegions } from "../../local-aws/index.js";
import { CommandFailure, ExitCode } from "./exit.js";

interface LocalAwsCommandOptions {
  port: number;
  voiceConnector: string[];
  json?: boolean;
}

const HELP = `
Set the environment it prints, and the AWS CLI, SDKs, Pulumi programs and the other commands here talk to it instead
of AWS. Any credentials will do. All is forgotten when it stops. Examples:

  $ chime-voice-streaming local-aws --port 4580 --voice-connector us-east-1
  $ curl -X POST http://127.0.0.1:4580/_local/faults -d '{"kind": "throttle", "actions": ["kinesisvideo:*"], "times": 3}'

The control API: GET /_local/state and /_local/calls; GET, POST and DELETE /_local/faults; GET and POST /_local/settings.`;

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

async function stopSignal(): Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  await Promise.race([once(process, "SIGTERM", { signal }), once(process, "SIGINT", { signal })]);
  abort.abort();
}

async function run(options: LocalAwsCommandOptions): Promise<void> {
  const aws = await start(options.port);
  const stopped = stopSignal();
  const voiceConnectors = options.voiceConnector.map((region) => {
    const { id } = aws.control.createVoiceConnector(region);
    return { voiceConnectorId: id, region };
  });
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ endpoint: aws.endpoint, env: aws.env, voiceConnectors })}\n`);
  } else {
    const lines = [
      ...Object.entries(aws.env).map(([name, value]) => `export ${name}=${value}`),
      ...voiceConnectors.map(({ voiceConnectorId, region }) => `# Voice Connector ${voiceConnectorId} in ${region}`),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  }
  if (process.stderr.isTTY) process.stderr.write(`local-aws is ready at ${aws.endpoint}; Ctrl-C stops it.\n`);
  await stopped;
  await aws.close();
}

/** `local-aws`: the embedded AWS until SIGTERM or SIGINT. */
export function localAwsCommand(): Command {
  return new Command("local-aws")
    .description("run the embedded AWS on 127.0.0.1: Chime SDK Voice, IAM, STS, Kinesis Video Streams, SQS, S3")
    .option("--port <number>", "the port to listen on; 0: any that is free", portNumber, 0)
    .option("--voice-connector <region>", "make a Voice Connector in this region; may be repeated", anotherRegion, [])
    .option("--json", "print {endpoint, env, voiceConnectors} as one line of JSON when ready")
    .addHelpText("after", HELP)
    .action(run);
}
