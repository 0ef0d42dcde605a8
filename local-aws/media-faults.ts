import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import type { Fault } from "./faults.js";
import type { KinesisVideoStream, StoredFragment } from "./kinesis-video-stream.js";
import { breakOff, cutBetweenBlocks, cutMidBlock, type TagSpelling, writeAll } from "./media-response.js";
import type { World } from "./world.js";

type MediaFaultKind =
  | "reset"
  | "errorTags"
  | "endOfFile"
  | "cutBetweenBlocks"
  | "cutInTags"
  | "stall"
  | "trickle"
  | "garbledTransfer";
export type MediaFault = Extract<Fault, { kind: MediaFaultKind }>;

const kinds: readonly MediaFaultKind[] = [
  "reset",
  "errorTags",
  "endOfFile",
  "cutBetweenBlocks",
  "cutInTags",
  "stall",
  "trickle",
  "garbledTransfer",
];

/** A fragment that is about to be sent. */
export interface OutgoingFragment {
  fragment: StoredFragment;
  spelling: TagSpelling;
  bytes: Buffer;
}

/**
 * The fault that strikes at this fragment of a media response, if any.
 * @param place counted in the response, and in the stream
 */
export function strikeMediaFault(
  world: World,
  api: "GetMedia" | "GetMediaForFragmentList",
  stream: KinesisVideoStream,
  place: { index: number; sequence?: number },
): MediaFault | undefined {
  if (world.faults.list().length === 0) return undefined;
  const fits = (fault: MediaFault) =>
    (fault.sequence === undefined ? fault.atFragment === place.index : fault.sequence === place.sequence) &&
    (fault.api === undefined || fault.api === api) &&
    (fault.region === undefined || fault.region === stream.region) &&
    (fault.stream === undefined || stream.arn.includes(fault.stream));
  for (const kind of kinds) {
    const struck = world.faults.strike(kind, fits);
    if (struck) return struck;
  }
  return undefined;
}

/**
 * Does to a fragment what a fault that cuts, slows or breaks its response says.
 * @returns whether the response goes on
 */
export async function sendFaulty(
  fault: Exclude<MediaFault, { kind: "errorTags" }>,
  { fragment, spelling, bytes }: OutgoingFragment,
  response: Writable,
  signal: AbortSignal,
): Promise<boolean> {
  switch (fault.kind) {
    case "endOfFile":
      return false;
    case "reset":
      await breakOff(response, cutMidBlock(fragment, spelling));
      return false;
    case "cutBetweenBlocks":
      await writeAll(response, cutBetweenBlocks(fragment, spelling), signal);
      return false;
    case "cutInTags":
      // The value of the last tag loses its end.
      await writeAll(response, bytes.subarray(0, bytes.length - 5), signal);
      return false;
    case "stall":
      await writeAll(response, cutMidBlock(fragment, spelling), signal);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve(), { once: true });
      });
      return false;
    case "trickle":
      return trickle(bytes, fault.pieceBytes, response, signal);
    case "garbledTransfer":
      // In place of the length of a chunk.
      (response as ServerResponse).socket?.write("no length\r\n");
      return false;
  }
}

async function trickle(bytes: Buffer, pieceBytes: number, response: Writable, signal: AbortSignal): Promise<boolean> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (!(await writeAll(response, bytes.subarray(at, at + pieceBytes), signal))) return false;
    // Each piece on its own way to the client.
    await new Promise(setImmediate);
  }
  return true;
}
