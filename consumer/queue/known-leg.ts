import type { EndedEvent, StartedEvent } from "../events/streaming-event.js";
import type { LegEnd } from "../kinesis-video/leg-end.js";
import { type LegRequest, legOfEvent, UnknownMediaType } from "../leg-request.js";
import { recordingName } from "../recordings/recording-name.js";

/** The leg that an event is about, or why it cannot be recorded. */
export function legOf(
  event: StartedEvent | EndedEvent,
  options: { includeNumbers: boolean },
): LegRequest | { reason: string } {
  try {
    return legOfEvent(event, options);
  } catch (error) {
    // What the event says instead is left out: reasons are shown to people.
    if (error instanceof UnknownMediaType) return { reason: "the event's media type is not audio/L16" };
    throw error;
  }
}

export function nameOf({ transactionId, stream, startFragmentNumber }: LegRequest): string {
  return recordingName({ transactionId, stream, firstFragmentNumber: startFragmentNumber });
}

/** The leg, whichever piece of it. */
export function legKeyOf({ transactionId, stream }: LegRequest): string {
  return `${transactionId} ${stream.arn}`;
}

export function endOf({ endFragmentNumber, endTimeMs }: LegRequest) {
  return { fragmentNumber: endFragmentNumber, timeMs: endTimeMs };
}

export function boundBy(leg: LegRequest, end: LegEnd): LegRequest {
  return { ...leg, endFragmentNumber: end.fragmentNumber, endTimeMs: end.timeMs };
}
