import { DescribeStreamCommand } from "@aws-sdk/client-kinesis-video";
import type { StreamArn } from "../events/stream-arn.js";
import { type RetryOptions, withRetries } from "./backoff.js";
import type { KinesisVideoClients } from "./clients.js";

export interface StreamRetention {
  /** 0: nothing is archived, and only the last minutes can be read, live. */
  dataRetentionInHours: number;
  createdAtMs: number;
}

/** How long the stream keeps media. Throws `AwsCallError` `notFound` where there is no such stream. */
export async function describeRetention(
  clients: KinesisVideoClients,
  stream: StreamArn,
  retry: RetryOptions = {},
): Promise<StreamRetention> {
  const command = new DescribeStreamCommand({ StreamARN: stream.arn });
  const { StreamInfo: info } = await withRetries(
    () => clients.control(stream.region).send(command, { abortSignal: retry.signal }),
    retry,
  );
  return {
    dataRetentionInHours: info?.DataRetentionInHours ?? 0,
    createdAtMs: info?.CreationTime?.getTime() ?? 0,
  };
}
