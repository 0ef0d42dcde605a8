import type { StreamArn } from "../events/stream-arn.js";

const UUID_AT_END = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** A transaction id has 36 characters, a fragment number 47. File names end at 255, a temporary one's additions included. */
const MAX_PART_LENGTH = 64;

/**
 * The name of a leg's recording, without extension: `<transactionId>_<stream>_<first fragment>`.
 *
 * It is made of what everyone knows who can record the leg (the worker from an event, the command line from the
 * stream), so that a second recording of a leg finds the first. `<stream>` is the UUID that ends the names of Voice
 * Connector streams, else the whole name: the two legs of a call share everything else. The first fragment keeps apart
 * two stretches of one call on one stream.
 */
export function recordingName(leg: {
  transactionId: string | undefined;
  stream: StreamArn;
  firstFragmentNumber: string | undefined;
}): string {
  const stream = UUID_AT_END.exec(leg.stream.streamName)?.[0] ?? leg.stream.streamName;
  const parts = [leg.transactionId ?? "no-transaction", stream, leg.firstFragmentNumber ?? "no-fragment"];
  // Transaction ids come out of tags: nothing in a name may lead out of the folder, or be too long for a file.
  return parts
    .map((part) =>
      part
        .replace(/[^A-Za-z0-9.-]/g, "-")
        .replace(/^\.+/, "")
        .slice(-MAX_PART_LENGTH),
    )
    .join("_");
}
