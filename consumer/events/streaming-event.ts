import * as z from "zod";
import { unwrapEvent } from "./event-envelope.js";
import {
  direction,
  dispensable,
  fragmentNumber,
  headers,
  identifier,
  label,
  looseBoolean,
  optional,
  streamArn,
  text,
  timeMs,
  version,
} from "./event-fields.js";
import type { StreamArn } from "./stream-arn.js";

const STREAMING_EVENT_SOURCE = "aws.chime";
const STREAMING_EVENT_DETAIL_TYPE = "Chime VoiceConnector Streaming Status";

/** Stands for the id of a call that nobody knows: an event must have one. */
export const UNKNOWN_CALL_ID = "unknown";

interface EventCommon {
  /** EventBridge's id: the same for both deliveries of a doubled event. */
  eventId?: string;
  /** When EventBridge took the event in. */
  eventTimeMs?: number;
  voiceConnectorId: string;
  transactionId: string;
  callId: string;
}

interface LegCommon extends EventCommon {
  stream: StreamArn;
  startFragmentNumber?: string;
  startTimeMs?: number;
  direction?: "Inbound" | "Outbound";
  /** Tells the two legs of a call apart; calculated by AWS, missing where the SBC sends no RFC 7865 metadata. */
  isCaller?: boolean;
  /** `audio/L16` in every event seen, missing in real ENDED events. */
  mediaType?: string;
  fromNumber?: string;
  toNumber?: string;
  inviteHeaders?: Record<string, string>;
  /** The RFC 7865 document, XML. */
  siprecMetadata?: string;
  sdp?: { mediaIndex?: string; mediaLabel?: string };
}

export interface StartedEvent extends LegCommon {
  status: "STARTED";
}

export interface EndedEvent extends LegCommon {
  status: "ENDED";
  endTimeMs?: number;
  /** The leg's last fragment. Not documented, but present in real events. */
  currentFragmentNumber?: string;
}

/** New SIP headers or SIPREC metadata for a call. Names no stream: joined by transaction. */
export interface UpdatedEvent extends EventCommon {
  status: "UPDATED";
  updateHeaders?: Record<string, string>;
  siprecMetadata?: string;
}

/** Streaming of a call failed. Names no stream: joined by transaction. */
export interface FailedEvent extends EventCommon {
  status: "FAILED";
  direction?: "Inbound" | "Outbound";
  failTimeMs?: number;
  failureReason?: string;
}

export type StreamingEvent = StartedEvent | EndedEvent | UpdatedEvent | FailedEvent;

export type ParsedStreamingEvent =
  | { kind: "event"; event: StreamingEvent }
  /** A sound message about something else. */
  | { kind: "notOurs"; reason: string }
  /** Neither JSON, nor an object, nor a streaming event with the fields a recorder needs. */
  | { kind: "malformed"; reason: string };

const common = { version, voiceConnectorId: identifier, transactionId: identifier, callId: identifier };

const leg = {
  ...common,
  streamArn,
  startFragmentNumber: optional(fragmentNumber),
  startTime: dispensable(timeMs),
  direction,
  isCaller: dispensable(looseBoolean),
  mediaType: dispensable(z.string().trim()),
  fromNumber: text,
  toNumber: text,
  inviteHeaders: headers,
  siprecMetadata: text,
  sdp: dispensable(z.object({ mediaIndex: label, mediaLabel: label })),
};

const STATUS_FAULT = "is none of STARTED, ENDED, UPDATED and FAILED";

const detailSchema = z.discriminatedUnion(
  "streamingStatus",
  [
    z.object({ streamingStatus: z.literal("STARTED"), ...leg }),
    z.object({
      streamingStatus: z.literal("ENDED"),
      ...leg,
      endTime: dispensable(timeMs),
      currentFragmentNumber: dispensable(fragmentNumber),
    }),
    z.object({ streamingStatus: z.literal("UPDATED"), ...common, updateHeaders: headers, siprecMetadata: text }),
    z.object({
      streamingStatus: z.literal("FAILED"),
      ...common,
      direction,
      failTime: dispensable(timeMs),
      failureReason: text,
    }),
  ],
  { error: ({ code }) => (code === "invalid_union" ? STATUS_FAULT : undefined) },
);

/** Names fields and what is wrong with them, never what they hold: that can be a phone number. */
function faultsOf(error: z.ZodError): string {
  const faults = error.issues.slice(0, 8).map((issue) => `${["detail", ...issue.path].join(".")} ${issue.message}`);
  return faults.join("; ");
}

function toEvent(detail: z.infer<typeof detailSchema>, envelope: { id?: unknown; time?: unknown }): StreamingEvent {
  const eventTimeMs = typeof envelope.time === "string" ? Date.parse(envelope.time.replace(/\s+/g, "")) : Number.NaN;
  const origin = {
    ...(typeof envelope.id === "string" ? { eventId: envelope.id } : {}),
    ...(Number.isNaN(eventTimeMs) ? {} : { eventTimeMs }),
  };
  switch (detail.streamingStatus) {
    case "STARTED": {
      const { streamingStatus: status, version: _, streamArn: stream, startTime: startTimeMs, ...rest } = detail;
      return { ...origin, status, stream, startTimeMs, ...rest };
    }
    case "ENDED": {
      const {
        streamingStatus: status,
        version: _,
        streamArn: stream,
        startTime: startTimeMs,
        endTime: endTimeMs,
        ...rest
      } = detail;
      return { ...origin, status, stream, startTimeMs, endTimeMs, ...rest };
    }
    case "UPDATED": {
      const { streamingStatus: status, version: _, ...rest } = detail;
      return { ...origin, status, ...rest };
    }
    case "FAILED": {
      const { streamingStatus: status, version: _, failTime: failTimeMs, ...rest } = detail;
      return { ...origin, status, failTimeMs, ...rest };
    }
  }
}

/**
 * Reads a Voice Connector streaming event out of whatever delivered it: the EventBridge event as an object or as
 * text, inside an SQS message, inside an SNS notification.
 *
 * Lenient where real events are (`isCaller` as text, white space in ARNs and times, fields missing or unknown),
 * strict about what a recording is found by: transaction, stream and the fragment it starts with. Where the end's fragment or the
 * times cannot be read, the leg's end is found without them. An unknown version or status is refused. What others wrote (numbers,
 * headers, metadata) comes without control characters. A reason names fields and what is wrong with them, never what they hold.
 *
 * Fields: https://docs.aws.amazon.com/chime-sdk/latest/ag/automating-chime-with-cloudwatch-events.html
 * @param received anything; nothing is thrown
 */
export function parseStreamingEvent(received: unknown): ParsedStreamingEvent {
  const unwrapped = unwrapEvent(received);
  if (!unwrapped.ok) return { kind: "malformed", reason: unwrapped.reason };
  const envelope = unwrapped.value;
  if (envelope.source !== STREAMING_EVENT_SOURCE || envelope["detail-type"] !== STREAMING_EVENT_DETAIL_TYPE) {
    return {
      kind: "notOurs",
      reason: `not a ${JSON.stringify(STREAMING_EVENT_DETAIL_TYPE)} event of ${STREAMING_EVENT_SOURCE}`,
    };
  }
  if (!version.safeParse(envelope.version).success) {
    return { kind: "malformed", reason: "the envelope's version is not one that is known" };
  }
  return parseEventDetail(envelope.detail, envelope);
}

/** Likewise, out of what is in an event's `detail`. */
export function parseEventDetail(
  received: unknown,
  envelope: { id?: unknown; time?: unknown } = {},
): ParsedStreamingEvent {
  const detail = detailSchema.safeParse(received);
  if (!detail.success) return { kind: "malformed", reason: faultsOf(detail.error) };
  return { kind: "event", event: toEvent(detail.data, envelope) };
}
