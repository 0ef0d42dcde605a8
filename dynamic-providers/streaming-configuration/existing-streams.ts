import {
  DeleteStreamCommand,
  DescribeStreamCommand,
  type KinesisVideoClient,
  ListStreamsCommand,
  type StreamInfo,
  UpdateDataRetentionCommand,
} from "@aws-sdk/client-kinesis-video";
import { AwsCallError } from "../../aws/call-error.js";
import { streamNamePrefix } from "../../aws/voice-connector.js";
import type { AwsSession } from "../aws-clients.js";
import type { ConnectorPlace } from "./ownership.js";

const PAGE_SIZE = 100;
const MOST_PAGES = 1_000;
/** A stream that is being changed, or was since it was listed, is looked at again after these pauses. */
const CHANGED_PAUSES_MS = [0, 500, 1_000, 2_000, 4_000];

/** All streams that Chime has made for a connector's legs. It reuses them for later calls, with the retention they have. */
async function streamsOf(client: KinesisVideoClient, { voiceConnectorId }: ConnectorPlace): Promise<StreamInfo[]> {
  const streams: StreamInfo[] = [];
  const ComparisonValue = streamNamePrefix(voiceConnectorId);
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const StreamNameCondition = { ComparisonOperator: "BEGINS_WITH" as const, ComparisonValue };
    const command = new ListStreamsCommand({ MaxResults: PAGE_SIZE, NextToken: nextToken, StreamNameCondition });
    const { StreamInfoList, NextToken } = await client.send(command);
    // Deleted ones are listed for a while.
    streams.push(...(StreamInfoList ?? []).filter(({ Status }) => Status !== "DELETING"));
    nextToken = NextToken;
    if (!nextToken) return streams;
  }
  throw new Error(`ListStreams did not end after ${MOST_PAGES} pages.`);
}

/** A change of existing streams' retention that may be made, before anything else is changed. */
export interface RetentionChange {
  /** Makes it, and says of how many streams. */
  apply(): Promise<void>;
}

/**
 * Looks at the connector's existing streams.
 * @throws Error where a stream's retention would be lowered without permission: AWS deletes what is older at once
 */
export async function retentionChange(
  aws: AwsSession,
  place: ConnectorPlace,
  hours: number,
  isDecreaseAllowed: boolean,
): Promise<RetentionChange> {
  const client = aws.kinesisVideo(place.region, place);
  const streams = await streamsOf(client, place);
  const lowered = streams.filter(({ DataRetentionInHours: now = 0 }) => now > hours).length;
  if (lowered && !isDecreaseAllowed) {
    throw new Error(
      `${lowered} of ${streams.length} existing streams of Voice Connector ${place.voiceConnectorId} in ${place.region} keep ` +
        `their media for longer than ${hours} h, and AWS deletes what is older at once when that is lowered. No stream ` +
        "was changed. Set allowRetentionDecrease to true to lose that media, or applyRetentionToExistingStreams to false.",
    );
  }
  return {
    apply: async () => {
      let changed = 0;
      for (const stream of streams) if (await setRetention(aws, client, stream, hours, isDecreaseAllowed)) changed++;
      aws.tell(
        `Voice Connector ${place.voiceConnectorId}: the retention of ${changed} of ${streams.length} existing streams was ` +
          `changed to ${hours} h.`,
        "info",
      );
    },
  };
}

/** @returns whether it had to be changed */
async function setRetention(
  aws: AwsSession,
  client: KinesisVideoClient,
  listed: StreamInfo,
  hours: number,
  isDecreaseAllowed: boolean,
): Promise<boolean> {
  const { StreamARN } = listed;
  let stream: StreamInfo | undefined = listed;
  for (const pauseMs of CHANGED_PAUSES_MS) {
    if (pauseMs) await aws.sleep(pauseMs);
    try {
      stream ??= (await client.send(new DescribeStreamCommand({ StreamARN }))).StreamInfo ?? listed;
      const change = hours - (stream.DataRetentionInHours ?? 0);
      if (change === 0) return stream !== listed;
      if (change < 0 && !isDecreaseAllowed) {
        throw new Error(`The retention of ${StreamARN} was raised meanwhile, and lowering it is not allowed.`);
      }
      await client.send(
        new UpdateDataRetentionCommand({
          StreamARN,
          CurrentVersion: stream.Version,
          Operation: change > 0 ? "INCREASE_DATA_RETENTION" : "DECREASE_DATA_RETENTION",
          DataRetentionChangeInHours: Math.abs(change),
        }),
      );
      return true;
    } catch (error) {
      const code = error instanceof AwsCallError ? error.code : "";
      if (code === "ResourceNotFoundException") return false;
      if (code !== "VersionMismatchException" && code !== "ResourceInUseException") throw error;
      stream = undefined;
    }
  }
  throw new Error(`${StreamARN} went on being changed elsewhere: its retention is not set. Deploy again.`);
}

/** Deletes the connector's streams with all media in them, and says how many. */
export async function deleteStreams(aws: AwsSession, place: ConnectorPlace): Promise<void> {
  const client = aws.kinesisVideo(place.region, place);
  const streams = await streamsOf(client, place);
  for (const stream of streams) await deleteStream(aws, client, stream);
  aws.tell(
    `Voice Connector ${place.voiceConnectorId}: ${streams.length} streams were deleted, with their media.`,
    "info",
  );
}

async function deleteStream(aws: AwsSession, client: KinesisVideoClient, { StreamARN }: StreamInfo): Promise<void> {
  for (const pauseMs of CHANGED_PAUSES_MS) {
    if (pauseMs) await aws.sleep(pauseMs);
    try {
      await client.send(new DeleteStreamCommand({ StreamARN }));
      return;
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      if (error.kind === "notFound") return;
      if (error.code !== "ResourceInUseException") throw error;
    }
  }
  throw new Error(`${StreamARN} went on being changed elsewhere: it is not deleted. Destroy again.`);
}
