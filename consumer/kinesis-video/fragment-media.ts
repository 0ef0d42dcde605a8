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

/** A listed fragment with its media, or with the reason why it could not be had whole. */
export interface ReadFragment {
  listed: ListedFragment;
  /** Absent where nothing of it was received; a part of it, where there is a failure too. */
  fragment?: Fragment;
  failure?: Failure;
}

export interface FragmentMediaOptions {
  /** Requests in a row that bring no fragment nearer before the missing ones are given up. Default 4. */
  fruitlessAttempts?: number;
}

interface Failure {
  code: string;
  message: string;
}

/** Why a fragment is still missing: what Kinesis said, and the part of it that came. */
interface Problem {
  error?: KinesisError;
  part?: { fragment: Fragment; failure: Failure };
}

/** GetMediaForFragmentList takes no more. */
const MAX_BATCH_FRAGMENTS = 1000;
/** What arrives out of order is held, so this bounds memory. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;

function* batchesOf(fragments: readonly ListedFragment[]): Generator<ListedFragment[]> {
  let batch: ListedFragment[] = [];
  let bytes = 0;
  for (const fragment of fragments) {
    if (batch.length > 0 && (batch.length === MAX_BATCH_FRAGMENTS || bytes + fragment.sizeBytes > MAX_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(fragment);
    bytes += fragment.sizeBytes;
  }
  if (batch.length > 0) yield batch;
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
 * Throws `AwsCallError` where the call itself is refused or the stream's key may not be used.
 */
export async function* readFragmentMedia(
  access: KinesisVideoAccess,
  stream: StreamArn,
  fragments: readonly ListedFragment[],
  options: FragmentMediaOptions = {},
  signal?: AbortSignal,
): AsyncGenerator<ReadFragment, void> {
  for (const batch of batchesOf(fragments)) {
    yield* readBatch(access, stream, batch, options.fruitlessAttempts ?? 4, signal);
  }
}

async function* readBatch(
  access: KinesisVideoAccess,
  stream: StreamArn,
  batch: readonly ListedFragment[],
  fruitlessAttempts: number,
  signal?: AbortSignal,
): AsyncGenerator<ReadFragment, void> {
  const missing = new Map(batch.map((listed) => [listed.fragmentNumber, listed]));
  const ready = new Map<string, Fragment>();
  const problems = new Map<string, Problem>();
  const backoff = new Backoff(access.retry);
  let position = 0;

  for (let fruitless = 0; missing.size > 0 && fruitless < fruitlessAttempts; ) {
    const missingBefore = missing.size;
    const wanted = [...missing.keys()];
    for await (const fragment of request(access, stream, wanted, signal)) {
      const number = fragment.fragmentNumber ?? (fragment.error ? firstMissing(missing) : undefined);
      const wantedOne = number === undefined ? undefined : missing.get(number);
      if (number === undefined || !wantedOne) continue;
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
    if (missing.size === missingBefore) fruitless++;
    else {
      fruitless = 0;
      backoff.reset();
    }
    if (missing.size > 0 && fruitless < fruitlessAttempts) await access.clock.sleep(backoff.nextMs(), signal);
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

function firstMissing(missing: ReadonlyMap<string, ListedFragment>): string | undefined {
  for (const number of missing.keys()) return number;
  return undefined;
}

function givenUp(problem: Problem | undefined): Omit<ReadFragment, "listed"> {
  if (problem?.part) {
    const { fragment, failure } = problem.part;
    return { fragment, failure: { code: failure.code, message: failure.message } };
  }
  if (problem?.error) return { failure: failureOf(problem.error) };
  return { failure: { code: "not-received", message: "listed by ListFragments, but never received whole" } };
}

/** One request: the fragments it brought, until the answer ends or breaks off. */
async function* request(
  access: KinesisVideoAccess,
  stream: StreamArn,
  fragmentNumbers: string[],
  signal?: AbortSignal,
): AsyncGenerator<Fragment, void> {
  const release = await access.quotas.acquire(stream, fragmentNumbers.length, signal);
  try {
    const forget = () => access.endpoints.forget(stream, "GET_MEDIA_FOR_FRAGMENT_LIST");
    const send = async () => {
      const endpoint = await access.endpoints.get(stream, "GET_MEDIA_FOR_FRAGMENT_LIST");
      const command = new GetMediaForFragmentListCommand({ StreamARN: stream.arn, Fragments: fragmentNumbers });
      return access.clients.archived(stream.region, endpoint).send(command, { abortSignal: signal });
    };
    const answer = await withRetries(send, dataCallRetry(access, forget, signal));
    const payload = answer.Payload as Readable;
    const parser = new FragmentParser();
    const abort = () => payload.destroy(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      for await (const chunk of payload) yield* parser.feed(chunk as Uint8Array);
    } catch (error) {
      signal?.throwIfAborted();
      // The connection broke: what it brought whole has been taken, and the fragment it broke in may lack its end even
      // where it looks whole. The caller asks for the rest again.
      if (isBrokenConnection(error)) return forget();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
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
    (code !== undefined && brokenConnectionCodes.has(code)) ||
    name === "TimeoutError" ||
    message === "aborted" ||
    isDataCallRetryable(error)
  );
}
