import { Journal } from "./journal.js";

/** One API call that local-aws received. */
export interface RecordedCall {
  /** E.g. `chime:PutVoiceConnectorStreamingConfiguration`. */
  action: string;
  region: string;
  resource: string;
  /** ISO 8601, milliseconds. */
  at: string;
  status: number;
  accessKeyId: string;
}

/** The latest calls, oldest first. */
export class CallLog extends Journal<RecordedCall> {}
