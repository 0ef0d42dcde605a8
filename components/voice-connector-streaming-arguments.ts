import { type Fault, FaultList, isObject, isPending, isText } from "../dynamic-providers/faults.js";
import { serviceLinkedRoleFaults } from "../dynamic-providers/service-linked-role/arguments.js";
import { argumentNames, streamingConfigurationFaults } from "../dynamic-providers/streaming-configuration/arguments.js";
import { claimedBy } from "../dynamic-providers/streaming-configuration/claims.js";
import type { ConnectorArgs, VoiceConnectorStreamingArgs } from "./voice-connector-streaming.js";

const defaultNames = argumentNames.filter((name) => name !== "voiceConnectorId");

/** The part of its resource's name that tells a connector from the others. */
export function childName({ name, voiceConnectorId }: ConnectorArgs): string {
  return name ?? String(voiceConnectorId);
}

/** What its resource was called before a connector was given a name: with no alias streaming would end at the rename. */
export function formerNames(component: string, { name, voiceConnectorId }: ConnectorArgs): { name: string }[] {
  return name !== undefined && typeof voiceConnectorId === "string"
    ? [{ name: `${component}-${voiceConnectorId}` }]
    : [];
}

/** A connector's own arguments over the defaults for all. */
export function connectorArguments(
  args: VoiceConnectorStreamingArgs,
  connector: ConnectorArgs,
): Record<string, unknown> {
  const { name: _name, ...own } = connector as unknown as Record<string, unknown>;
  const defaults = Object.fromEntries(
    defaultNames.map((name) => [name, (args as unknown as Record<string, unknown>)[name]]),
  );
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined && value !== null));
  return { ...defaults, ...given };
}

/** Every fault of everything that is known in the program: the defaults once, each connector, the role. */
export function voiceConnectorStreamingFaults(args: VoiceConnectorStreamingArgs): Fault[] {
  if (!isObject(args)) return [{ property: "args", reason: "must be an object with connectors" }];
  const list = new FaultList();
  list.known(args, [...defaultNames, "connectors", "serviceLinkedRole"]);
  if (!Array.isArray(args.connectors)) {
    list.add("connectors", "is required and must be a list of objects with voiceConnectorId");
    return list.faults;
  }
  const faults = [...list.faults, ...defaultFaults(args)];
  const faultyDefaults = new Set(faults.map(({ property }) => property));
  const ids = new Map<unknown, number>();
  const names = new Map<string, number>();
  args.connectors.forEach((connector, i) => {
    const path = `connectors[${i}].`;
    if (!isObject(connector)) {
      faults.push({ property: `connectors[${i}]`, reason: "must be an object with voiceConnectorId" });
      return;
    }
    const own = streamingConfigurationFaults(connectorArguments(args, connector), path);
    // A default's fault is told once, not once a connector.
    faults.push(...own.filter(({ property }) => !faultyDefaults.has(property.slice(path.length))));
    faults.push(...nameFaults(connector, i, ids, names), ...accountFaults(args, connector, path));
    const other = claimedBy(connector.voiceConnectorId, connector.region ?? args.region);
    if (other !== undefined) {
      faults.push({ property: `${path}voiceConnectorId`, reason: `is managed by "${other}" in this program already` });
    }
  });
  return [...faults, ...roleFaults(args.serviceLinkedRole)];
}

function defaultFaults(args: VoiceConnectorStreamingArgs): Fault[] {
  const defaults = Object.fromEntries(Object.entries(args).filter(([name]) => defaultNames.some((n) => n === name)));
  return streamingConfigurationFaults(defaults).filter(
    ({ property }) => property !== "voiceConnectorId" && defaults[property.split(/[.[]/)[0]!] !== undefined,
  );
}

function nameFaults(
  connector: ConnectorArgs,
  i: number,
  ids: Map<unknown, number>,
  names: Map<string, number>,
): Fault[] {
  const list = new FaultList(`connectors[${i}].`);
  const { voiceConnectorId: id, name } = connector;
  list.optional("name", name, isText, "must be a text that is not empty");
  if (typeof id !== "string") {
    if (isPending(id) && name === undefined) list.add("name", "is required where voiceConnectorId is an Output");
  } else if (ids.has(id)) list.add("voiceConnectorId", `is the same as that of connectors[${ids.get(id)}]`);
  else ids.set(id, i);
  const child = name ?? (typeof id === "string" ? id : undefined);
  if (child !== undefined && names.has(child) && !list.faults.length) {
    list.add("name", `is the same as that of connectors[${names.get(child)}]`);
  } else if (child !== undefined) names.set(child, i);
  return list.faults;
}

/** The role is made with the defaults' credentials, and an account has its own: another account would stream without one. */
function accountFaults(args: VoiceConnectorStreamingArgs, connector: ConnectorArgs, path: string): Fault[] {
  if (args.serviceLinkedRole === false) return [];
  const own = connectorArguments(args, connector);
  const role: Record<string, unknown> = {
    profile: args.profile,
    assumeRole: args.assumeRole,
    ...args.serviceLinkedRole,
  };
  const differing = ["profile", "assumeRole"].filter((name) => isDifferent(own[name], role[name]));
  return differing.map((name) => ({
    property: `${path}${name}`,
    reason: "is not that of the role: use a VoiceConnectorStreaming for each account, or serviceLinkedRole: false",
  }));
}

/** Whether two profiles or assumed roles are known to differ: what is pending, or wrong by itself, is not. */
function isDifferent(own: unknown, role: unknown): boolean {
  if (isPending(own) || isPending(role)) return false;
  if (!isObject(own) || !isObject(role)) return (own ?? undefined) !== (role ?? undefined);
  return ["roleArn", "externalId", "sessionName"].some((name) => isDifferent(own[name], role[name]));
}

function roleFaults(role: VoiceConnectorStreamingArgs["serviceLinkedRole"]): Fault[] {
  if (role === undefined || role === false) return [];
  if (!isObject(role)) return [{ property: "serviceLinkedRole", reason: "must be the role's arguments, or false" }];
  return serviceLinkedRoleFaults(role as Record<string, unknown>, "serviceLinkedRole.");
}
