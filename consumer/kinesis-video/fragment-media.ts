import type { Readable } from "node:stream";
import { GetMediaForFragmentListCommand } from "@aws-sdk/client-kinesis-video-archived-media";
import { AwsCallError } from "../../aws/call-error.js";
import type { StreamArn } from "../events/stream-arn.js";
import type { Fragment, KinesisError } from "../matroska/fragment.js";
import { FragmentParser } from "../matroska/fragment-parser.js";
import { Backoff, withRetries } from "./backoff.js";
import type { ListedFragment } from "./fragment-listing.js";
import { dataCallRetry, isDataCallRetryable, type KinesisVideoAccess } from "./kinesis-video-access.js";
import { longestMediaMs, shorterThanListed } from "./media-length.js";
import { MissingFragments } from "./missing-fragments.js";
import { type Piece, readAhead } from "./read-ahead.js";
import { watchSilence } from "./silence-watch.js";
import { describeRetention } from "./stream-retention.js";

/** A listed fragment with its media, or with the reason why it could not be had whole. */
export interface ReadFragment {
  listed: ListedFragment;
  /** Absent where nothing of it was received; a part of it, where there is a failure too. */
  fragment?: Fragment;
  /** `expired` where the stream's retention has passed since the fragment was listed. */
  failure?: Failure;
}

export interface FragmentMediaOptions {
  /** Answers that may break off at one fragment, and bring nothing, before it is given up. Default 4. */
  fruitlessAttempts?: number;
  /** A connection that brings no whole fragment for this long is closed, and the rest asked for again. Default 60 s. */
  stallMs?: number;
  /** What one request asks for at most, by the listed sizes; three of them may be held. Default 8 MiB. */
  batchBytes?: number;
}

/** The `code` of a failure: the media was there when it was listed, and its time was up before it was read. */
export const EXPIRED_CODE = "expired";

interface Failure {
  code: string;
  message: string;
}

/** Why a fragment is still missing: what Kinesis said, and the part of it that came. */
interface Problem {
  expired?: Failure;
  error?: KinesisError;
  part?: { fragment: Fragment; failure: Failure };
}

/** GetMediaForFragmentList takes no more. */
const MAX_BATCH_FRAGMENTS = 1000;
/** A request of half a thousand telephone fragments: large enough that its own cost does not count. */
const DEFAULT_BATCH_BYTES = 8 * 1024 * 1024;
/** Requests under way for one reader. The service allows five a stream, and others read it too. */
const MAX_BATCHES = 3;
const DEFAULT_STALL_MS = 60_000;
const HOUR_MS = 60 * 60_000;
/** Media expires by the server's clock, and ours may be wrong. */
const CLOCK_TOLERANCE_MS = 60_000;
const FRAGMENT_NOT_FOUND = 4000;

function* batchesOf(
  fragments: readonly ListedFragment[],
  batchBytes: number,
): Generator<{ batch: ListedFragment[]; bytes: number }> {
  let batch: ListedFragment[] = [];
  let bytes = 0;
  for (const fragment of fragments) {
    if (batch.length > 0 && (batch.length === MAX_BATCH_FRAGMENTS || bytes + fragment.sizeBytes > batchBytes)) {
      yield { batch, bytes };
      batch = [];
      bytes = 0;
    }
    batch.push(fragment);
    bytes += fragment.sizeBytes;
  }
  if (batch.length > 0) yield { batch, bytes };
}

/** GetMedia and GetMediaForFragmentList put the number in different tags: `id`, or `code` as digits. */
function errorIdOf(error: KinesisError): number | undefined {
  if (error.id !== undefined) return error.id;
  return error.code !== undefined && /^\d+$/.test(error.code) ? Number(error.code) : undefined;
}

/** The errors 4500 to 4506 say that the stream's key cannot be used: the media is there, but not for us. */
export function keyRefusal(error: KinesisError, stream: StreamArn): AwsCallError | undefined {
  const id = errorIdOf(error);
  if (id === undefined || id < 4500 || id > 4506) return undefined;
  const said = error.message ?? error.code ?? "no message";
  return new AwsCallError(
    "accessDenied",
    String(id),
    "kms:Decrypt",
    stream.region,
    `Kinesis Video Streams could not decrypt ${stream.streamName} for these credentials (error ${id}: ${said}). Allow the action kms:Decrypt on the stream's key and make sure that the key is enabled.`,
    undefined,
  );
}

export function failureOf(error: KinesisError): { code: string; message: string } {
  const id = errorIdOf(error);
  const code = id === undefined ? (error.code ?? "unknown") : String(id);
  return { code: `kinesis-${code}`, message: error.message ?? error.code ?? "Kinesis Video Streams gave no message" };
}

/**
 * The media of archived fragments, in the order given, each exactly once. What Kinesis answers with an error tag, what
 * was cut, and what is missing from an answer is asked for again; what cannot be had is yielded as a failure.
 *
 * Several requests are under way at a time, within the stream's quotas; what they bring before its turn is held, some 24 MiB at
 * most, and no more is asked for while it is not taken.
 *
 * Throws `AwsCallError` where the call itself is refused or the stream's key may not be used.
 */
export async function* readFragmentMedia(
  access: KinesisVideoAccess,
  stream: StreamArn,
  fragments: readonly ListedFragment[],
  options: FragmentMediaOptions = {},
  signal?: AbortSignal,
): AsyncGenerator<ReadFragment, void> {
  const { batchBytes = DEFAULT_BATCH_BYTES } = options;
  // What has arrived before its turn is held, so this bounds memory.
  const limits = { pieces: MAX_BATCHES, bytes: MAX_BATCHES * batchBytes };
  yield* readAhead(piecesOf(access, stream, fragments, { ...options, batchBytes }), limits, signal);
}

function* piecesOf(
  access: KinesisVideoAccess,
  stream: StreamArn,
  fragments: readonly ListedFragment[],
  options: FragmentMediaOptions & { batchBytes: number },
): Generator<Piece<ReadFragment>> {
  for (const { batch, bytes } of batchesOf(fragments, options.batchBytes)) {
    yield { bytes, read: (signal) => readBatch(access, stream, batch, options, signal) };
  }
}

async function* readBatch(
  access: KinesisVideoAccess,
  stream: StreamArn,
  batch: readonly ListedFragment[],
  { fruitlessAttempts = 4, stallMs = DEFAULT_STALL_MS }: FragmentMediaOptions,
  signal: AbortSignal,
): AsyncGenerator<ReadFragment, void> {
  const missing = new MissingFragments(batch, fruitlessAttempts);
  const ready = new Map<string, Fragment>();
  const problems = new Map<string, Problem>();
  const backoff = new Backoff(access.retry);
  let position = 0;

  for (let wanted = missing.nextRequest(); wanted.length > 0; ) {
    for await (const fragment of request(access, stream, wanted, stallMs, signal)) {
      const number = fragment.fragmentNumber ?? (fragment.error ? missing.firstUnanswered() : undefined);
      const wantedOne = number === undefined ? undefined : missing.get(number);
      if (number === undefined || !wantedOne) continue;
      missing.noteAnswered(number);
      const failure = fragment.damaged ?? shorterThanListed(longestMediaMs(fragment), wantedOne);
      if (fragment.error) problems.set(number, { ...problems.get(number), error: fragment.error });
      else if (failure) problems.set(number, { ...problems.get(number), part: { fragment, failure } });
      else {
        missing.delete(number);
        ready.set(number, fragment);
      }
      for (; position < batch.length; position++) {
        const listed = batch[position]!;
        const next = ready.get(listed.fragmentNumber);
        if (!next) break;
        ready.delete(listed.fragmentNumber);
        yield { listed, fragment: next };
      }
    }
    await setExpiredAside(access, stream, missing, problems, signal);
    if (missing.endRequest()) backoff.reset();
    wanted = missing.nextRequest();
    if (wanted.length > 0) await access.clock.sleep(backoff.nextMs(), signal);
  }

  for (const { error } of problems.values()) {
    const refusal = missing.size > 0 && error && keyRefusal(error, stream);
    if (refusal) throw refusal;
  }
  for (; position < batch.length; position++) {
    const listed = batch[position]!;
    const fragment = ready.get(listed.fragmentNumber);
    yield fragment ? { listed, fragment } : { listed, ...givenUp(problems.get(listed.fragmentNumber)) };
  }
}

/** Of the fragments that are said not to exist, those that have come of age since they were listed: asking again is of no use. */
async function setExpiredAside(
  access: KinesisVideoAccess,
  stream: StreamArn,
  missing: MissingFragments,
  problems: Map<string, Problem>,
  signal: AbortSignal,
): Promise<void> {
  const notFound = [...missing.values()].filter(({ fragmentNumber }) => {
    const { error } = problems.get(fragmentNumber) ?? {};
    return error && errorIdOf(error) === FRAGMENT_NOT_FOUND;
  });
  if (notFound.length === 0) return;
  const { dataRetentionInHours } = await describeRetention(access.clients, stream, { ...access.retry, signal });
  const expiredUntilMs = access.clock.now() - dataRetentionInHours * HOUR_MS + CLOCK_TOLERANCE_MS;
  for (const { fragmentNumber, serverTimestampMs } of notFound) {
    if (serverTimestampMs > expiredUntilMs) continue;
    missing.delete(fragmentNumber);
    const receivedAt = new Date(serverTimestampMs).toISOString();
    const message = `the media has expired: Kinesis received it at ${receivedAt}, and the stream keeps ${dataRetentionInHours} h`;
    problems.set(fragmentNumber, { expired: { code: EXPIRED_CODE, message } });
  }
}

function givenUp(problem: Problem | undefined): Omit<ReadFragment, "listed"> {
  if (problem?.expired) return { failure: problem.expired };
  if (problem?.part) {
    const { fragment, failure } = problem.part;
    return { fragment, failure: { code: failure.code, message: failure.message } };
  }
  if (problem?.error) return { failure: failureOf(problem.error) };
  return { failure: { code: "not-received", message: "listed by ListFragments, but never received whole" } };
}

/** One request: the fragments it brought, until the answer ends, breaks off or stops. */
async function* request(
  access: KinesisVideoAccess,
  stream: StreamArn,
  fragmentNumbers: string[],
  stallMs: number,
  signal: AbortSignal,
): AsyncGenerator<Fragment, void> {
  const release = await access.quotas.acquire(stream, fragmentNumbers.length, signal);
  try {
    const forget = () => access.endpoints.forget(stream, "GET_MEDIA_FOR_FRAGMENT_LIST");
    const send = async () => {
      const endpoint = await access.endpoints.get(stream, "GET_MEDIA_FOR_FRAGMENT_LIST", signal);
      const command = new GetMediaForFragmentListCommand({ StreamARN: stream.arn, Fragments: fragmentNumbers });
      return access.clients.archived(stream.region, endpoint).send(command, { abortSignal: signal });
    };
    const answer = await withRetries(send, dataCallRetry(access, forget, signal));
    const payload = answer.Payload as Readable;
    const parser = new FragmentParser();
    const abort = () => payload.destroy(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const stalled = Object.assign(new Error("the answer stopped"), { code: "ETIMEDOUT" });
    const silence = watchSilence(access.clock, stallMs, () => payload.destroy(stalled));
    try {
      if (signal.aborted) abort();
      for await (const chunk of payload) {
        const received = parser.feed(chunk as Uint8Array);
        if (received.length === 0) continue;
        silence.pause();
        yield* received;
        silence.begin();
      }
    } catch (error) {
      signal.throwIfAborted();
      // The connection broke: what it brought whole has been taken, and the fragment it broke in may lack its end even
      // where it looks whole. The caller asks for the rest again.
      if (isBrokenConnection(error)) return forget();
      throw error;
    } finally {
      silence.stop();
      signal.removeEventListener("abort", abort);
      payload.destroy();
    }
    yield* parser.end();
  } finally {
    release();
  }
}

const brokenConnectionCodes = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ERR_STREAM_PREMATURE_CLOSE"]);

/** Whether an error while reading an answer's body came from the network rather than from our own code. */
export function isBrokenConnection(error: unknown): boolean {
  const { code, name, message } = (error ?? {}) as { code?: string; name?: string; message?: string };
  return (
    // HPE_*: what came was no HTTP.
    (code !== undefined && (brokenConnectionCodes.has(code) || code.startsWith("HPE_"))) ||
    name === "TimeoutError" ||
    message === "aborted" ||
    isDataCallRetryable(error)
  );
}
