import { ArchiveUnavailable } from "./kinesis-video/fragment-listing.js";
import { boundsOf, hasPiece, wholeOf } from "./leg-pieces.js";
import type { LegOutcome } from "./leg-recording.js";
import type { LegRequest } from "./leg-request.js";
import { type RecordLegOptions, recordLeg } from "./record-leg.js";
import { findLegRecordings, type NamedRecording, supersedes } from "./recordings/leg-recordings.js";
import { RecordingChanged, type RecordingStore } from "./recordings/recording-store.js";
import type { Sidecar } from "./recordings/sidecar.js";

/** Pieces that others record at the same time come to light one after the other. */
const MAX_JOINS = 8;

/**
 * Records a leg from the archive together with the pieces that are recorded already: one recording, named by the earliest fragment,
 * takes the place of theirs. In whatever order events tell of the pieces, and whoever records them, there is one in the end.
 *
 * Where not all of them can be had any more, this one is recorded beside the others. Throws as `recordLeg` does.
 */
export async function recordWholeLeg(leg: LegRequest, options: RecordLegOptions): Promise<LegOutcome> {
  const whole = wholeOf(
    leg,
    (await recordingsOf(leg, options.store)).map(({ sidecar }) => sidecar),
  );
  const isMore = whole.pieces !== undefined || whole.startFragmentNumber !== leg.startFragmentNumber;
  const outcome = isMore ? await tryRecord(whole, options) : undefined;
  if (outcome?.kind === "declined") return outcome;
  return joinPieces(leg, outcome && hasAll(outcome, [leg]) ? outcome : await recordLeg(leg, options), options);
}

/**
 * Joins a recording with those of the leg's other pieces, if there are any: all of them are read from the archive again.
 * @param outcome of recording `leg`
 * @returns that outcome where there are no others, or where they cannot be joined
 */
export async function joinPieces(leg: LegRequest, outcome: LegOutcome, options: RecordLegOptions): Promise<LegOutcome> {
  const { store } = options;
  let best = outcome;
  for (let joins = 0; joins < MAX_JOINS && (best.kind === "recorded" || best.kind === "kept"); joins++) {
    const found = await recordingsOf(leg, store);
    const whole = wholeOf(
      leg,
      found.map(({ sidecar }) => sidecar),
    );
    if (!whole.pieces || hasAll(best, whole.pieces)) {
      const sidecar = await withPieces(best.sidecar, whole, found, store);
      if (!sidecar) continue;
      best = { ...best, sidecar };
      return inPlaceOf(best, await removeSuperseded(found, store), store);
    }
    const joined = await tryRecord(whole, options);
    if (joined?.kind === "declined") return joined;
    if (!joined || !hasAll(joined, whole.pieces)) break;
    best = joined;
  }
  return best;
}

/** @returns undefined where the archive does not have it */
async function tryRecord(whole: LegRequest, options: RecordLegOptions): Promise<LegOutcome | undefined> {
  try {
    return await recordLeg(whole, options);
  } catch (error) {
    if (error instanceof ArchiveUnavailable) return undefined;
    throw error;
  }
}

function hasAll(outcome: LegOutcome, pieces: NonNullable<LegRequest["pieces"]>): boolean {
  if (outcome.kind !== "recorded" && outcome.kind !== "kept") return false;
  return pieces.every((piece) => hasPiece(outcome.sidecar, piece));
}

/** Those of the leg, but for cuts that somebody asked for. */
async function recordingsOf({ transactionId, stream }: LegRequest, store: RecordingStore): Promise<NamedRecording[]> {
  if (transactionId === undefined) return [];
  const found = await findLegRecordings(store, transactionId);
  return found.filter(({ sidecar }) => sidecar.streamArn === stream.arn && sidecar.range === undefined);
}

/**
 * A recording may have a piece of which nobody had told when it was made.
 * @returns its sidecar, which names all pieces now; undefined where somebody changed it meanwhile
 */
async function withPieces(
  sidecar: Sidecar,
  whole: LegRequest,
  found: readonly NamedRecording[],
  store: RecordingStore,
): Promise<Sidecar | undefined> {
  const recording = found.find((candidate) => candidate.sidecar.recordingId === sidecar.recordingId);
  if (!recording || !whole.pieces || whole.pieces.length <= (sidecar.pieces?.length ?? 1)) return sidecar;
  const complemented = { ...recording.sidecar, pieces: whole.pieces.map(boundsOf) };
  try {
    await store.putSidecar(recording.name, complemented, recording.version);
    return complemented;
  } catch (error) {
    if (error instanceof RecordingChanged) return undefined;
    throw error;
  }
}

/** @returns what is left */
async function removeSuperseded(found: readonly NamedRecording[], store: RecordingStore): Promise<NamedRecording[]> {
  const isSuperseded = ({ sidecar }: NamedRecording) => found.some((other) => supersedes(other.sidecar, sidecar));
  for (const { name, sidecar, version } of found.filter(isSuperseded)) {
    try {
      await store.removeSidecar(name, version);
      await store.removeAudio(name, sidecar.audio.location);
    } catch (error) {
      // Somebody has improved it meanwhile, and looks after it.
      if (!(error instanceof RecordingChanged)) throw error;
    }
  }
  return found.filter((recording) => !isSuperseded(recording));
}

/** A recording that another one had whole already has gone: that one counts. */
function inPlaceOf(
  outcome: Extract<LegOutcome, { kind: "recorded" | "kept" }>,
  left: readonly NamedRecording[],
  store: RecordingStore,
): LegOutcome {
  const whole = left.find(({ sidecar }) => supersedes(sidecar, outcome.sidecar));
  if (!whole) return outcome;
  return { kind: "kept", sidecar: whole.sidecar, sidecarLocation: store.sidecarLocation(whole.name) };
}
