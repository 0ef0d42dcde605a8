import { type Command, InvalidArgumentError, Option } from "commander";
import { parseStreamArn, type StreamArn } from "../events/stream-arn.js";
import { type OutputLocation, parseOutputLocation } from "../recordings/output-location.js";

export interface RecordOptions {
  streamArn: StreamArn;
  transactionId?: string;
  startFragment?: string;
  from?: number;
  to?: number;
  live?: true;
  archive?: true;
  output: OutputLocation;
  quiescenceSeconds: number;
  side?: "caller" | "callee";
  stereo: boolean;
  fragmentsPerSecond: number;
  json?: true;
}

function streamArnArgument(text: string): StreamArn {
  const stream = parseStreamArn(text);
  if (stream) return stream;
  throw new InvalidArgumentError("It must be arn:aws:kinesisvideo:<region>:<account>:stream/<name>/<creation time>.");
}

function transactionIdArgument(text: string): string {
  // An empty variable in a script is not a wish to record every call.
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("It must not be empty.");
}

function fragmentNumberArgument(text: string): string {
  if (/^\d{1,128}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a decimal number.");
}

function timeArgument(text: string): number {
  const ms = Date.parse(text);
  // A date without a zone would mean something else on every machine.
  if (/^\d{4}-\d\d-\d\dT.+(?:Z|[+-]\d\d:?\d\d)$/.test(text) && !Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError("It must be an ISO 8601 time with a zone, such as 2026-01-31T12:00:00Z.");
}

function secondsArgument(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds > 0 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError("It must be a number of seconds, more than 0 and up to 3600.");
}

function rateArgument(text: string): number {
  const perSecond = Number(text);
  if (text.trim() !== "" && perSecond > 0 && Number.isFinite(perSecond)) return perSecond;
  throw new InvalidArgumentError("It must be a number above 0.");
}

function outputArgument(text: string): OutputLocation {
  try {
    return parseOutputLocation(text);
  } catch (error) {
    throw new InvalidArgumentError(`It ${(error as RangeError).message}.`);
  }
}

const HELP = `
One WAV (8 kHz, 16 bit, mono) and one sidecar JSON a leg, named
<transaction id>_<UUID of the stream>_<first fragment>. A recording that is complete, or better, is not replaced;
the WAV of one that replaces another has a part of its SHA-256 in its name, which the sidecar gives.
Where the call's other leg is there already, both are mixed: <transaction id>_call.wav, stereo, caller left, callee
right, on one time axis, and <transaction id>_call.json, which says what it was made of. Streams do not tell which leg
is the caller's: --side does; else the leg that is heard first is taken for it ("channelAssignment": "guessed").

Without --transaction-id, every transaction with media in the range is recorded, each for itself; with --live, the
first one that is seen.
--from and --to bound the time at which a fragment starts, by the producer's clock. Default: all that is archived;
with --live: from now on. Such a recording is complete only where the leg is known to begin and to end inside.
Silence of less than 30 seconds does not prove that a leg is complete.
--live goes on until the next transaction, --to, or silence; Ctrl-C ends the recording with what was spoken by then.
Where the stream archives, what was missed is read from there when the leg has ended.

Exit codes: 0 done; 2 wrong use; 3 parts of the media could not be had (the rest is recorded, the sidecar counts them);
4 nothing matched; 5 AWS refused; 1 anything else.`;

/** Adds the options of `record`. */
export function addRecordOptions(command: Command): Command {
  return command
    .requiredOption(
      "--stream-arn <arn>",
      "the Kinesis video stream; its region is the one that is asked",
      streamArnArgument,
    )
    .option("--transaction-id <id>", "the call", transactionIdArgument)
    .option("--start-fragment <number>", "the leg's first fragment, included", fragmentNumberArgument)
    .option("--from <time>", "ISO 8601", timeArgument)
    .option("--to <time>", "ISO 8601", timeArgument)
    .addOption(new Option("--live", "read media as it is ingested").conflicts("archive"))
    .addOption(new Option("--archive", "read archived media (default)").conflicts("live"))
    .addOption(
      new Option("-o, --output <where>", "directory or s3://bucket/prefix")
        .argParser(outputArgument)
        .default({ kind: "directory", path: "." }, "the current directory"),
    )
    .option("--quiescence-seconds <n>", "silence that ends a leg whose end nothing else proves", secondsArgument, 30)
    .option(
      "--fragments-per-second <n>",
      "archived media asked for, at most; the service gives 500 of one stream to all its readers together",
      rateArgument,
      500,
    )
    .addOption(
      new Option("--side <side>", "whose leg it is, as isCaller of its events tells").choices(["caller", "callee"]),
    )
    .option("--no-stereo", "do not mix the call out of its legs")
    .option("--json", "one JSON document on stdout")
    .addHelpText("after", HELP);
}
