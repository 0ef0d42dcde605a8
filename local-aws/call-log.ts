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
export class CallLog {
  private readonly entries: RecordedCall[] = [];

  constructor(private readonly maxEntries = 20_000) {}

  add(call: RecordedCall): void {
    this.entries.push(call);
    // Dropping half at a time keeps the cost of the limit off every call.
    if (this.entries.length > this.maxEntries) this.entries.splice(0, this.maxEntries / 2);
  }

  list(): RecordedCall[] {
    return [...this.entries];
  }

  clear(): void {
    this.entries.length = 0;
  }
}
