import type { StreamingEvent } from "../events/streaming-event.js";
import type { LegObserver } from "../queue/leg-observer.js";
import type { MetricName, Metrics } from "./metrics.js";

const BY_STATUS: Record<StreamingEvent["status"], MetricName> = {
  STARTED: "EventsStarted",
  ENDED: "EventsEnded",
  UPDATED: "EventsUpdated",
  FAILED: "EventsFailed",
};

/** Two messages about one leg, or a few, come to one process at about the same time. */
const MAX_REMEMBERED = 1_000;

/** Counts what becomes of events. */
export function legMetrics(metrics: Metrics): LegObserver {
  const incomplete = new Set<string>();
  return {
    onEvent: ({ status }) => metrics.count(BY_STATUS[status]),
    onRecorded({ durationMs, bounds, recordedTime }) {
      metrics.count("LegsRecorded");
      metrics.record("SecondsOfAudio", durationMs / 1000);
      if (bounds.endTime === undefined) return;
      // Clocks differ.
      const lagMs = Math.max(0, Date.parse(recordedTime) - Date.parse(bounds.endTime));
      metrics.record("RecordingLag", lagMs / 1000);
    },
    // Not when it is committed: who did that may have died before it could report it. Once in a process, and again in another.
    onSettled({ complete, recordingId }) {
      if (complete || incomplete.has(recordingId)) return;
      metrics.count("LegsIncomplete");
      incomplete.add(recordingId);
      if (incomplete.size > MAX_REMEMBERED) incomplete.delete(incomplete.values().next().value!);
    },
    onMixed: () => metrics.count("CallsMixed"),
    onExpired: () => metrics.count("LegsExpired"),
    // Clocks differ.
    onPickup: (lagMs) => metrics.record("PickupLag", Math.max(0, lagMs) / 1000),
  };
}
