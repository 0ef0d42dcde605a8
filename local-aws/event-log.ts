import { Journal } from "./journal.js";

export type StreamingStatus = "STARTED" | "ENDED" | "UPDATED" | "FAILED";

/** What became of a streaming event. */
export interface RecordedEvent {
  /** ISO 8601, milliseconds. */
  at: string;
  region: string;
  voiceConnectorId: string;
  transactionId: string;
  streamingStatus: StreamingStatus;
  /** Of whose leg it tells. */
  leg: "caller" | "callee";
  isLost: boolean;
}

const MAX_ENTRIES = 1_000;

/** The latest events, in the order of their delivery. */
export class EventLog extends Journal<RecordedEvent> {
  constructor() {
    super(MAX_ENTRIES);
  }
}
