import type * as pulumi from "@pulumi/pulumi";
import { isObject, isPending, isRegion, isText, regionReason } from "../dynamic-providers/faults.js";
import {
  idReason,
  isRetention,
  isVoiceConnectorId,
  retentionReason,
} from "../dynamic-providers/streaming-configuration/arguments.js";
import { ArgumentFaults } from "./argument-faults.js";

/** A connector whose calls are recorded. */
export interface ConsumedConnector {
  /** Part of resource names. */
  name: string;
  voiceConnectorId: pulumi.Input<string>;
  region: string;
  dataRetentionInHours?: pulumi.Input<number> | undefined;
}

interface Entry {
  path: string;
  name: unknown;
  given: Record<string, unknown>;
  /** Comes from a VoiceConnectorStreaming, which has checked it. */
  isStreaming: boolean;
}

const NAMES = ["voiceConnectorId", "region", "dataRetentionInHours", "name"];

const connectorsIn = (value: unknown): unknown => (isObject(value) ? value.connectors : value);

function entriesOf(value: unknown): (Entry | { path: string })[] | undefined {
  const list = connectorsIn(value);
  if (!Array.isArray(list)) return undefined;
  return list.map((item, i) => {
    const path = `connectors[${i}]`;
    if (!isObject(item)) return { path };
    const isStreaming = isObject(item.declared);
    const given = isStreaming ? (item.declared as Record<string, unknown>) : item;
    return { path, name: item.name ?? undefined, given, isStreaming };
  });
}

/** What the consumer's other arguments ask of its connectors. */
export interface ConnectorDemands {
  /** Of connectors that name none. */
  defaultRegion: string | undefined;
  /** Archive mode: what retention has to be at least, in hours. */
  retentionInHours: number | undefined;
}

/** Every fault of `connectors`, whichever of its forms they have. */
export function connectorFaults(value: unknown, demands: ConnectorDemands): ArgumentFaults {
  const list = new ArgumentFaults();
  const entries = entriesOf(value);
  if (!entries?.length) {
    list.add("connectors", "is required and must be a list of at least one connector, or a VoiceConnectorStreaming");
    return list;
  }
  const seen = new Map<unknown, string>();
  for (const entry of entries) {
    if (!("given" in entry)) list.add(entry.path, "must be an object with voiceConnectorId");
    else checkEntry(list, entry, demands, seen);
  }
  return list;
}

function checkEntry(list: ArgumentFaults, entry: Entry, demands: ConnectorDemands, seen: Map<unknown, string>): void {
  const { path, name, given, isStreaming } = entry;
  const { voiceConnectorId: id, region } = given;
  if (!isStreaming) list.known(given, NAMES, `${path}.`);
  list.required(`${path}.voiceConnectorId`, id, isVoiceConnectorId, idReason);
  list.plain(`${path}.name`, name, isText, "must be a text that is not empty");
  if (isPending(id) && name === undefined) {
    list.add(`${path}.name`, "is required where voiceConnectorId is an Output");
  }
  for (const key of new Set([isPending(id) ? undefined : id, name ?? id])) {
    if (key === undefined || key === null || isPending(key)) continue;
    const other = seen.get(key);
    if (other) list.add(`${path}.${key === id ? "voiceConnectorId" : "name"}`, `is the same as that of ${other}`);
    else seen.set(key, path);
  }
  const hasRegion = list.plain(`${path}.region`, region, isRegion, regionReason);
  if (!hasRegion && (region === undefined || region === null) && !isRegion(demands.defaultRegion)) {
    const why = demands.defaultRegion === undefined ? "is not set" : "has no Voice Connectors";
    list.add(`${path}.region`, `is required, as aws:region of the stack ${why}; it ${regionReason}`);
  }
  checkRetention(list, entry, demands);
  checkTargets(list, entry);
}

function checkRetention(
  list: ArgumentFaults,
  { path, name, given }: Entry,
  { retentionInHours }: ConnectorDemands,
): void {
  const { dataRetentionInHours: hours, voiceConnectorId } = given;
  list.optional(`${path}.dataRetentionInHours`, hours, isRetention, retentionReason);
  if (typeof hours !== "number" || !isRetention(hours) || retentionInHours === undefined) return;
  const fault = retentionFault(hours, retentionInHours);
  const connector = isText(name) ? name : isText(voiceConnectorId) ? voiceConnectorId : path;
  if (fault) list.add(`${path}.dataRetentionInHours`, `of ${connector} ${fault}`);
}

/** Why audio could be gone before it is recorded, where it could. */
export function retentionFault(hours: number, atLeast: number): string | undefined {
  if (hours >= atLeast) return undefined;
  const what = hours === 0 ? "is 0: nothing is kept that archive mode could read" : `is ${hours}`;
  return (
    `${what}; set it to at least ${atLeast}, which is maxCallHours and recoveryWindowHours together, ` +
    'or make these smaller, or record with mode: "live"'
  );
}

/** SNS and SQS are no way here: Chime's API does not say which topic or queue it takes. */
function checkTargets(list: ArgumentFaults, { path, given, isStreaming }: Entry): void {
  const { notificationTargets: targets } = given;
  if (!isStreaming || !Array.isArray(targets) || targets.some(isPending) || targets.includes("EventBridge")) return;
  list.add(`${path}.notificationTargets`, "must have EventBridge among them, as that is where events are taken from");
}

/** The connectors of arguments that have no fault. */
export function consumedConnectors(value: unknown, defaultRegion: string | undefined): ConsumedConnector[] {
  return (entriesOf(value) ?? []).flatMap((entry) => {
    if (!("given" in entry)) return [];
    const { voiceConnectorId, region, dataRetentionInHours } = entry.given;
    return {
      name: String(entry.name ?? voiceConnectorId),
      voiceConnectorId: voiceConnectorId as pulumi.Input<string>,
      region: (region ?? defaultRegion) as string,
      dataRetentionInHours: (dataRetentionInHours ?? undefined) as pulumi.Input<number> | undefined,
    };
  });
}

/** By region, in the order in which regions come first. */
export function byRegion(connectors: readonly ConsumedConnector[]): Map<string, ConsumedConnector[]> {
  const regions = new Map<string, ConsumedConnector[]>();
  for (const connector of connectors) {
    regions.set(connector.region, [...(regions.get(connector.region) ?? []), connector]);
  }
  return regions;
}
