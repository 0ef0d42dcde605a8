import { parseStreamingEvent } from "../events/streaming-event.js";
import type { Metrics } from "./metrics.js";

/**
 * Counts a message that is given back to be tried again. SQS leaves messages that were received three times out of its own metric of
 * the oldest one's age, so the event's age tells of what is tried again and again.
 */
export function countRetry(metrics: Metrics, { body }: { body: string }, nowMs: number): void {
  metrics.count("Retries");
  const parsed = parseStreamingEvent(body);
  const sinceMs = parsed.kind === "event" ? parsed.event.eventTimeMs : undefined;
  // Clocks differ.
  if (sinceMs !== undefined) metrics.record("MessageAge", Math.max(0, nowMs - sinceMs) / 1000);
}
