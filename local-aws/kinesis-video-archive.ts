import type { Writable } from "node:stream";
import type { AwsReply } from "./exchange.js";
import {
  clientLimitExceeded,
  invalidArgument,
  type KinesisVideoRequest,
  timestampMs,
} from "./kinesis-video-request.js";
import type { KinesisVideoStream, StoredFragment } from "./kinesis-video-stream.js";
import { sendFaulty, strikeMediaFault } from "./media-faults.js";
import {
  documentedArchiveSpelling,
  errorChunk,
  fragmentBytes,
  getMediaSpelling,
  holdConnection,
  mediaReply,
  writeAll,
} from "./media-response.js";
import { rankOf } from "./scattered-order.js";
import type { World } from "./world.js";

const MAX_FRAGMENTS = 1000;
/** GetMedia's number for "requested fragment is not found", the only documented list of such codes. */
const FRAGMENT_NOT_FOUND = 4000;

/**
 * ListFragments: in no order, page by page, a while after the fragments arrived.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_ListFragments.html
 */
export function listFragments(world: World, request: KinesisVideoRequest): object {
  const stream = request.stream();
  const range = timestampRange(request.body.FragmentSelector);
  const maxResults = request.integer("MaxResults", 1, MAX_FRAGMENTS, 100);
  const token = request.body.NextToken === undefined ? undefined : pageToken(request.body.NextToken);
  if (stream.dataRetentionInHours === 0) {
    const end = new Date(range?.endMs ?? world.clock.nowMs()).toISOString();
    throw invalidArgument(`End timestamp ${end} is outside of the stream retention period.`);
  }
  const visibleUntilMs = world.clock.nowMs() - world.settings.current.listFragmentsLagMs;
  const isListed = (fragment: StoredFragment): boolean => {
    if (fragment.ingestedMs + fragment.listedLateMs > visibleUntilMs) return false;
    const startMs = range?.isProducer ? fragment.producerTimestampMs : fragment.serverTimestampMs;
    return !range || (startMs >= range.startMs && startMs <= range.endMs);
  };
  // Later pages show what the first one could have shown: what arrives between them is left to the next listing.
  const endSequence = token?.endSequence ?? stream.endSequence;
  const found = stream.scattered(endSequence).after(token?.afterRank ?? -1, maxResults + 1, isListed);
  const page = found.slice(0, maxResults);
  const nextToken = found.length > page.length ? `${endSequence}:${rankOf(page.at(-1)!)}` : undefined;
  return {
    Fragments: page.map((fragment) => ({
      FragmentNumber: fragment.number,
      FragmentSizeInBytes: fragment.bytes,
      ProducerTimestamp: fragment.producerTimestampMs / 1000,
      ServerTimestamp: fragment.serverTimestampMs / 1000,
      FragmentLengthInMilliseconds: fragment.durationMs,
    })),
    NextToken: nextToken && Buffer.from(nextToken).toString("base64"),
  };
}

function pageToken(value: unknown): { endSequence: number; afterRank: number } {
  const match = /^(\d+):(\d+)$/.exec(Buffer.from(String(value), "base64").toString("latin1"));
  if (!match) throw invalidArgument("NextToken is not valid.");
  return { endSequence: Number(match[1]), afterRank: Number(match[2]) };
}

function timestampRange(selector: unknown): { isProducer: boolean; startMs: number; endMs: number } | undefined {
  if (selector === undefined || selector === null) return undefined;
  const { FragmentSelectorType, TimestampRange } = selector as Record<string, unknown>;
  if (FragmentSelectorType !== "PRODUCER_TIMESTAMP" && FragmentSelectorType !== "SERVER_TIMESTAMP") {
    throw invalidArgument("FragmentSelectorType must be PRODUCER_TIMESTAMP or SERVER_TIMESTAMP.");
  }
  const { StartTimestamp, EndTimestamp } = (TimestampRange ?? {}) as Record<string, unknown>;
  const startMs = timestampMs(StartTimestamp, "StartTimestamp");
  const endMs = timestampMs(EndTimestamp, "EndTimestamp");
  if (startMs > endMs) throw invalidArgument("StartTimestamp must not be after EndTimestamp.");
  return { isProducer: FragmentSelectorType === "PRODUCER_TIMESTAMP", startMs, endMs };
}

/**
 * GetMediaForFragmentList: the fragments that are named, in the order of the request; an exception chunk for each that
 * is not there.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetMediaForFragmentList.html
 */
export function getMediaForFragmentList(world: World, request: KinesisVideoRequest): AwsReply {
  const stream = request.stream();
  const numbers = request.body.Fragments;
  if (!Array.isArray(numbers) || numbers.length < 1 || numbers.length > MAX_FRAGMENTS) {
    throw invalidArgument(`Fragments must hold 1 to ${MAX_FRAGMENTS} fragment numbers.`);
  }
  if (!numbers.every((number) => typeof number === "string" && /^\d{1,128}$/.test(number))) {
    throw invalidArgument("A fragment number is a string of digits.");
  }
  if (stream.dataRetentionInHours === 0) throw invalidArgument("The stream has no data retention.");
  if (stream.archiveConnections >= world.settings.current.archiveConnectionsPerStream) {
    throw clientLimitExceeded("Rate exceeded: concurrent GetMediaForFragmentList calls for this stream.");
  }
  const connection = holdConnection(stream, "archiveConnections", request.request);
  return mediaReply(request.request.requestId, async (response, signal) => {
    try {
      await sendList(world, stream, numbers, response, signal);
    } finally {
      connection.release();
      response.end();
    }
  });
}

async function sendList(
  world: World,
  stream: KinesisVideoStream,
  numbers: readonly string[],
  response: Writable,
  signal: AbortSignal,
): Promise<void> {
  const { settings } = world;
  const byNumber = new Map(stream.archived().map((fragment) => [fragment.number, fragment]));
  const spelling = settings.current.archiveTagSpelling === "documented" ? documentedArchiveSpelling : getMediaSpelling;
  for (const [index, number] of numbers.entries()) {
    await waitForQuota(world, stream, signal);
    if (signal.aborted) return;
    const fragment = byNumber.get(number);
    const fault = strikeMediaFault(world, "GetMediaForFragmentList", stream, { index, sequence: fragment?.sequence });
    if (fault?.kind === "endOfFile") return;
    let bytes: Buffer;
    if (fault?.kind === "errorTags") bytes = exceptionChunk(number, fault.errorId, fault.errorCode);
    else if (!fragment) bytes = exceptionChunk(number, FRAGMENT_NOT_FOUND, "The requested fragment is not found.");
    else bytes = fragmentBytes(fragment, spelling);
    const isCut = fault && fault.kind !== "errorTags" && fragment;
    const goesOn = isCut
      ? await sendFaulty(fault, { fragment, spelling, bytes }, response, signal)
      : await writeAll(response, bytes, signal);
    if (!goesOn) return;
  }
}

/** All readers of a stream share one quota of fragments per second. */
async function waitForQuota(
  { settings, clock }: World,
  stream: KinesisVideoStream,
  signal: AbortSignal,
): Promise<void> {
  const perSecond = settings.current.archiveFragmentsPerSecond;
  if (perSecond === 0) return;
  const nowMs = clock.nowMs();
  const dueMs = Math.max(nowMs, stream.nextArchiveFragmentMs);
  stream.nextArchiveFragmentMs = dueMs + 1000 / perSecond;
  if (dueMs - nowMs >= 1) await clock.wait(dueMs - nowMs, signal);
}

function exceptionChunk(number: string, code: number, message: string): Buffer {
  return errorChunk([
    ["AWS_KINESISVIDEO_FRAGMENT_NUMBER", number],
    ["AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE", String(code)],
    ["AWS_KINESISVIDEO_EXCEPTION_MESSAGE", message],
  ]);
}
