// Follows one leg of a call while it is spoken, and writes its PCM to the standard input of a command. See README.md.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import {
  LegAssembler,
  LegEnd,
  LiveReader,
  openKinesisVideo,
  parseStreamArn,
} from "pulumi-chime-voice-streaming/consumer";

const usage = `usage: node live-pcm.mjs --stream-arn ARN [--transaction-id ID] [--start-fragment NUMBER]
                       [--quiet-seconds SECONDS] -- COMMAND [ARGUMENT ...]`;

function wrongUse(message) {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function readArguments() {
  try {
    const options = {
      "stream-arn": {},
      "transaction-id": {},
      "start-fragment": {},
      "quiet-seconds": { default: "30" },
    };
    for (const option of Object.values(options)) option.type = "string";
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return wrongUse(error.message);
  }
}

const { values, positionals: command } = readArguments();
const stream =
  parseStreamArn(values["stream-arn"] ?? "") ?? wrongUse("--stream-arn is not the ARN of a Kinesis video stream");
const quietMs = Number(values["quiet-seconds"]) * 1000;
if (!(quietMs > 0)) wrongUse("--quiet-seconds is not a number above 0");
if (command.length === 0) wrongUse("no command");

const access = openKinesisVideo();
const end = new LegEnd();
const selection = { transactionId: values["transaction-id"], startFragmentNumber: values["start-fragment"] };
const leg = new LegAssembler(selection);
const progress = { switchedAway: () => leg.switchedAway, hasBegun: () => leg.report().fragments > 0 };
const request = { stream, startFragmentNumber: selection.startFragmentNumber, end };
const reader = new LiveReader(access, request, progress, { holdLimitMs: quietMs });
let missing = 0;
let readingError;

/** Asked for a piece at a time: while the command is busy, nothing is read. */
async function* pcm(signal) {
  try {
    for await (const { fragment, failure } of reader.fragments(signal)) {
      if (failure) console.error(`a fragment could not be had whole: ${failure.message}`);
      // What came damaged is among the leg's own errors.
      if (failure && !fragment?.damaged) missing++;
      if (fragment) yield* leg.push(fragment);
    }
  } catch (error) {
    if (!signal.aborted) readingError = error;
    throw error;
  }
}

// The first one ends the audio and lets the command finish, a second one ends the command too.
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => (end.isCalledOff ? child.kill() : end.callOff()));

const child = spawn(command[0], command.slice(1), { stdio: ["pipe", "inherit", "inherit"] });
const childGone = new AbortController();
const childEnd = once(child, "close")
  .catch((error) => {
    console.error(`cannot run ${command[0]}: ${error.message}`);
    return [127, null];
  })
  .finally(() => childGone.abort());

// It fails where the reader does, and where the command has read enough or died (EPIPE).
await pipeline(pcm(childGone.signal), child.stdin).catch(() => {});
const [exitCode, signalName] = await childEnd;
access.clients.destroy();

const { samples, sampleRateHz, gaps, errors } = leg.report();
console.error(
  `${(samples / sampleRateHz).toFixed(3)} s of audio, ${gaps.length} gaps, ${errors.length + missing} errors`,
);
if (readingError) console.error(readingError.message);
if (readingError) process.exitCode = 1;
else if (exitCode !== 0) process.exitCode = exitCode ?? 128 + constants.signals[signalName];
else if (samples === 0) process.exitCode = 4;
else if (errors.length + missing > 0) process.exitCode = 3;
