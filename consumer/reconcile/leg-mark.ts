import * as z from "zod";
import { markText, parseMark } from "../events/event-mark.js";
import type { EndedEvent, StartedEvent } from "../events/streaming-event.js";

/** What is known of a leg that nobody has recorded: its event, and how often reconciliation has announced its end. */
export interface LegMark {
  event: StartedEvent | EndedEvent;
  announcements: number;
  /** Of the latest announcement. */
  announcedAtMs?: number;
  /** When the leg was first heard of; for one whose event does not tell when it began, the best there is. */
  sinceMs?: number;
  /** When a worker was first told of its end by an event, and could not record it. */
  endedAtMs?: number;
}

const time = z.iso.datetime().transform(Date.parse).optional().catch(undefined);

const knownSchema = z.object({
  announcements: z.int().min(0).catch(0).default(0),
  announcedAt: time,
  since: time,
  endedAt: time,
});

/** As a mark holds it: the event's detail, and beside its fields `announcements`, `announcedAt`, `since` and `endedAt`. */
export function legMarkText({ event, announcements, announcedAtMs, sinceMs, endedAtMs }: LegMark): string {
  const times = { announcedAt: isoOf(announcedAtMs), since: isoOf(sinceMs), endedAt: isoOf(endedAtMs) };
  return JSON.stringify({ ...JSON.parse(markText(event)), announcements, ...times });
}

/** The leg in a mark, or undefined where the text is something else. */
export function parseLegMark(text: string): LegMark | undefined {
  const event = parseMark(text);
  if (!event) return undefined;
  const { announcements, announcedAt, since, endedAt } = knownSchema.parse(JSON.parse(text));
  return { event, announcements, announcedAtMs: announcedAt, sinceMs: since, endedAtMs: endedAt };
}

function isoOf(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString();
}
