import type { PlacedLeg } from "./call-report.js";
import type { Mark } from "./report-data.js";
import { lengthText } from "./time-text.js";

/** More of them a page does not list; the sidecar has all. */
export const MOST_MARKS = 2_000;

/** What is to be seen at places of a call, in their order, what has no place last. */
export function callMarks(
  legs: readonly PlacedLeg[],
  overlaps: readonly { lane: number; atMs: number; durationMs: number }[],
): Mark[] {
  const marks = legs.flatMap(legMarks);
  for (const overlap of overlaps) {
    const text = "Two recordings of this leg have audio here; the one that began later is heard.";
    marks.push({ kind: "overlap", ...overlap, title: `Overlap, ${lengthText(overlap.durationMs)}`, text });
  }
  marks.sort((a, b) => (a.atMs ?? Number.POSITIVE_INFINITY) - (b.atMs ?? Number.POSITIVE_INFINITY));
  if (marks.length <= MOST_MARKS) return marks;
  const text = `There are ${marks.length} in all; the sidecars have every one.`;
  return [...marks.slice(0, MOST_MARKS), { kind: "error", lane: 0, title: "More marks", text }];
}

function legMarks({ sidecar, lane, atMs: legAtMs }: PlacedLeg): Mark[] {
  const marks: Mark[] = [];
  for (const { atMs, durationMs } of sidecar.gaps) {
    const text = "The telephone system's clock goes on and there is no audio; silence stands in its place.";
    marks.push({ kind: "gap", lane, atMs: legAtMs + atMs, durationMs, title: `Gap, ${lengthText(durationMs)}`, text });
  }
  for (const { atMs, byMs } of sidecar.clockSteps) {
    const text = `The telephone system's clock was set ${byMs < 0 ? "back" : "forward"} by ${lengthText(Math.abs(byMs))}; time is counted on from here.`;
    marks.push({ kind: "clock", lane, atMs: legAtMs + atMs, title: "Clock set", text });
  }
  for (const { code, message, atMs, fragmentNumber } of sidecar.errors) {
    const text = fragmentNumber === undefined ? `${message}.` : `${message}. Fragment ${fragmentNumber}.`;
    marks.push({ kind: "error", lane, ...(atMs !== undefined && { atMs: legAtMs + atMs }), title: code, text });
  }
  return [...marks, ...pauseMarks(sidecar, lane, legAtMs)];
}

/** Where a leg stops and goes on, as on hold. */
function pauseMarks({ pieces = [], mediaStartTime }: PlacedLeg["sidecar"], lane: number, legAtMs: number): Mark[] {
  if (mediaStartTime === undefined) return [];
  return pieces.slice(1).flatMap(({ startTime }): Mark[] => {
    if (startTime === undefined) return [];
    const atMs = legAtMs + Math.max(0, Date.parse(startTime) - Date.parse(mediaStartTime));
    const text = "The leg had stopped, as on hold, and goes on here.";
    return [{ kind: "pause", lane, atMs, title: "Goes on", text }];
  });
}
