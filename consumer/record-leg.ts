import {
  type ArchiveOptions,
  ArchiveReader,
  type ArchiveRequest,
  ListingChanged,
} from "./kinesis-video/archive-reader.js";
import { isWithin } from "./kinesis-video/fragment-bounds.js";
import { ArchiveUnavailable, type FragmentRange } from "./kinesis-video/fragment-listing.js";
import { EXPIRED_CODE, type ReadFragment } from "./kinesis-video/fragment-media.js";
import type { KinesisVideoAccess } from "./kinesis-video/kinesis-video-access.js";
import { describeRetention } from "./kinesis-video/stream-retention.js";
import type { ReadingEnd, RecordingLimits } from "./leg-completeness.js";
import { type LegOutcome, LegRecording, type LegRecordingOptions, type UncommittedSidecar } from "./leg-recording.js";
import type { LegRequest } from "./leg-request.js";
import { recordingName } from "./recordings/recording-name.js";
import type { RecordingStore } from "./recordings/recording-store.js";

export interface RecordLegOptions {
  access: KinesisVideoAccess;
  store: RecordingStore;
  archive?: ArchiveOptions;
  /** Where to look for the leg's fragments. Default: around the times the leg is known to begin and end. */
  range?: FragmentRange;
  /**
   * Record only what starts between these times. The leg's own bounds are not told by them: unless the leg is known to begin
   * and to end inside, such a recording is not complete. Default: all of the leg.
   */
  limits?: RecordingLimits;
  /** Listings that stay equal for this long prove an end. Default 30 s; less only serves tests. */
  provingQuiescenceMs?: number;
  /** As in `ArchiveRequest`. Default true. */
  silenceProves?: boolean;
  /** The leg is known to exist: wait for it to be listed. Default false: what is not there is reported at once. */
  awaitBeginning?: boolean;
  /** Whether a recording like this is worth keeping. Default: any is. */
  accept?: (sidecar: UncommittedSidecar) => boolean;
  signal?: AbortSignal;
}

/** Chime's clock, the producer's and Kinesis' differ, */
const EARLY_MS = 60_000;
/** and a producer that had to hold media back sends it some minutes later. */
const LATE_MS = 10 * 60_000;
const HOUR_MS = 60 * 60_000;
const MAX_RESTARTS = 3;

/**
 * The recording of the leg that needs not be made again: it says that it is complete, and has the fragments at which the leg
 * is known to begin and to end. What covers less may be complete only as far as its recorder could know.
 */
export async function findComplete(leg: LegRequest, store: RecordingStore): Promise<LegOutcome | undefined> {
  const { transactionId, stream, startFragmentNumber: firstFragmentNumber } = leg;
  if (transactionId === undefined || firstFragmentNumber === undefined) return undefined;
  const name = recordingName({ transactionId, stream, firstFragmentNumber });
  const { sidecar } = await store.find(name);
  if (!sidecar?.complete) return undefined;
  const { first, last } = sidecar.fragments;
  const lastOfLeg = leg.endFragmentNumber ?? sidecar.bounds.endFragmentNumber;
  if (first === undefined || last === undefined || lastOfLeg === undefined) return undefined;
  const covered = { startFragmentNumber: first, endFragmentNumber: last };
  if (!isWithin(firstFragmentNumber, covered) || !isWithin(lastOfLeg, covered)) return undefined;
  return { kind: "kept", sidecar, sidecarLocation: store.sidecarLocation(name) };
}

/** What `LegRecording` takes of the options. */
export function recordingOptions(options: RecordLegOptions): LegRecordingOptions {
  const { access, store, limits, provingQuiescenceMs } = options;
  return { clock: access.clock, store, limits, provingQuiescenceMs };
}

/** How long the stream keeps media, in milliseconds; undefined where it does not matter, as the leg's beginning is known. */
export async function retentionOf(
  leg: LegRequest,
  access: KinesisVideoAccess,
  signal?: AbortSignal,
): Promise<number | undefined> {
  if (leg.startFragmentNumber !== undefined) return undefined;
  const { dataRetentionInHours } = await describeRetention(access.clients, leg.stream, { ...access.retry, signal });
  return dataRetentionInHours * HOUR_MS;
}

/** Where to look for a leg: by the server's clock, as fragment numbers rise with ingestion and not with media time. */
export async function rangeOf(
  leg: LegRequest,
  access: KinesisVideoAccess,
  signal?: AbortSignal,
): Promise<FragmentRange> {
  const nowMs = access.clock.now();
  const toMs = leg.endTimeMs === undefined ? nowMs + HOUR_MS : leg.endTimeMs + LATE_MS;
  if (leg.startTimeMs !== undefined) return { by: "server", fromMs: leg.startTimeMs - EARLY_MS, toMs };
  const { dataRetentionInHours } = await describeRetention(access.clients, leg.stream, { ...access.retry, signal });
  return { by: "server", fromMs: nowMs - dataRetentionInHours * HOUR_MS, toMs };
}

export function archiveRequestOf(leg: LegRequest, range: FragmentRange, options: RecordLegOptions): ArchiveRequest {
  const { stream, startFragmentNumber, endFragmentNumber, endTimeMs } = leg;
  const { limits, silenceProves } = options;
  const bounds = { startFragmentNumber, endFragmentNumber };
  return {
    stream,
    range,
    bounds,
    endTimeMs: limits?.toMs ?? endTimeMs,
    cutAtEndTime: limits?.toMs !== undefined,
    silenceProves,
  };
}

/**
 * Records one leg from what Kinesis Video Streams has archived: its audio, then its sidecar. A complete recording that
 * is there already, and covers the leg, is left alone.
 *
 * Throws `ArchiveUnavailable` where the stream archives nothing or the leg has expired, and `AwsCallError`; then nothing
 * is left behind, but for audio whose sidecar could not be written.
 */
export async function recordLeg(leg: LegRequest, options: RecordLegOptions): Promise<LegOutcome> {
  const { access, store, signal } = options;
  const existing = await findComplete(leg, store);
  if (existing) return existing;
  const range = options.range ?? (await rangeOf(leg, access, signal));
  const retentionMs = await retentionOf(leg, access, signal);
  for (let restart = 0; ; restart++) {
    const recording = new LegRecording(leg, recordingOptions(options));
    let expired: string | undefined;
    const push = (read: ReadFragment) => {
      if (read.failure?.code === EXPIRED_CODE) expired ??= read.failure.message;
      return recording.push(read);
    };
    try {
      const progress = {
        switchedAway: () => recording.switchedAway(),
        hasBegun: () => options.awaitBeginning === true || recording.hasBegun(),
      };
      const request = archiveRequestOf(leg, range, options);
      const reader = new ArchiveReader(access, request, progress, options.archive);
      const { endProof, ...listing } = await drain(reader.fragments(signal), { push });
      const end: ReadingEnd = { endProof, reader: "archive", listing: { ...listing, range, retentionMs } };
      const outcome = await recording.finish(end, options.accept);
      if (outcome.kind === "nothing" && expired !== undefined) {
        const text = `nothing of the leg is left on ${leg.stream.streamName}; of a fragment that was listed ${expired}`;
        throw new ArchiveUnavailable("expired", text);
      }
      if (outcome.kind === "nothing") await refuseExpired(leg, access, signal);
      return outcome;
    } catch (error) {
      await recording.abort();
      if (!(error instanceof ListingChanged) || restart === MAX_RESTARTS) throw error;
    }
  }
}

/** Pushes everything that a reader yields. @returns what the reader returned */
export async function drain<Read, End>(
  reading: AsyncGenerator<Read, End>,
  recording: { push(read: Read): Promise<void> },
): Promise<End> {
  try {
    for (;;) {
      const step = await reading.next();
      if (step.done) return step.value;
      await recording.push(step.value);
    }
  } catch (error) {
    // The sink failed, or the reader did: in either case it gives its connection back.
    await reading.return(undefined as End).catch(() => undefined);
    throw error;
  }
}

async function refuseExpired(leg: LegRequest, access: KinesisVideoAccess, signal?: AbortSignal): Promise<void> {
  if (leg.startTimeMs === undefined) return;
  const { dataRetentionInHours } = await describeRetention(access.clients, leg.stream, { ...access.retry, signal });
  if (leg.startTimeMs >= access.clock.now() - dataRetentionInHours * HOUR_MS) return;
  throw new ArchiveUnavailable(
    "expired",
    `the media of ${leg.stream.streamName} from ${new Date(leg.startTimeMs).toISOString()} has expired: the stream keeps ${dataRetentionInHours} h`,
  );
}
