import { Command, InvalidArgumentError } from "commander";
import { voiceConnectorRegions } from "../../aws/voice-connector.js";
import { examine } from "../doctor/examine.js";
import { screenOf } from "../doctor/screen.js";
import { parseOutputLocation } from "../recordings/output-location.js";
import { CommandFailure, ExitCode } from "./exit.js";
import { interruptible } from "./interruption.js";

interface DoctorOptions {
  region: string[];
  queueUrl?: string;
  recordings?: string;
  timeout: number;
  json?: true;
}

const HELP = `
Looks at, in this order: the credentials; the service-linked role; in each region the Voice Connectors with streaming, retention,
notification targets, media insights and the stack that manages them; their Kinesis Video Streams, with their retention and the
newest fragment; the queues of CallAudioConsumers with what waits in them and in their dead-letter queues, and the release they were
deployed with; the recordings and the marks of legs that nobody has recorded yet. Each finding has a code, and says what is so, where,
why it matters and what to do. An action that AWS denies comes with the statement that allows it.

It reads and changes nothing, and receives no message: a look at one would count as a delivery. So of events it shows how many wait, and of
recordings and marks when the last ones were written. Whether the role is being deleted IAM tells only who has asked for that: until it is
gone, it is there. Of each connector up to four streams are asked for their newest fragment.

It needs, of what is to be seen: chime:ListVoiceConnectors, chime:GetVoiceConnectorStreamingConfiguration, chime:ListTagsForResource,
iam:GetRole, kinesisvideo:ListStreams, kinesisvideo:GetDataEndpoint, kinesisvideo:ListFragments, sqs:ListQueues, sqs:ListQueueTags,
sqs:GetQueueAttributes, sqs:GetQueueUrl and s3:ListBucket.

Examples:

  $ chime-voice-streaming doctor
  $ chime-voice-streaming doctor --region eu-central-1 --queue-url https://sqs.eu-central-1.amazonaws.com/123456789012/calls
  $ chime-voice-streaming doctor --json | jq -r '.findings[] | select(.level == "problem") | .code'

Exit codes: 0 nothing is wrong, or warnings alone; 1 there is a problem; 2 wrong use; 5 AWS answered nothing.`;

/** What nobody looks at on a terminal needs no room for its right edge. */
const UNBOUNDED = 10_000;
const NARROWEST = 40;
const MOST_SECONDS = 600;
const EXIT_WITHIN_MS = 1_000;

function anotherRegion(text: string, before: string[]): string[] {
  if (!(voiceConnectorRegions as readonly string[]).includes(text)) {
    throw new InvalidArgumentError(`Not a region that has Voice Connectors: ${voiceConnectorRegions.join(", ")}.`);
  }
  return before.includes(text) ? before : [...before, text];
}

function queueUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError("Not the URL of an SQS queue.");
}

function bucketLocation(text: string): string {
  try {
    if (parseOutputLocation(text).kind === "s3") return text;
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError("Not of the form s3://bucket/prefix.");
}

function seconds(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number > 0 && number <= MOST_SECONDS) return number;
  throw new InvalidArgumentError(`Not a number of seconds, more than 0 and up to ${MOST_SECONDS}.`);
}

async function doctor({ region, json, timeout, ...options }: DoctorOptions): Promise<void> {
  const diagnosis = await interruptible(async (signal) => {
    const regions = region.length > 0 ? region : undefined;
    return examine({ ...options, regions, timeoutMs: timeout * 1_000, signal }).catch((error: unknown) => {
      throw signal.aborted ? new CommandFailure(ExitCode.failed, "interrupted") : error;
    });
  });
  const { isTTY, columns } = process.stdout;
  const colour = Boolean(isTTY) && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  const width = isTTY && columns ? Math.max(NARROWEST, columns) : UNBOUNDED;
  const text = json ? `${JSON.stringify(diagnosis)}\n` : screenOf(diagnosis, { colour, width });
  // Written whole before anything ends the process; a reader that has gone is not waited for.
  await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
  if (diagnosis.isRefused) process.exitCode = ExitCode.refusedByAws;
  else if (diagnosis.problems > 0) process.exitCode = ExitCode.failed;
  // Whatever a provider of credentials still waits for is not waited for.
  setTimeout(() => process.exit(), EXIT_WITHIN_MS).unref();
}

/** `doctor`: why is nothing recorded? */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description(
      "Why is nothing recorded? Credentials, role, connectors, streams, queues and recordings, and what to do.",
    )
    .option(
      "--region <region>",
      "look there alone; may be repeated (default: all that have Voice Connectors)",
      anotherRegion,
      [],
    )
    .option("--queue-url <url>", "the queue of the streaming events (default: those of CallAudioConsumers)", queueUrl)
    .option("--recordings <s3://…>", "where recordings go (default: as the consumers' queues tell)", bucketLocation)
    .option("--timeout <seconds>", "what has not answered by then is reported so", seconds, 30)
    .option("--json", "one JSON document on stdout")
    .addHelpText("after", HELP)
    .action(doctor);
}
