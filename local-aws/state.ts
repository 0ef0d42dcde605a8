import type { ServiceLinkedRole } from "./service-linked-role.js";
import type { VoiceConnector } from "./voice-connector.js";
import type { World } from "./world.js";

/** One fragment on a stream, as ListFragments would tell of it without lag or paging. */
export interface FragmentState {
  number: string;
  producerTimestampMs: number;
  serverTimestampMs: number;
  durationMs: number;
  bytes: number;
}

/** What the default account holds, for tests and people to look at. */
export interface LocalAwsState {
  accountId: string;
  voiceConnectors: VoiceConnector[];
  serviceLinkedRoles: ServiceLinkedRole[];
  streams: {
    name: string;
    arn: string;
    region: string;
    dataRetentionInHours: number;
    liveConnections: number;
    archiveConnections: number;
    fragments: FragmentState[];
  }[];
  queues: {
    name: string;
    url: string;
    region: string;
    visible: number;
    inFlight: number;
    delayed: number;
    bodies: string[];
  }[];
}

export function stateOf(world: World): LocalAwsState {
  const account = world.accounts.default;
  account.serviceLinkedRoles.settle();
  const regions = account.listRegions();
  return {
    accountId: account.id,
    voiceConnectors: regions.flatMap((region) => [...region.connectors.values()]),
    serviceLinkedRoles: account.serviceLinkedRoles.list(),
    streams: regions.flatMap((region) =>
      [...region.streams.values()].map((stream) => ({
        name: stream.name,
        arn: stream.arn,
        region: region.name,
        dataRetentionInHours: stream.dataRetentionInHours,
        liveConnections: stream.liveConnections,
        archiveConnections: stream.archiveConnections,
        fragments: stream.available().map((fragment) => ({
          number: fragment.number,
          producerTimestampMs: fragment.producerTimestampMs,
          serverTimestampMs: fragment.serverTimestampMs,
          durationMs: fragment.durationMs,
          bytes: fragment.bytes,
        })),
      })),
    ),
    queues: regions.flatMap((region) =>
      [...region.queues.values()].map((queue) => ({
        name: queue.name,
        url: queue.url,
        region: region.name,
        ...queue.counts(),
        bodies: queue.list().map((message) => message.body),
      })),
    ),
  };
}
