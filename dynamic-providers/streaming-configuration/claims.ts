import * as pulumi from "@pulumi/pulumi";
import { isPending } from "../faults.js";
import { mistake } from "../shim.js";

interface Claim {
  name: string;
  region: string | undefined;
}

/**
 * Which connectors the resources of a program manage. By the run that registers them: one process may run the programs of
 * several stacks, and each of them several times.
 */
const claimsOfRuns = new WeakMap<object, Map<string, Claim[]>>();

/** The connection to the engine is another one in every run, under mocks too. */
function claimsOfThisRun(): Map<string, Claim[]> {
  const run = pulumi.runtime.getMonitor();
  // Without an engine nothing can be registered either; the SDK says so.
  if (!run) return new Map();
  const claims = claimsOfRuns.get(run) ?? new Map<string, Claim[]>();
  claimsOfRuns.set(run, claims);
  return claims;
}

/** A connector is in one region: two claims are of two connectors only where they name different regions. */
function otherClaim(claims: readonly Claim[], region: string | undefined): Claim | undefined {
  return claims.find((claim) => claim.region === undefined || region === undefined || claim.region === region);
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The resource of this program that manages the connector already, by name; undefined where the id is not known yet. */
export function claimedBy(voiceConnectorId: unknown, region: unknown): string | undefined {
  const id = textOf(voiceConnectorId);
  if (id === undefined) return undefined;
  return otherClaim(claimsOfThisRun().get(id) ?? [], textOf(region))?.name;
}

/**
 * Claims a connector for a resource: at once where its id is known, else when it is.
 * @returns the id, to be used in its place
 * @throws pulumi.RunError where another resource of the program has it: each would undo what the other does
 */
export function claimed(
  voiceConnectorId: pulumi.Input<string>,
  region: pulumi.Input<string> | undefined,
  name: string,
): pulumi.Input<string> {
  const claims = claimsOfThisRun();
  const claim = (id: string, ofRegion: string | undefined): string => {
    // A wrong id is check's to tell.
    if (typeof id !== "string") return id;
    const before = claims.get(id) ?? [];
    const other = otherClaim(before, ofRegion);
    if (other) {
      throw mistake(
        `Voice Connector ${id} is managed twice in this program, by "${other.name}" and by "${name}". ` +
          "It has one streaming configuration: remove one of them.",
      );
    }
    claims.set(id, [...before, { name, region: ofRegion }]);
    return id;
  };
  if (!isPending(voiceConnectorId)) {
    claim(voiceConnectorId as string, textOf(region));
    return voiceConnectorId;
  }
  return pulumi.all([voiceConnectorId, region]).apply(([id, ofRegion]) => claim(id, ofRegion ?? undefined));
}
