import type { StartSelector } from "@aws-sdk/client-kinesis-video-media";
import { listFragments } from "./fragment-listing.js";
import type { KinesisVideoAccess } from "./kinesis-video-access.js";
import type { LiveRequest } from "./live-reader.js";
import { describeRetention } from "./stream-retention.js";

/** A leg is read live within a day of its start. */
const LOOK_BACK_MS = 24 * 60 * 60_000;

/** Where the first GetMedia call of a leg starts. */
export interface LiveStart {
  selector: StartSelector;
  /** When the leg began; undefined where nothing is wanted that was ingested before now, or it is not known. */
  beganAtMs?: number;
}

/** Early enough to contain the first fragment, which is then found by its number: `FRAGMENT_NUMBER` starts after the one it names. */
export async function liveStart(
  access: KinesisVideoAccess,
  request: LiveRequest,
  marginMs: number,
  signal?: AbortSignal,
): Promise<LiveStart> {
  const { stream, startFragmentNumber, startTimeMs } = request;
  if (startTimeMs !== undefined) return startingAt(startTimeMs, marginMs);
  if (startFragmentNumber === undefined) return { selector: { StartSelectorType: "NOW" } };

  const { dataRetentionInHours } = await describeRetention(access.clients, stream, { ...access.retry, signal });
  if (dataRetentionInHours > 0) {
    const nowMs = access.clock.now();
    const range = { by: "server", fromMs: nowMs - LOOK_BACK_MS, toMs: nowMs } as const;
    const listed = await listFragments(access, stream, range, signal);
    const first = listed.find((fragment) => fragment.fragmentNumber === startFragmentNumber);
    if (first) return startingAt(first.producerTimestampMs, marginMs);
  }
  // Without retention the stream holds no more than its last five minutes, so its beginning is near.
  return { selector: { StartSelectorType: "EARLIEST" } };
}

function startingAt(beganAtMs: number, marginMs: number): LiveStart {
  const StartTimestamp = new Date(beganAtMs - marginMs);
  return { selector: { StartSelectorType: "PRODUCER_TIMESTAMP", StartTimestamp }, beganAtMs };
}

/** A second "now" would pass over what came between the two. By the server's clock, for ours may be ahead of it. */
export function startOfNow(start: LiveStart, nowMs: number): LiveStart {
  if (start.selector.StartSelectorType !== "NOW") return start;
  return { selector: { StartSelectorType: "SERVER_TIMESTAMP", StartTimestamp: new Date(nowMs) } };
}
