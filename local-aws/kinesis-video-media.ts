import type { Writable } from "node:stream";
import { AwsError, type AwsReply } from "./exchange.js";
import {
  clientLimitExceeded,
  invalidArgument,
  type KinesisVideoRequest,
  timestampMs,
} from "./kinesis-video-request.js";
import type { KinesisVideoStream, StoredFragment } from "./kinesis-video-stream.js";
import { sendFaulty, strikeMediaFault } from "./media-faults.js";
import { errorChunk, fragmentBytes, getMediaSpelling, holdConnection, mediaReply, writeAll } from "./media-response.js";
import type { World } from "./world.js";

/**
 * GetMedia: chunks from the start selector on, live ones included, at a limited rate; ends when none came for a while,
 * and
 * after the session's time. Neither end differs from the other, or from the end of a call.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_GetMedia.html
 */
export function getMedia(world: World, request: KinesisVideoRequest): AwsReply {
  const stream = request.stream();
  const { getMediaConnectionsPerStream, getMediaCallsPerSecond } = world.settings.current;
  if (!stream.getMediaQuota.take(world.clock.nowMs(), getMediaCallsPerSecond)) {
    throw clientLimitExceeded("Rate exceeded: GetMedia for this stream.");
  }
  const start = startSequence(stream, request.body.StartSelector);
  if (stream.liveConnections >= getMediaConnectionsPerStream) {
    throw new AwsError(
      "ConnectionLimitExceededException",
      400,
      `The stream has ${getMediaConnectionsPerStream} GetMedia connections, which is the limit.`,
    );
  }
  const connection = holdConnection(stream, "liveConnections", request.request);
  return mediaReply(request.request.requestId, async (response, signal) => {
    try {
      await send(world, stream, start, response, signal);
    } finally {
      connection.release();
      response.end();
    }
  });
}

function startSequence(stream: KinesisVideoStream, selector: unknown): number {
  if (typeof selector !== "object" || selector === null) throw invalidArgument("StartSelector is required.");
  const { StartSelectorType, AfterFragmentNumber, StartTimestamp, ContinuationToken } = selector as Record<
    string,
    unknown
  >;
  const fragments = stream.available();
  const firstThat = (fits: (fragment: StoredFragment) => boolean) =>
    fragments.find(fits)?.sequence ?? stream.endSequence;
  const after = (number: unknown, name: string) => {
    if (typeof number !== "string" || !/^\d{1,128}$/.test(number))
      throw invalidArgument(`${name} is required: a fragment number.`);
    return firstThat((fragment) => BigInt(fragment.number) > BigInt(number));
  };
  switch (StartSelectorType) {
    case "NOW":
      return stream.endSequence;
    case "EARLIEST":
      return 0;
    case "FRAGMENT_NUMBER":
      return after(AfterFragmentNumber, "StartSelector.AfterFragmentNumber");
    case "CONTINUATION_TOKEN":
      // In captures the token is the number of the fragment that it came with; reading goes on after it.
      return after(ContinuationToken, "StartSelector.ContinuationToken");
    case "PRODUCER_TIMESTAMP": {
      const ms = timestampMs(StartTimestamp, "StartSelector.StartTimestamp");
      return firstThat((fragment) => fragment.producerTimestampMs + fragment.durationMs > ms);
    }
    case "SERVER_TIMESTAMP": {
      const ms = timestampMs(StartTimestamp, "StartSelector.StartTimestamp");
      return firstThat((fragment) => fragment.serverTimestampMs + fragment.durationMs > ms);
    }
    default:
      throw invalidArgument("StartSelector.StartSelectorType is not valid.");
  }
}

async function send(
  world: World,
  stream: KinesisVideoStream,
  start: number,
  response: Writable,
  signal: AbortSignal,
): Promise<void> {
  const { clock, settings } = world;
  const begunMs = clock.nowMs();
  let nextSequence = start;
  let lastActivityMs = begunMs;
  let nextAllowedMs = 0;
  let sentFragments = 0;

  // Bounded by the session's time.
  while (!signal.aborted && !stream.isDeleted) {
    const { getMediaFragmentsPerSecond, getMediaIdleEndMs, getMediaSessionMs } = settings.current;
    const nowMs = clock.nowMs();
    const sessionLeftMs = begunMs + getMediaSessionMs - nowMs;
    if (sessionLeftMs <= 0) return;

    const fragment = stream.at(nextSequence);
    if (!fragment) {
      const idleLeftMs = lastActivityMs + getMediaIdleEndMs - nowMs;
      if (idleLeftMs <= 0) return;
      await stream.waitForChange(Math.min(idleLeftMs, sessionLeftMs), signal);
      continue;
    }
    if (nowMs < nextAllowedMs) {
      await clock.wait(Math.min(nextAllowedMs - nowMs, sessionLeftMs), signal);
      continue;
    }

    const fault = strikeMediaFault(world, "GetMedia", stream, { index: sentFragments, sequence: fragment.sequence });
    if (fault?.kind === "errorTags") {
      await writeAll(response, errorChunk(errorTags(fault)), signal);
      return;
    }
    const behindMs = Math.max(0, (stream.latest?.serverTimestampMs ?? 0) - fragment.serverTimestampMs);
    const bytes = fragmentBytes(fragment, getMediaSpelling, [
      ["AWS_KINESISVIDEO_MILLIS_BEHIND_NOW", String(behindMs)],
      ["AWS_KINESISVIDEO_CONTINUATION_TOKEN", fragment.number],
    ]);
    const goesOn = fault
      ? await sendFaulty(fault, { fragment, spelling: getMediaSpelling, bytes }, response, signal)
      : await writeAll(response, bytes, signal);
    if (!goesOn) return;
    sentFragments++;
    nextSequence = fragment.sequence + 1;
    lastActivityMs = clock.nowMs();
    nextAllowedMs = getMediaFragmentsPerSecond === 0 ? 0 : lastActivityMs + 1000 / getMediaFragmentsPerSecond;
  }
}

function errorTags(fault: { errorId: number; errorCode: string }): [string, string][] {
  return [
    ["AWS_KINESISVIDEO_ERROR_CODE", fault.errorCode],
    ["AWS_KINESISVIDEO_ERROR_ID", String(fault.errorId)],
  ];
}
