import { z } from "zod";
import { unwrapEvent } from "./event-envelope.js";
import { parseStreamArn, type StreamArn } from "./stream-arn.js";

const STREAMING_EVENT_SOURCE = "aws.chime";
const STREAMING_EVENT_DETAIL_TYPE = "Chime VoiceConnector Streaming Status";

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

const identifier = z.string().trim().min(1).max(512);

/** `null` stands for a missing field in events serialized from AWS' own model. */
function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** A field that a recording can do without: a surprise in it is taken for its absence, for it must not cost one. */
function dispensable<T extends z.ZodType>(schema: T) {
  return optional(schema).catch(undefined);
}

const timeMs = z.string().transform((text, context) => {
  const ms = Date.parse(text.replace(/\s+/g, ""));
  if (Number.isNaN(ms)) {
    context.addIssue({ code: "custom", message: "is not an ISO 8601 time" });
    return z.NEVER;
  }
  return ms;
});

// Numbers of 47 digits do not survive as JSON numbers, so only text is taken.
const fragmentNumber = z
  .string()
  .transform((text) => text.replace(/\s+/g, ""))
  .pipe(z.string().regex(/^\d{1,128}$/, "is not a decimal fragment number"));

const streamArn = z.string().transform((text, context) => {
  const stream = parseStreamArn(text);
  if (!stream) {
    context.addIssue({ code: "custom", message: "is not the ARN of a Kinesis video stream" });
    return z.NEVER;
  }
  return stream;
});

const looseBoolean = z.union([
  z.boolean(),
  z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.enum(["true", "false"]))
    .transform((text) => text === "true"),
]);

const direction = dispensable(z.enum(["Inbound", "Outbound"]));
const headers = dispensable(z.record(z.string(), z.coerce.string()));
const text = dispensable(z.string());
const label = dispensable(z.union([z.string(), z.number()]).transform(String));

const common = { voiceConnectorId: identifier, transactionId: identifier, callId: identifier };

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

const detailSchema = z.discriminatedUnion("streamingStatus", [
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
]);

function faultsOf(error: z.ZodError): string {
  const faults = error.issues.slice(0, 8).map((issue) => `detail.${issue.path.join(".")} ${issue.message}`);
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
      const { streamingStatus: status, streamArn: stream, startTime: startTimeMs, ...rest } = detail;
      return { ...origin, status, stream, startTimeMs, ...rest };
    }
    case "ENDED": {
      const {
        streamingStatus: status,
        streamArn: stream,
        startTime: startTimeMs,
        endTime: endTimeMs,
        ...rest
      } = detail;
      return { ...origin, status, stream, startTimeMs, endTimeMs, ...rest };
    }
    case "UPDATED": {
      const { streamingStatus: status, ...rest } = detail;
      return { ...origin, status, ...rest };
    }
    case "FAILED": {
      const { streamingStatus: status, failTime: failTimeMs, ...rest } = detail;
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
 * times cannot be read, the leg's end is found without them.
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
  const detail = detailSchema.safeParse(envelope.detail);
  if (!detail.success) return { kind: "malformed", reason: faultsOf(detail.error) };
  return { kind: "event", event: toEvent(detail.data, envelope) };
}
