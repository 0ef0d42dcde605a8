import { AwsCallError } from "../aws/call-error.js";
import { ArchiveReader, ListingChanged } from "./kinesis-video/archive-reader.js";
import { ArchiveUnavailable } from "./kinesis-video/fragment-listing.js";
import type { LegEnd } from "./kinesis-video/leg-end.js";
import { type LiveEnd, type LiveFragment, type LiveOptions, LiveReader } from "./kinesis-video/live-reader.js";
import { describeRetention } from "./kinesis-video/stream-retention.js";
import { ARCHIVE_UNREAD_CODE, type ReadingEnd } from "./leg-completeness.js";
import { type LegOutcome, LegRecording, type UncommittedSidecar } from "./leg-recording.js";
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
import { isBetterRecording } from "./recordings/sidecar.js";

export interface RecordLiveLegOptions extends RecordLegOptions {
  /** Told when the call ends. */
  end: LegEnd;
  live?: LiveOptions;
  /**
   * Whether silence proves the end of a call of whose end nobody has told: nobody will. Default false: a call on hold is
   * silent too, so what was read by then is not complete.
   */
  silenceProves?: boolean;
  /** Told of every fragment that is read, before it is recorded. */
  onFragment?: () => void;
  /** Told what reading live came to, before the archive is asked whether all of it was received. */
  onRead?: (end: LiveEnd) => void;
}

/**
 * At least 2 s of telephone audio: there are a thousand live legs in a process, and a producer that reconnects sends its last seconds again.
 * Where one sends more, that is an error among the recording's, and the archive is read, which remembers minutes.
 */
const REMEMBERED_BYTES = 64 * 1024;

/** With the usual waits about five minutes: what was read live may be all that there is, and S3 is seldom unavailable for longer. */
const STORE_ATTEMPTS = 24;

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
 * from there again, and the better of the two is kept. Where the archive cannot be read, what was read live is kept, with
 * `archive-unread` or `archive-unavailable` among its errors. Without retention nobody can know, and `complete` is never claimed.
 *
 * Throws `AwsCallError` for what GetMedia refuses; then nothing is left behind.
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
    options.onFragment?.();
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
    const silenceProves = options.silenceProves === true || end.toldAtMs !== undefined;
    return await settle(recording, leg, { endProof, reader: "live" }, { ...options, silenceProves });
  } catch (error) {
    await recording?.abort();
    throw error;
  }
}

/** Has the archive prove or better what was read live, which is given up for nothing less than a better recording in its place. */
async function settle(
  recording: LegRecording,
  leg: LegRequest,
  read: ReadingEnd,
  options: RecordLiveLegOptions,
): Promise<LegOutcome> {
  const { access, accept = () => true, end, signal } = options;
  const retry = { ...access.retry, clock: access.clock, attempts: STORE_ATTEMPTS, signal };
  let known = read;
  // False where the archive gave what was not good enough for whoever asked: a later attempt may find more there.
  let isSettled = true;
  try {
    const { dataRetentionInHours } = await describeRetention(access.clients, leg.stream, { ...access.retry, signal });
    if (dataRetentionInHours === 0 || end.isCalledOff) return await recording.finish(read, accept, { retry });
    known = (await verify(recording, leg, options)) ?? read;
    if (!recording.hasAllListed(known)) {
      const live = recording.draft(known);
      const acceptBetter = (archived: UncommittedSidecar) => {
        isSettled = accept(archived);
        return isSettled && isBetterRecording(archived, live);
      };
      const outcome = await recordLeg(leg, { ...options, accept: acceptBetter });
      if (outcome.kind === "recorded") {
        await recording.abort();
        return outcome;
      }
    }
  } catch (error) {
    const failure = archiveFailure(error);
    if (!failure || signal?.aborted || !recording.hasBegun()) throw error;
    await recording.push({ failure });
  }
  // Where all that is listed was received, the archive still has it.
  const isIrreplaceable = !recording.hasAllListed(known);
  return await recording.finish(known, (draft) => isSettled && accept(draft), { isIrreplaceable, retry });
}

/** Why the archive could not be asked, if it was the archive that failed. */
function archiveFailure(error: unknown): { code: string; message: string } | undefined {
  const isRefused = error instanceof AwsCallError && /^(?:kinesisvideo|kms):/.test(error.action);
  if (!isRefused && !(error instanceof ArchiveUnavailable)) return undefined;
  const code = isRefused ? ARCHIVE_UNREAD_CODE : "archive-unavailable";
  return { code, message: `the archive could not prove or better what was read live: ${error.message}` };
}

/** Reads on in the archive until the end is proven. @returns undefined where something turned up before what had been read */
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
    return { endProof, reader: "live", listing: { ...listing, range, retentionMs } };
  } catch (error) {
    if (error instanceof ListingChanged) return undefined;
    throw error;
  }
}
