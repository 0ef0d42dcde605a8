import { type FragmentSelectorType, ListFragmentsCommand } from "@aws-sdk/client-kinesis-video-archived-media";
import { AwsCallError } from "../../aws/call-error.js";
import type { StreamArn } from "../events/stream-arn.js";
import { compareFragmentNumbers } from "../matroska/fragment.js";
import { withRetries } from "./backoff.js";
import { dataCallRetry, type KinesisVideoAccess } from "./kinesis-video-access.js";
import { describeRetention } from "./stream-retention.js";

/** A fragment the archive holds. */
export interface ListedFragment {
  fragmentNumber: string;
  serverTimestampMs: number;
  producerTimestampMs: number;
  lengthMs: number;
  sizeBytes: number;
}

/** The fragments that start in a range of time, both ends included. */
export interface FragmentRange {
  by: "server" | "producer";
  fromMs: number;
  toMs: number;
}

/** Why the archive cannot give what is asked for, however often it is asked. */
export class ArchiveUnavailable extends Error {
  override readonly name = "ArchiveUnavailable";

  constructor(
    readonly reason: "retentionZero" | "expired",
    message: string,
  ) {
    super(message);
  }
}

const PAGE_SIZE = 1000;
/** A million fragments: eleven days of one leg. */
const MAX_PAGES = 1000;

const selectorTypes = { server: "SERVER_TIMESTAMP", producer: "PRODUCER_TIMESTAMP" } as const satisfies Record<
  FragmentRange["by"],
  FragmentSelectorType
>;

async function refusalOf(access: KinesisVideoAccess, stream: StreamArn, error: unknown): Promise<unknown> {
  if (!(error instanceof AwsCallError) || error.code !== "InvalidArgumentException") return error;
  const { dataRetentionInHours } = await describeRetention(access.clients, stream, access.retry).catch(() => ({
    dataRetentionInHours: undefined,
  }));
  return dataRetentionInHours === 0 ? retentionZero(stream) : error;
}

export function retentionZero(stream: StreamArn): ArchiveUnavailable {
  return new ArchiveUnavailable(
    "retentionZero",
    `${stream.streamName} has a data retention of 0 hours, so Kinesis Video Streams archives nothing of it`,
  );
}

/**
 * All fragments in the range, ordered by number, each once. ListFragments gives them in no order, not even from page
 * to page, and a moment late.
 *
 * Throws `ArchiveUnavailable` where the stream's retention is 0, else `AwsCallError`.
 */
export async function listFragments(
  access: KinesisVideoAccess,
  stream: StreamArn,
  range: FragmentRange,
  signal?: AbortSignal,
): Promise<ListedFragment[]> {
  const found = new Map<string, ListedFragment>();
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const input = {
      StreamARN: stream.arn,
      MaxResults: PAGE_SIZE,
      NextToken: nextToken,
      FragmentSelector: {
        FragmentSelectorType: selectorTypes[range.by],
        TimestampRange: { StartTimestamp: new Date(range.fromMs), EndTimestamp: new Date(range.toMs) },
      },
    };
    const ask = async () => {
      const endpoint = await access.endpoints.get(stream, "LIST_FRAGMENTS", signal);
      const client = access.clients.archived(stream.region, endpoint);
      return client.send(new ListFragmentsCommand(input), { abortSignal: signal });
    };
    const forget = () => access.endpoints.forget(stream, "LIST_FRAGMENTS");
    const answer = await withRetries(ask, dataCallRetry(access, forget, signal)).catch(async (error) => {
      throw await refusalOf(access, stream, error);
    });
    for (const fragment of answer.Fragments ?? []) {
      if (!fragment.FragmentNumber) continue;
      found.set(fragment.FragmentNumber, {
        fragmentNumber: fragment.FragmentNumber,
        serverTimestampMs: fragment.ServerTimestamp?.getTime() ?? 0,
        producerTimestampMs: fragment.ProducerTimestamp?.getTime() ?? 0,
        lengthMs: fragment.FragmentLengthInMilliseconds ?? 0,
        sizeBytes: fragment.FragmentSizeInBytes ?? 0,
      });
    }
    nextToken = answer.NextToken;
    if (!nextToken) {
      return [...found.values()].sort((a, b) => compareFragmentNumbers(a.fragmentNumber, b.fragmentNumber));
    }
  }
  throw new Error(`ListFragments of ${stream.streamName} went on for ${MAX_PAGES} pages: narrow the range of time`);
}
