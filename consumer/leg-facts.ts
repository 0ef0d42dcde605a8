import type { LegRequest } from "./leg-request.js";
import { findLegRecordings } from "./recordings/leg-recordings.js";
import { RecordingChanged, type RecordingStore } from "./recordings/recording-store.js";
import type { Sidecar } from "./recordings/sidecar.js";

/** What events tell of a leg beside its bounds, and the stream does not. */
const FACTS = [
  "callId",
  "voiceConnectorId",
  "isCaller",
  "direction",
  "mediaIndex",
  "mediaLabel",
  "fromNumber",
  "toNumber",
] as const;

export type LegFacts = Pick<Sidecar, (typeof FACTS)[number]>;

const MAX_CONFLICTS = 5;

/** What is known there and missing here. What is known here stays as it is. */
export function lackingFacts(here: LegFacts, there: LegFacts): LegFacts {
  const lacking = FACTS.filter((fact) => here[fact] === undefined && there[fact] !== undefined);
  return Object.fromEntries(lacking.map((fact) => [fact, there[fact]]));
}

/**
 * Adds what is known of a leg to the sidecars of its recordings that lack it: one event may tell what another did not, and whoever
 * recorded the leg may have known of none.
 */
export async function addFacts(leg: LegRequest, store: RecordingStore): Promise<void> {
  if (leg.transactionId === undefined) return;
  for (let conflicts = 0; ; conflicts++) {
    try {
      for (const { name, sidecar, version } of await findLegRecordings(store, leg.transactionId)) {
        if (sidecar.streamArn !== leg.stream.arn) continue;
        const lacking = lackingFacts(sidecar, leg);
        if (Object.keys(lacking).length > 0) await store.putSidecar(name, { ...sidecar, ...lacking }, version);
      }
      return;
    } catch (error) {
      if (!(error instanceof RecordingChanged) || conflicts === MAX_CONFLICTS) throw error;
    }
  }
}
