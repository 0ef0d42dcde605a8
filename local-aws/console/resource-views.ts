import type { Account, Region } from "../accounts.js";
import type { KinesisVideoStream } from "../kinesis-video-stream.js";
import { voiceConnectorRoleName } from "../service-linked-role.js";
import { isStreaming, type VoiceConnector, voiceConnectorRegions } from "../voice-connector.js";
import type { World } from "../world.js";
import { faultPresets } from "./fault-presets.js";
import type { ConnectorView, ConsoleView, EmulatorView, RoleView, StreamView } from "./view.js";

/** So many of a kind are shown: as much as a person looks at, and little enough to send several times a second. */
const MAX_SHOWN = 100;
const MAX_TAGS = 10;
const MAX_ACTIVE_FAULTS = 100;

export function emulatorView(world: World, startedMs: number): EmulatorView {
  const { endpoint, accounts } = world;
  return { startedMs, endpoint, accountId: accounts.default.id, regions: voiceConnectorRegions, faultPresets };
}

export function roleView({ accounts, clock }: World): RoleView {
  const roles = accounts.default.serviceLinkedRoles;
  roles.settle();
  const role = roles.find(voiceConnectorRoleName);
  const deletion = roles.latestDeletion(voiceConnectorRoleName);
  if (!role) return { name: voiceConnectorRoleName, state: "absent", usedBy: [], tags: {} };
  const isDeleting = deletion?.status === "NOT_STARTED" || deletion?.status === "IN_PROGRESS";
  const isHidden = role.visibleFromMs > clock.nowMs();
  const hasFailed = deletion?.status === "FAILED" && deletion.begunMs >= role.createdMs;
  return {
    name: role.name,
    state: isDeleting ? "deleting" : "present",
    createdMs: role.createdMs,
    hiddenUntilMs: isHidden ? role.visibleFromMs : undefined,
    usedBy: hasFailed ? deletion.usage.flatMap(({ resourceArns }) => resourceArns).slice(0, MAX_TAGS) : [],
    tags: someOf(role.tags),
  };
}

export function connectorsView({ accounts }: World): ConsoleView["connectors"] {
  const all = resourcesOf(accounts.default, ({ connectors }) => connectors);
  return {
    total: all.length,
    streaming: all.filter(([, connector]) => isStreaming(connector)).length,
    shown: all.slice(0, MAX_SHOWN).map(([region, connector]) => connectorView(region, connector)),
  };
}

function connectorView(region: Region, { id, arn, name, streaming }: VoiceConnector): ConnectorView {
  const insights = streaming?.MediaInsightsConfiguration;
  return {
    id,
    name,
    region: region.name,
    state: streaming ? (streaming.Disabled ? "disabled" : "on") : "off",
    dataRetentionInHours: streaming?.DataRetentionInHours,
    // None named: EventBridge.
    targets:
      streaming &&
      (streaming.StreamingNotificationTargets?.map(({ NotificationTarget }) => NotificationTarget) ?? ["EventBridge"]),
    mediaInsights: insights?.Disabled ? undefined : insights?.ConfigurationArn,
    tags: someOf(region.chimeTags.get(arn)),
  };
}

export function streamsView({ accounts }: World): ConsoleView["streams"] {
  const all = resourcesOf(accounts.default, ({ streams }) => streams);
  return { total: all.length, shown: all.slice(0, MAX_SHOWN).map(([, stream]) => streamView(stream)) };
}

function streamView(stream: KinesisVideoStream): StreamView {
  const { name, region, dataRetentionInHours, liveConnections, archiveConnections, lastReader } = stream;
  return {
    name,
    region,
    dataRetentionInHours,
    fragments: stream.available().length,
    bytes: stream.storedBytes,
    newestMs: stream.latest?.ingestedMs,
    liveConnections,
    archiveConnections,
    lastReader,
  };
}

export function faultsView({ faults }: World): ConsoleView["faults"] {
  return { active: faults.list().slice(-MAX_ACTIVE_FAULTS), struckByKind: faults.struckByKind() };
}

/** Region by region, in the order in which they were made. */
function resourcesOf<T>(account: Account, resources: (region: Region) => ReadonlyMap<string, T>): [Region, T][] {
  return [...account.listRegions()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((region) => [...resources(region).values()].map((resource): [Region, T] => [region, resource]));
}

function someOf(tags: ReadonlyMap<string, string> = new Map()): Record<string, string> {
  return Object.fromEntries([...tags].slice(0, MAX_TAGS));
}
