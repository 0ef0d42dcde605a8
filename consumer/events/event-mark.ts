import { recordingName } from "../recordings/recording-name.js";
import { type EndedEvent, parseEventDetail, type StartedEvent } from "./streaming-event.js";

/** The name of a leg's marks: that of its recording, as far as the event knows it. */
export function markName({ transactionId, stream, startFragmentNumber }: StartedEvent | EndedEvent): string {
  return recordingName({ transactionId, stream, firstFragmentNumber: startFragmentNumber });
}

/** The event as a mark holds it: its detail, without numbers, headers and SIPREC metadata, which can name people. */
export function markText(event: StartedEvent | EndedEvent): string {
  const { status, voiceConnectorId, transactionId, callId, stream, isCaller, direction, mediaType, sdp } = event;
  const { startFragmentNumber, startTimeMs } = event;
  return JSON.stringify({
    streamingStatus: status,
    version: "0",
    voiceConnectorId,
    transactionId,
    callId,
    streamArn: stream.arn,
    isCaller,
    direction,
    mediaType,
    sdp,
    startFragmentNumber,
    startTime: isoOf(startTimeMs),
    ...(event.status === "ENDED" && {
      endTime: isoOf(event.endTimeMs),
      currentFragmentNumber: event.currentFragmentNumber,
    }),
  });
}

/** The event in a mark, or undefined where the text is something else. */
export function parseMark(text: string): StartedEvent | EndedEvent | undefined {
  let detail: unknown;
  try {
    detail = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = parseEventDetail(detail);
  const isLegs = parsed.kind === "event" && "stream" in parsed.event;
  return isLegs ? (parsed.event as StartedEvent | EndedEvent) : undefined;
}

function isoOf(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString();
}
