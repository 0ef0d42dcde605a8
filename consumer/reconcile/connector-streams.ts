import { createHash } from "node:crypto";
import { ListStreamsCommand } from "@aws-sdk/client-kinesis-video";
import { parseStreamArn, type StreamArn } from "../events/stream-arn.js";
import { withRetries } from "../kinesis-video/backoff.js";
import type { KinesisVideoAccess } from "../kinesis-video/kinesis-video-access.js";

/** A stream that calls of a Voice Connector are put on. */
export interface ConnectorStream {
  stream: StreamArn;
  voiceConnectorId: string;
  dataRetentionInHours: number;
}

const HOURS_A_DAY = 24;
/** An account has 10,000 streams, as a rule: ten pages of this size. */
const PAGE_SIZE = 1_000;
const MAX_PAGES = 1_000;

/**
 * All streams of these Voice Connectors in a region, by what their names begin with.
 * Needs kinesisvideo:ListStreams, which cannot be limited to some streams. Throws `AwsCallError`.
 * @param options `pageSize`: what one request asks for at most. Default 1,000
 */
export async function listConnectorStreams(
  { clients, retry, clock }: Pick<KinesisVideoAccess, "clients" | "retry" | "clock">,
  region: string,
  voiceConnectorIds: readonly string[],
  { signal, pageSize = PAGE_SIZE }: { signal?: AbortSignal; pageSize?: number } = {},
): Promise<ConnectorStream[]> {
  const found: ConnectorStream[] = [];
  for (const voiceConnectorId of voiceConnectorIds) {
    const StreamNameCondition = {
      ComparisonOperator: "BEGINS_WITH",
      ComparisonValue: `ChimeVoiceConnector-${voiceConnectorId}-`,
    } as const;
    let NextToken: string | undefined;
    for (let page = 0; page === 0 || (NextToken && page < MAX_PAGES); page++) {
      const command = new ListStreamsCommand({ StreamNameCondition, MaxResults: pageSize, NextToken });
      const ask = () => clients.control(region).send(command, { abortSignal: signal });
      const answer = await withRetries(ask, { ...retry, clock, signal });
      for (const { StreamARN = "", DataRetentionInHours = 0, Status } of answer.StreamInfoList ?? []) {
        const stream = parseStreamArn(StreamARN);
        if (!stream || Status === "DELETING") continue;
        found.push({ stream, voiceConnectorId, dataRetentionInHours: DataRetentionInHours });
      }
      NextToken = answer.NextToken;
    }
  }
  return found;
}

/** The hour of the day, UTC, at which a stream's turn comes: every stream has one, and keeps it. */
export function hourOf({ streamName }: StreamArn): number {
  return createHash("sha256").update(streamName).digest().readUInt32BE() % HOURS_A_DAY;
}

/** Another order every day: where the time is too short for all, it is not the same ones that are left every time. */
export function inTurnOf<Stream extends { stream: StreamArn }>(streams: readonly Stream[], timeMs: number): Stream[] {
  const day = new Date(timeMs).toISOString().slice(0, 10);
  const keyOf = ({ stream }: Stream) => createHash("sha256").update(`${day} ${stream.arn}`).digest("hex");
  return streams
    .map((stream) => ({ stream, key: keyOf(stream) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ stream }) => stream);
}
