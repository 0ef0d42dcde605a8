import type { EndProof } from "./kinesis-video/end-proof.js";
import { isWithin } from "./kinesis-video/fragment-bounds.js";
import type { FragmentRange, ListedFragment } from "./kinesis-video/fragment-listing.js";
import { shorterThanListed } from "./kinesis-video/media-length.js";
import type { LegReport } from "./leg/leg-report.js";
import type { LegRequest } from "./leg-request.js";
import { compareFragmentNumbers } from "./matroska/fragment.js";
import type { Sidecar } from "./recordings/sidecar.js";

/** What a reader knows when it has read a leg. */
export interface ReadingEnd {
  endProof: EndProof;
  reader: "archive" | "live";
  /** The last listing; absent where the stream archives nothing. */
  listing?: {
    listed: readonly ListedFragment[];
    listedAtMs: number;
    /** How long it had not changed by then. */
    unchangedMs: number;
    /** What was listed: what starts before it, or has expired, is not in it. */
    range: FragmentRange;
    /** How long the stream keeps media; undefined where nobody asked. */
    retentionMs?: number;
  };
}

/** Only what starts between these times, by the producer's clock, is recorded, whether the leg goes on beyond them or not. */
export interface RecordingLimits {
  fromMs?: number;
  toMs?: number;
}

export interface LegEvidence {
  leg: LegRequest;
  limits: RecordingLimits;
  report: LegReport;
  end: ReadingEnd;
  /** What came whole, and how long it is at most. */
  received: ReadonlyMap<string, number>;
  failures: Sidecar["errors"];
  /** Listings that stay equal for this long prove an end. */
  provingQuiescenceMs: number;
}

export interface LegCompleteness {
  /** By ListFragments within the leg; undefined where the stream archives nothing. */
  listed: number | undefined;
  received: number;
  errors: Sidecar["errors"];
  /** Nothing that is known to be the leg's is missing: to read it again would not help. */
  hasAllListed: boolean;
  complete: boolean;
}

/** The code of the error that says that a part of the leg expired before a listing could show whether all of it was received. */
export const EXPIRED_UNPROVEN_CODE = "expired-before-proof";
/** Of the error that says that the archive refused to prove what was read live: it may yet be asked. */
export const ARCHIVE_UNREAD_CODE = "archive-unread";
/** No fragment is longer: media that starts this much after a listing's beginning is not what the beginning cut. */
const LONGEST_FRAGMENT_MS = 20_000;
/** Media expires by the server's clock, and ours may be wrong. */
const CLOCK_TOLERANCE_MS = 60_000;

/** What may be claimed of a recording, by design: every listed fragment whole, the first included, and the end proven. */
export function assessLeg(evidence: LegEvidence): LegCompleteness {
  const { leg, report, end, received } = evidence;
  const bounds = {
    startFragmentNumber: leg.startFragmentNumber ?? report.firstFragmentNumber,
    endFragmentNumber: leg.endFragmentNumber ?? lastKnown(evidence),
  };
  const inLeg = end.listing?.listed.filter(({ fragmentNumber }) => isWithin(fragmentNumber, bounds));
  const cut = (inLeg ?? []).flatMap((listed) => {
    const failure = shorterThanListed(received.get(listed.fragmentNumber) ?? Infinity, listed);
    return failure ? [{ ...failure, fragmentNumber: listed.fragmentNumber }] : [];
  });
  const errors = [...report.errors, ...evidence.failures, ...cut, ...boundaryErrors(evidence)];
  const missing = (inLeg ?? []).filter(({ fragmentNumber }) => !received.has(fragmentNumber)).length + cut.length;
  const hasAllListed = inLeg !== undefined && missing === 0 && errors.length === 0;
  const expired = inLeg && expiredUnproven(evidence, inLeg, bounds.startFragmentNumber);
  const isProven = !report.boundaryUncertain && !expired && hasFirst(evidence) && isEndProven(evidence);
  return {
    listed: inLeg?.length,
    received: inLeg ? inLeg.length - missing : report.fragments,
    errors: expired ? [...errors, expired] : errors,
    hasAllListed,
    complete: hasAllListed && isProven,
  };
}

/**
 * What expires leaves the listing in the order in which it came: where the leg's first fragment is listed, so is all that followed it.
 * Where it is not, the listing does not tell what is missing before its own first one. Then the time of the media has to, which
 * runs on from the first fragment to those that are listed, without a gap and without the producer's clock being set.
 */
function expiredUnproven(
  { report, received }: LegEvidence,
  inLeg: readonly ListedFragment[],
  first: string | undefined,
): Sidecar["errors"][number] | undefined {
  // What was never received is missing for another reason, and named elsewhere.
  if (first === undefined || !received.has(first)) return undefined;
  if (inLeg.some(({ fragmentNumber }) => fragmentNumber === first)) return undefined;
  const isContinuous = report.gaps.length === 0 && report.clockSteps.length === 0;
  if (isContinuous && inLeg.length > 0 && report.firstFragmentNumber === first) return undefined;
  const message =
    "the first part of the leg was no longer listed when it was verified, as what is older than the stream's retention: whether all of it was received cannot be checked";
  return { code: EXPIRED_UNPROVEN_CODE, message };
}

/** What could not be had behind the last fragment that came was looked for because it is the leg's, as far as is known. */
function lastKnown({ report, failures }: LegEvidence): string | undefined {
  const numbers = [report.lastFragmentNumber, ...failures.map(({ fragmentNumber }) => fragmentNumber)];
  return numbers
    .filter((number) => number !== undefined)
    .sort(compareFragmentNumbers)
    .at(-1);
}

/** What the events name and is not there. */
function boundaryErrors({ leg, end, received }: LegEvidence): Sidecar["errors"] {
  const isLacking = (fragmentNumber: string | undefined): fragmentNumber is string =>
    fragmentNumber !== undefined &&
    !received.has(fragmentNumber) &&
    !end.listing?.listed.some((listed) => listed.fragmentNumber === fragmentNumber);
  const errors: Sidecar["errors"] = [];
  const { startFragmentNumber: first, endFragmentNumber: last } = leg;
  if (isLacking(first)) {
    const message =
      "the leg's first fragment, as its event names it, is not in the stream: it has expired, or was never kept";
    errors.push({ code: "first-missing", message, fragmentNumber: first });
  }
  if (isLacking(last)) {
    const message = "the leg's last fragment, as its event names it, was not found in the stream";
    errors.push({ code: "last-missing", message, fragmentNumber: last });
  }
  for (const bound of boundsBetween(leg)) {
    if (!isLacking(bound)) continue;
    const message =
      "the first or last fragment of one of the leg's pieces, as its event names it, is not in the stream";
    errors.push({ code: "piece-missing", message, fragmentNumber: bound });
  }
  return errors;
}

/** Where pieces end and begin, but for where the leg does. */
function boundsBetween({ pieces = [] }: LegRequest): (string | undefined)[] {
  const bounds = pieces.flatMap(({ startFragmentNumber, endFragmentNumber }) => [
    startFragmentNumber,
    endFragmentNumber,
  ]);
  return bounds.slice(1, -1);
}

/** Told by an event, the first fragment must be there; else something before it must show that it is the first. */
function hasFirst({ leg, limits, report, end, received }: LegEvidence): boolean {
  if (leg.startFragmentNumber !== undefined) return received.has(leg.startFragmentNumber);
  if (!end.listing) return false;
  const { listed, range, retentionMs, listedAtMs } = end.listing;
  const at = listed.findIndex(({ fragmentNumber }) => fragmentNumber === report.firstFragmentNumber);
  const first = listed[at];
  if (!first) return false;
  const before = listed[at - 1];
  if (before) return report.precededBy === "other" && received.has(before.fragmentNumber);
  // A call on hold says nothing for longer than any margin: nothing just before a limit proves nothing.
  if (limits.fromMs !== undefined || retentionMs === undefined) return false;
  const startMs = range.by === "server" ? first.serverTimestampMs : first.producerTimestampMs;
  const expiredUntilMs = listedAtMs - retentionMs + CLOCK_TOLERANCE_MS;
  return (
    startMs - range.fromMs >= LONGEST_FRAGMENT_MS && first.serverTimestampMs - expiredUntilMs >= LONGEST_FRAGMENT_MS
  );
}

function isEndProven({ leg, limits, end, received, provingQuiescenceMs }: LegEvidence): boolean {
  if (leg.endFragmentNumber !== undefined && !received.has(leg.endFragmentNumber)) return false;
  switch (end.endProof) {
    case "endedEvent":
    case "nextTransaction":
      return true;
    case "endTime":
      // That somebody wanted no more does not say that there was no more.
      return limits.toMs === undefined;
    case "quiescence": {
      if (!end.listing || end.listing.unchangedMs < provingQuiescenceMs) return false;
      const isTold = leg.endFragmentNumber !== undefined || (leg.endTimeMs !== undefined && limits.toMs === undefined);
      // A listing says nothing about what comes after its range.
      return isTold || end.listing.range.toMs >= end.listing.listedAtMs;
    }
    case "none":
      return false;
  }
}
