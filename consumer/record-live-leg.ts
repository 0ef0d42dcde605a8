import { ArchiveReader, ListingChanged } from "./kinesis-video/archive-reader.js";
import type { LegEnd } from "./kinesis-video/leg-end.js";
import { type LiveEnd, type LiveFragment, type LiveOptions, LiveReader } from "./kinesis-video/live-reader.js";
import { describeRetention } from "./kinesis-video/stream-retention.js";
import type { ReadingEnd } from "./leg-completeness.js";
import { type LegOutcome, LegRecording } from "./leg-recording.js";
import type { LegRequest } from "./leg-request.js";
import type { Fragment } from "./matroska/fragment.js";
import {
  archiveRequestOf,
  drain,
  findComplete,
  type RecordLegOptions,
  rangeOf,
  recordingOptions,
  recordLeg,
  retentionOf,
} from "./record-leg.js";

export interface RecordLiveLegOptions extends RecordLegOptions {
  /** Told when the call ends. */
  end: LegEnd;
  live?: LiveOptions;
  /**
   * Whether silence proves the end of a call of whose end nobody has told: nobody will. Default false: a call on hold is
   * silent too, so what was read by then is not complete.
   */
  silenceProves?: boolean;
  /** Told what reading live came to, before the archive is asked whether all of it was received. */
  onRead?: (end: LiveEnd) => void;
}

/**
 * 4 s of telephone audio: there are a thousand live legs in a process, and a producer that reconnects sends its last seconds again.
 * Where one sends more, that is an error among the recording's, and the archive is read, which remembers minutes.
 */
const REMEMBERED_BYTES = 64 * 1024;

function liveRecording(leg: LegRequest, options: RecordLiveLegOptions): LegRecording {
  return new LegRecording(leg, { ...recordingOptions(options), rememberedBytes: REMEMBERED_BYTES });
}

function transactionIn(fragment: Fragment | undefined): string | undefined {
  return fragment?.tagsBefore.get("TransactionId") ?? fragment?.tagsAfter.get("TransactionId");
}

/**
 * Records one leg while it is spoken. With no transaction named, that is the first one seen.
 *
 * Where the stream has retention, the archive is asked at the end whether anything was missed; if so the leg is read
 * from there again. Without retention nobody can know, and `complete` is never claimed.
 *
 * Throws `AwsCallError`; then nothing is left behind.
 */
export async function recordLiveLeg(requested: LegRequest, options: RecordLiveLegOptions): Promise<LegOutcome> {
  const { access, store, end, signal } = options;
  const existing = await findComplete(requested, store);
  if (existing) return existing;

  let recording = requested.transactionId === undefined ? undefined : liveRecording(requested, options);
  let leg = requested;
  const progress = {
    switchedAway: () => recording?.switchedAway() ?? false,
    hasBegun: () => recording?.hasBegun() ?? false,
  };
  const push = async (read: LiveFragment) => {
    if (!recording) {
      const transactionId = transactionIn(read.fragment);
      if (transactionId === undefined) return;
      leg = { ...leg, transactionId };
      recording = liveRecording(leg, options);
    }
    await recording.push(read);
  };

  try {
    const { startFragmentNumber, startTimeMs, stream } = leg;
    const request = { stream, startFragmentNumber, startTimeMs, end };
    const read = await drain(new LiveReader(access, request, progress, options.live).fragments(signal), { push });
    options.onRead?.(read);
    const { endProof } = read;
    const ended = { endFragmentNumber: end.fragmentNumber, endTimeMs: end.timeMs };
    leg = { ...leg, ...ended };
    if (!recording) return { kind: "nothing", listed: 0 };
    recording.learnEnd(ended);

    const { dataRetentionInHours } = await describeRetention(access.clients, stream, { ...access.retry, signal });
    if (dataRetentionInHours === 0 || end.isCalledOff)
      return await recording.finish({ endProof, reader: "live" }, options.accept);
    const silenceProves = options.silenceProves === true || end.toldAtMs !== undefined;
    const archived = { ...options, silenceProves };
    const verified = await verify(recording, leg, archived);
    if (verified) return await recording.finish(verified, options.accept);
    await recording.abort();
    return await recordLeg(leg, archived);
  } catch (error) {
    await recording?.abort();
    throw error;
  }
}

/** Reads on in the archive until the end is proven. @returns undefined where something earlier was missed */
async function verify(
  recording: LegRecording,
  leg: LegRequest,
  options: RecordLiveLegOptions,
): Promise<ReadingEnd | undefined> {
  const { access, signal } = options;
  const range = await rangeOf(leg, access, signal);
  const retentionMs = await retentionOf(leg, access, signal);
  const request = { ...archiveRequestOf(leg, range, options), received: recording.received };
  const reader = new ArchiveReader(access, request, recording, options.archive);
  try {
    const { endProof, ...listing } = await drain(reader.fragments(signal), recording);
    const end: ReadingEnd = { endProof, reader: "live", listing: { ...listing, range, retentionMs } };
    return recording.hasAllListed(end) ? end : undefined;
  } catch (error) {
    if (error instanceof ListingChanged) return undefined;
    throw error;
  }
}
