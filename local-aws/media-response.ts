import { once } from "node:events";
import type { Writable } from "node:stream";
import type { AwsReply, AwsRequest } from "./exchange.js";
import type { KinesisVideoStream, StoredFragment } from "./kinesis-video-stream.js";
import { blockEnds, clusterElement, errorDocumentStart, tagsElement } from "./matroska-writer.js";

/** How a media API spells the tags that Kinesis adds. */
export interface TagSpelling {
  serverTimestamp: string;
  producerTimestamp: string;
}

export const getMediaSpelling: TagSpelling = {
  serverTimestamp: "AWS_KINESISVIDEO_SERVER_TIMESTAMP",
  producerTimestamp: "AWS_KINESISVIDEO_PRODUCER_TIMESTAMP",
};

/** As documented for GetMediaForFragmentList. */
export const documentedArchiveSpelling: TagSpelling = {
  serverTimestamp: "AWS_KINESISVIDEO_SERVER_SIDE_TIMESTAMP",
  producerTimestamp: "AWS_KINESISVIDEO_PRODUCER_SIDE_TIMESTAMP",
};

/** A media response over HTTP: chunked, of the type that the service gives. */
export function mediaReply(requestId: string, stream: AwsReply["stream"]): AwsReply {
  return {
    status: 200,
    headers: { "content-type": "video/webm", "x-amzn-requestid": requestId, "transfer-encoding": "chunked" },
    stream,
  };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** A stored fragment as a consumer receives it: Kinesis' tags before the cluster, `trailing` ones after all others. */
export function fragmentBytes(
  fragment: StoredFragment,
  spelling: TagSpelling,
  trailing: readonly (readonly [string, string])[] = [],
): Buffer {
  return Buffer.concat([
    fragment.head,
    tagsElement([
      ["AWS_KINESISVIDEO_FRAGMENT_NUMBER", fragment.number],
      [spelling.serverTimestamp, seconds(fragment.serverTimestampMs)],
      [spelling.producerTimestamp, seconds(fragment.producerTimestampMs)],
    ]),
    fragment.cluster,
    fragment.tagsAfter,
    trailing.length > 0 ? tagsElement(trailing) : Buffer.alloc(0),
  ]);
}

/** A chunk without media that tells of an error. */
export function errorChunk(tags: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat([errorDocumentStart(), tagsElement(tags)]);
}

function bytesBeforeCluster(fragment: StoredFragment, spelling: TagSpelling): Buffer {
  return fragmentBytes({ ...fragment, cluster: Buffer.alloc(0), tagsAfter: Buffer.alloc(0) }, spelling);
}

/** The bytes of a fragment up to the end of a block in its middle: nothing in them tells that there is more. */
export function cutBetweenBlocks(fragment: StoredFragment, spelling: TagSpelling): Buffer {
  const ends = blockEnds(fragment.cluster);
  const end = ends[Math.ceil(ends.length / 2) - 1] ?? 0;
  return Buffer.concat([bytesBeforeCluster(fragment, spelling), fragment.cluster.subarray(0, end)]);
}

/** The bytes of a fragment up to the middle of its last block. */
export function cutMidBlock(fragment: StoredFragment, spelling: TagSpelling): Buffer {
  const clusterStart = bytesBeforeCluster(fragment, spelling);
  const emptyCluster = clusterElement(fragment.producerTimestampMs, []);
  const bytes = Buffer.concat([clusterStart, fragment.cluster]);
  const mediaBytes = fragment.cluster.length - emptyCluster.length;
  return bytes.subarray(0, clusterStart.length + emptyCluster.length + Math.ceil(mediaBytes / 2) + 3);
}

/** Writes and waits until the client has room for more; false when it is gone. */
export async function writeAll(response: Writable, bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted || response.destroyed) return false;
  if (!response.write(bytes)) await once(response, "drain", { signal }).catch(() => undefined);
  return !signal.aborted;
}

/**
 * Holds one of a stream's connections until `release` is called or the client is gone, whichever comes first: a
 * response may
 * never get as far as its body.
 */
export function holdConnection(
  stream: KinesisVideoStream,
  kind: "liveConnections" | "archiveConnections",
  { signal, caller }: AwsRequest,
): { release(): void } {
  let isHeld = true;
  stream[kind]++;
  stream.lastReader = caller.arn;
  const release = () => {
    if (isHeld) stream[kind]--;
    isHeld = false;
  };
  if (signal.aborted) release();
  else signal.addEventListener("abort", release, { once: true });
  return { release };
}

/** Breaks the connection after the bytes went out: the client sees a response without its end. */
export async function breakOff(response: Writable, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => response.write(bytes, () => resolve()));
  response.destroy();
}
