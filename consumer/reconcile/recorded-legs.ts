import type { StreamArn } from "../events/stream-arn.js";
import { hasPiece } from "../leg-pieces.js";
import { legNamePrefix, recordingName } from "../recordings/recording-name.js";
import type { RecordingStore } from "../recordings/recording-store.js";
import { isAllOfBoundedLeg, type Sidecar } from "../recordings/sidecar.js";
import { endMsOf, type FoundLeg, type Stretch } from "./found-leg.js";

/** A call has two legs, in a few pieces each; more recordings than this are not one call. */
const MAX_RECORDINGS = 500;
/** Readers end a leg a little before its media does; one that gave up while the call was on hold leaves out more than this. */
const UNRECORDED_TAIL_MS = 30_000;

/** What the names of a leg's recordings and marks begin with, whichever piece of it they are of. */
export function legPrefix(transactionId: string, stream: StreamArn): string {
  return recordingName({ transactionId, stream, firstFragmentNumber: "" });
}

/** All recordings of a leg: of one transaction on one stream. One whose audio somebody has deleted was recorded all the same. */
export async function recordingsOf(
  store: RecordingStore,
  transactionId: string,
  stream: StreamArn,
): Promise<Sidecar[]> {
  const found: Sidecar[] = [];
  for (const name of await store.list(legPrefix(transactionId, stream), MAX_RECORDINGS)) {
    const { sidecar, withoutAudio } = await store.find(name);
    const recorded = sidecar ?? withoutAudio;
    // Two ids can have one name.
    if (recorded?.transactionId === transactionId && recorded.streamArn === stream.arn) found.push(recorded);
  }
  return found;
}

/** Whether anything of a transaction has been recorded, on whatever stream. */
export async function hasRecording(store: RecordingStore, transactionId: string): Promise<boolean> {
  return (await store.list(legNamePrefix(transactionId), MAX_RECORDINGS)).length > 0;
}

/** The parts of a leg that are in none of its recordings. What somebody cut out on purpose does not count as one. */
export function unrecordedStretches(leg: FoundLeg, recordings: readonly Sidecar[]): Stretch[] {
  const whole = recordings.filter(({ range }) => range === undefined);
  return leg.stretches.filter((stretch) => !whole.some((sidecar) => holds(sidecar, stretch)));
}

function holds(sidecar: Sidecar, stretch: Stretch): boolean {
  if (!hasPiece(sidecar, { startFragmentNumber: stretch.firstCertain.fragmentNumber })) return false;
  const { mediaEndTime } = sidecar;
  // Both ends were told by events, which know better than tags.
  if (isAllOfBoundedLeg(sidecar)) return true;
  return mediaEndTime === undefined || endMsOf(stretch) - Date.parse(mediaEndTime) <= UNRECORDED_TAIL_MS;
}
