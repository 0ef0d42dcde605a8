import * as z from "zod";

/** What a schedule asks for. */
export interface ReconcileRequest {
  /** `marks`: legs that were announced and not recorded. `sweep`: one hour's share of the streams. */
  tier: "marks" | "sweep";
  /** When the schedule came, in milliseconds since 1970: a late or repeated delivery is for the same share. */
  timeMs: number;
}

const requestSchema = z.object({
  tier: z.enum(["marks", "sweep"]).catch("marks").default("marks"),
  time: z.iso.datetime({ offset: true }).optional().catch(undefined),
});

/**
 * The request in what EventBridge delivers: `{"tier": "marks" | "sweep", "time": "<ISO 8601>"}`, the same as text or as an event's
 * `detail`, or a plain scheduled event, which asks for the cheaper tier. Without a time it is now.
 */
export function parseReconcileRequest(received: unknown, nowMs: number): ReconcileRequest {
  const outer = objectIn(received);
  const { tier, time } = requestSchema.parse({ time: outer.time, ...objectIn(outer.detail), ...outer });
  return { tier, timeMs: time === undefined ? nowMs : Date.parse(time) };
}

function objectIn(value: unknown): Record<string, unknown> {
  if (typeof value === "string") {
    try {
      return objectIn(JSON.parse(value));
    } catch {
      return {};
    }
  }
  return typeof value === "object" && value !== null ? { ...value } : {};
}
