/** How bad a finding is. With a problem, calls are not recorded, or will not be. */
export type Level = "ok" | "warning" | "problem";

/** What is known of a code before anything is looked at. */
interface FindingKind {
  level: Level;
  /** Why it matters. */
  why: string;
}

/** Every code that `doctor` reports. Codes are stable: scripts go by them. */
export const findingKinds = {
  DOCTOR_ACCOUNT: { level: "ok", why: "AWS accepts the credentials" },
  DOCTOR_NO_CREDENTIALS: { level: "problem", why: "without credentials AWS answers nothing" },
  DOCTOR_CREDENTIALS_REFUSED: { level: "problem", why: "with these credentials AWS answers nothing" },
  DOCTOR_CREDENTIALS_EXPIRED: { level: "problem", why: "with expired credentials AWS answers nothing" },

  DOCTOR_ROLE: { level: "ok", why: "Chime writes call audio to Kinesis Video Streams with it" },
  DOCTOR_ROLE_MISSING: {
    level: "problem",
    why: "Chime has no right to write to Kinesis Video Streams, so calls are not streamed",
  },

  DOCTOR_CONNECTOR_STREAMS: { level: "ok", why: "its calls go to Kinesis Video Streams" },
  DOCTOR_NO_CONNECTORS: { level: "problem", why: "only calls through a Voice Connector are streamed" },
  DOCTOR_NOTHING_STREAMS: { level: "problem", why: "no call of the regions that were looked at is recorded" },
  DOCTOR_STREAMING_OFF: { level: "warning", why: "its calls are not streamed" },
  DOCTOR_STREAMING_DISABLED: { level: "warning", why: "its calls are not streamed until that is changed" },
  DOCTOR_STREAMING_REMOVED: {
    level: "problem",
    why: "its calls are not streamed, though a stack says that they are: somebody has changed it since",
  },
  DOCTOR_NO_TARGETS: { level: "problem", why: "nobody is told of calls, so no consumer knows what to record" },
  DOCTOR_NO_EVENTBRIDGE: {
    level: "warning",
    why: "a CallAudioConsumer takes its events from EventBridge, and hears nothing of these calls",
  },
  DOCTOR_RETENTION_ZERO: {
    level: "warning",
    why: "only who reads during the call gets it; nothing can be recorded afterwards",
  },
  DOCTOR_RETENTION_ZERO_ARCHIVE: {
    level: "problem",
    why: "the consumer there reads calls when they have ended, and by then nothing is left",
  },
  DOCTOR_RETENTION_SHORT: {
    level: "warning",
    why: "an outage of the consumer that lasts longer loses calls",
  },

  DOCTOR_NO_STREAMS: { level: "warning", why: "no call has reached Chime's media streaming yet" },
  DOCTOR_NO_MEDIA: { level: "warning", why: "calls may not reach the connector any more" },
  DOCTOR_STREAMS_KEEP_NOTHING: {
    level: "problem",
    why: "Chime reuses streams with the retention that they have: calls on these are gone when they have ended",
  },
  DOCTOR_STREAM_RETENTION: {
    level: "warning",
    why: "Chime reuses streams with the retention that they have, whatever the connector says",
  },

  DOCTOR_QUEUE: { level: "ok", why: "events wait there for who records" },
  DOCTOR_NO_CONSUMER: {
    level: "warning",
    why: "calls are streamed, and nobody of this package is seen to record them",
  },
  DOCTOR_QUEUE_MISSING: { level: "problem", why: "events have nowhere to wait, and are lost" },
  DOCTOR_NO_DEAD_LETTER_QUEUE: { level: "problem", why: "the worker does not start without one" },
  DOCTOR_DEAD_LETTERS: { level: "problem", why: "each is a call that could not be recorded, with the reason in it" },
  DOCTOR_QUEUE_UNREAD: { level: "warning", why: "if that is so a minute later, nobody takes events, and calls wait" },
  DOCTOR_VERSION_UNKNOWN: { level: "warning", why: "what runs there may be older than this command" },
  DOCTOR_VERSION_DIFFERS: { level: "warning", why: "what runs there is another release than this command" },

  DOCTOR_RECORDINGS: { level: "ok", why: "recordings go there" },
  DOCTOR_RECORDINGS_MISSING: { level: "problem", why: "recordings have no place to go" },
  DOCTOR_LEGS_UNRECORDED: { level: "warning", why: "they were announced, and have no recording yet" },

  DOCTOR_REGION_NOT_ENABLED: { level: "warning", why: "an account has nothing in a region that is not enabled" },
  DOCTOR_PERMISSION_MISSING: { level: "warning", why: "what it would show is not known" },
  DOCTOR_UNREACHABLE: { level: "warning", why: "what is there is not known" },
  DOCTOR_NOT_LOOKED_AT: { level: "warning", why: "what it would show is not known" },
  DOCTOR_CUT_SHORT: { level: "warning", why: "what was not looked at may be what is wrong" },
  DOCTOR_NOTHING_SEEN: { level: "problem", why: "nothing of what calls need could be looked at" },
} as const satisfies Record<string, FindingKind>;

export type FindingCode = keyof typeof findingKinds;
