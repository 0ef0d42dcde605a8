import { readFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import type { CallResult } from "../../local-aws/index.js";
import { readTelephoneWav, WavError } from "../../local-aws/wav-reader.js";
import { CommandFailure, ExitCode } from "./exit.js";
import { interruptible } from "./interruption.js";

interface CallCommandOptions {
  endpoint: string;
  voiceConnectorId: string;
  caller: string;
  callee: string;
  region?: string;
  speed: number | "max";
  json?: boolean;
}

/** What the control API answers about a call. */
type CallStatus = CallResult & { ended: boolean };

interface Refusal {
  error: string;
  reason?: string;
}

/** How long one request waits for the end of a call. */
const WAIT_MS = 20_000;

const exitCodes: Record<string, ExitCode> = {
  unknownConnector: ExitCode.refusedByAws,
  invalidAudio: ExitCode.wrongUse,
};

function speed(text: string): number | "max" {
  if (text === "max") return "max";
  const factor = Number(text);
  if (!Number.isFinite(factor) || factor <= 0) throw new InvalidArgumentError("Not a positive number or max.");
  return factor;
}

function endpointUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError("Not an http URL.");
  return text;
}

async function readWav(path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new CommandFailure(ExitCode.wrongUse, `cannot read ${path}: ${(error as Error).message}`);
  }
  try {
    readTelephoneWav(bytes);
  } catch (error) {
    if (!(error instanceof WavError)) throw error;
    throw new CommandFailure(
      ExitCode.wrongUse,
      `${path} is ${error.message}; a call needs WAV files of 8 kHz, mono, 16-bit PCM`,
    );
  }
  return bytes;
}

async function request(endpoint: string, method: string, path: string, body?: object): Promise<CallStatus> {
  let response: Response;
  try {
    response = await fetch(new URL(path, endpoint), { method, body: body && JSON.stringify(body) });
  } catch (error) {
    const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    throw new CommandFailure(ExitCode.refusedByAws, `cannot reach local-aws at ${endpoint} (${code ?? message})`);
  }
  const answer = (await response.json().catch(() => undefined)) as Partial<CallStatus & Refusal> | undefined;
  if (response.ok && answer?.transactionId) return answer as CallStatus;
  if (!answer?.error) {
    throw new CommandFailure(ExitCode.refusedByAws, `${endpoint} is not local-aws (HTTP ${response.status})`);
  }
  throw new CommandFailure(exitCodes[answer.reason ?? ""] ?? ExitCode.failed, answer.error);
}

/** Waits for the end of the call; hangs up when the signal is aborted. */
async function untilEnd(endpoint: string, begun: CallStatus, signal: AbortSignal): Promise<CallStatus> {
  const path = `/_local/call/${begun.transactionId}`;
  const interrupted = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  let status = begun;
  // Bounded by the call: it ends when its audio does.
  while (!status.ended && !signal.aborted) {
    const waited = request(endpoint, "GET", `${path}?waitMs=${WAIT_MS}`);
    // Where the interruption wins the race, nobody else looks at what becomes of the request.
    waited.catch(() => undefined);
    status = (await Promise.race([waited, interrupted])) ?? status;
  }
  return status.ended ? status : request(endpoint, "DELETE", path);
}

function describe({ transactionId, legs }: CallResult): string {
  const lines = legs.map((leg) => {
    const seconds = ((Date.parse(leg.endTime) - Date.parse(leg.startTime)) / 1000).toFixed(3);
    return `${leg.isCaller ? "caller" : "callee"}  ${leg.startTime}  ${seconds} s  ${leg.streamArn}`;
  });
  return `transaction ${transactionId}\n${lines.join("\n")}\n`;
}

async function run(options: CallCommandOptions): Promise<void> {
  const { endpoint, voiceConnectorId, region } = options;
  const [callerWav, calleeWav] = await Promise.all([readWav(options.caller), readWav(options.callee)]);
  const { ended: _ended, ...result } = await interruptible(async (signal) => {
    const begun = await request(endpoint, "POST", "/_local/call", {
      voiceConnectorId,
      region,
      speed: options.speed,
      callerWav: callerWav.toString("base64"),
      calleeWav: calleeWav.toString("base64"),
    });
    if (!begun.ended && process.stderr.isTTY) process.stderr.write("The call is on; Ctrl-C hangs up.\n");
    return untilEnd(endpoint, begun, signal);
  });
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describe(result));
  const [failure] = result.failures;
  if (failure) {
    const leg = failure.isCaller ? "caller" : "callee";
    throw new CommandFailure(ExitCode.failed, `the leg of the ${leg} was not recorded: ${failure.reason}`);
  }
}

/** `call`: one phone call into local-aws, both legs. */
export function callCommand(): Command {
  return new Command("call")
    .description("make a phone call through a Voice Connector of local-aws")
    .addOption(
      new Option("--endpoint <url>", "where local-aws is")
        .env("AWS_ENDPOINT_URL")
        .argParser(endpointUrl)
        .makeOptionMandatory(),
    )
    .requiredOption("--voice-connector-id <id>", "the Voice Connector; streaming must be on")
    .requiredOption("--caller <file>", "what the caller says: WAV, 8 kHz, mono, 16 bit")
    .requiredOption("--callee <file>", "what the called party says")
    .option("--region <region>", "the Voice Connector's region; default: the one that has it")
    .option("--speed <factor>", "how much faster than life, or max: all at once", speed, 1)
    .option("--json", "print what became of the call as JSON")
    .addHelpText("after", "\nCtrl-C hangs up both legs; what was said until then is kept.")
    .action(run);
}
