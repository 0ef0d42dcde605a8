import type { EventSource } from "./events.js";
import type { Fault, Faults } from "./faults.js";

type LegFaultKind =
  | "dropFragments"
  | "missingTags"
  | "lateListing"
  | "lateTags"
  | "nextCallTags"
  | "updatedEvent"
  | "streamingFailure";

/** What goes wrong with one leg. */
export interface LegFaults {
  isDropped(index: number, count: number): boolean;
  isTagless(index: number, count: number): boolean;
  listedLateMs(index: number, count: number): number;
  lateTags: boolean;
  /** Its last fragment carries the tags of the next call. */
  announcesNext: boolean;
  /** An UPDATED event follows its STARTED. */
  isUpdated: boolean;
}

/** The faults that strike a leg that is about to begin. */
export function strikeLegFaults(faults: Faults, source: EventSource): LegFaults {
  const dropped = strikeLegFault(faults, "dropFragments", source)?.fragments;
  const tagless = strikeLegFault(faults, "missingTags", source)?.fragments;
  const late = strikeLegFault(faults, "lateListing", source);
  return {
    isDropped: (index, count) => isNamed(dropped, index, count),
    isTagless: (index, count) => isNamed(tagless, index, count),
    listedLateMs: (index, count) => (late && isNamed(late.fragments, index, count) ? late.ms : 0),
    lateTags: strikeLegFault(faults, "lateTags", source) !== undefined,
    announcesNext: strikeLegFault(faults, "nextCallTags", source) !== undefined,
    isUpdated: strikeLegFault(faults, "updatedEvent", source) !== undefined,
  };
}

/** The fault of this kind that strikes a leg, if any. */
export function strikeLegFault<K extends LegFaultKind>(
  faults: Faults,
  kind: K,
  source: EventSource,
): Extract<Fault, { kind: K }> | undefined {
  return faults.strike(kind, (fault) => fitsLeg(fault as Extract<Fault, { kind: LegFaultKind }>, source));
}

function fitsLeg(fault: Extract<Fault, { kind: LegFaultKind }>, { connector, leg }: EventSource): boolean {
  return (
    (fault.region === undefined || fault.region === connector.region) &&
    (fault.voiceConnectorId === undefined || fault.voiceConnectorId === connector.id) &&
    (fault.leg === undefined || fault.leg === leg)
  );
}

function isNamed(fragments: "all" | number[] | undefined, index: number, count: number): boolean {
  if (fragments === undefined) return false;
  return fragments === "all" || fragments.includes(index) || fragments.includes(index - count);
}
