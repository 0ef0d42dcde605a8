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
  return named(leg.transactionId ?? "no-transaction", stream, leg.firstFragmentNumber ?? "no-fragment");
}

/** What the names of all recordings of a call's legs begin with. */
export function legNamePrefix(transactionId: string): string {
  return `${named(transactionId)}_`;
}

/** Whether a name is that of a leg's recording, by its form: that of its call has two parts. */
export function isLegName(name: string): boolean {
  return name.split("_").length === 3;
}

/** The name of what is known about a call, without extension: `<transactionId>_call`. */
export function callName(transactionId: string): string {
  return named(transactionId, "call");
}

/**
 * The name of a call's stereo audio, without extension. With one leg it is another one, `<transactionId>_one-leg_call`: whoever sees
 * the file knows what it is not, and its place is not taken when the other leg comes.
 */
export function callAudioName(transactionId: string, hasBothLegs: boolean): string {
  return hasBothLegs ? callName(transactionId) : named(transactionId, "one-leg", "call");
}

/** Transaction ids come out of tags: nothing in a name may lead out of the folder, or be too long for a file. */
function named(...parts: string[]): string {
  return parts
    .map((part) =>
      part
        .replace(/[^A-Za-z0-9.-]/g, "-")
        .slice(-MAX_PART_LENGTH)
        .replace(/^\.+/, ""),
    )
    .join("_");
}
