import type { StartSelector } from "@aws-sdk/client-kinesis-video-media";
import { listFragments } from "./fragment-listing.js";
import type { KinesisVideoAccess } from "./kinesis-video-access.js";
import type { LiveRequest } from "./live-reader.js";
import { describeRetention } from "./stream-retention.js";

/** A leg is read live within a day of its start. */
const LOOK_BACK_MS = 24 * 60 * 60_000;

/** Where the first GetMedia call of a leg starts: early enough to contain the first fragment, which is then found by its number. */
export async function liveStart(
  access: KinesisVideoAccess,
  request: LiveRequest,
  marginMs: number,
  signal?: AbortSignal,
): Promise<StartSelector> {
  const { stream, startFragmentNumber, startTimeMs } = request;
  if (startTimeMs !== undefined) {
    return { StartSelectorType: "PRODUCER_TIMESTAMP", StartTimestamp: new Date(startTimeMs - marginMs) };
  }
  if (startFragmentNumber === undefined) return { StartSelectorType: "NOW" };

  const { dataRetentionInHours } = await describeRetention(access.clients, stream, { ...access.retry, signal });
  if (dataRetentionInHours > 0) {
    const nowMs = access.clock.now();
    const range = { by: "server", fromMs: nowMs - LOOK_BACK_MS, toMs: nowMs } as const;
    const listed = await listFragments(access, stream, range, signal);
    const first = listed.find((fragment) => fragment.fragmentNumber === startFragmentNumber);
    if (first) {
      const startMs = first.producerTimestampMs - marginMs;
      return { StartSelectorType: "PRODUCER_TIMESTAMP", StartTimestamp: new Date(startMs) };
    }
  }
  // Without retention the stream holds no more than its last five minutes, so its beginning is near.
  return { StartSelectorType: "EARLIEST" };
}
