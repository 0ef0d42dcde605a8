import { ARCHIVE_UNREAD_CODE } from "../leg-completeness.js";
import type { UncommittedSidecar } from "../leg-recording.js";
import type { LegRequest } from "../leg-request.js";
import type { Sidecar } from "../recordings/sidecar.js";

/** What is to become of the message that an event came in. */
export type Settlement =
  | { kind: "done"; sidecar?: Sidecar }
  /** The leg is not all there yet. */
  | { kind: "later"; why: string }
  /** No delivery will ever help. The reason is shown to people: it names no number, and nothing that the message holds. */
  | { kind: "putAside"; reason: string };

/** Errors of a recording that a later attempt can mend. */
const MENDABLE = /^(?:kinesis-(?:3002|5\d{3})|not-received|shorterThanListed)$/;
/** What events name, where listings come late. */
const NOT_LISTED_YET = new Set(["first-missing", "piece-missing"]);
/** A fragment that is not listed by then will not be: it has expired, and while one waits so does what follows it. */
const LISTED_AFTER_MS = 10 * 60_000;

/** An end that is not proven, and fragments that may yet be had, are reasons to wait for a better recording. */
export function isWorthKeeping(sidecar: UncommittedSidecar, nowMs: number): boolean {
  if (sidecar.complete) return true;
  const { errors, bounds, endProof } = sidecar;
  if (errors.some(({ code }) => code === ARCHIVE_UNREAD_CODE)) return false;
  // Live without retention: there is no second chance.
  if (sidecar.fragments.listed === undefined) return true;
  const isYoung = bounds.startTime !== undefined && nowMs - Date.parse(bounds.startTime) < LISTED_AFTER_MS;
  const canMend = errors.some(({ code }) => MENDABLE.test(code) || (NOT_LISTED_YET.has(code) && isYoung));
  return endProof !== "none" && !canMend;
}

/** Why nothing was kept. */
export function whyLater({ endProof, errors }: UncommittedSidecar): string {
  if (endProof === "none") return "the leg's end is not proven";
  return `fragments may yet be had (${errors.map(({ code }) => code).join(", ")})`;
}

/** Whether a recording was made with the knowledge that the event has. */
export function isBoundedBy({ bounds }: Sidecar, leg: LegRequest): boolean {
  const endTimeMs = bounds.endTime === undefined ? undefined : Date.parse(bounds.endTime);
  return bounds.endFragmentNumber === leg.endFragmentNumber && endTimeMs === leg.endTimeMs;
}

/** Whether a recording reaches from the leg's first fragment to its last, as far as that is known. */
export function hasBothEnds({ fragments, endProof }: Sidecar, leg: LegRequest): boolean {
  if (leg.startFragmentNumber === undefined || fragments.first !== leg.startFragmentNumber) return false;
  return leg.endFragmentNumber === undefined ? endProof !== "none" : fragments.last === leg.endFragmentNumber;
}
