import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { AwsCallError } from "../../aws/call-error.js";
import { audioNameIn, audioNameOf } from "./audio-name.js";
import { RecordingChanged, type RecordingStore } from "./recording-store.js";
import { formatSidecar, parseSidecar } from "./sidecar.js";
import { openSpooledAudio } from "./spooled-audio.js";

export interface S3StoreOptions {
  client: S3Client;
  bucket: string;
  /** What the keys begin with, without a slash at the end. Default: nothing. */
  prefix?: string;
  /** Where audio waits until it is whole. Default: the system's directory for temporary files. */
  spoolDirectory?: string;
}

/** A conditional write that lost: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
const CONDITION_FAILED = new Set(["PreconditionFailed", "ConditionalRequestConflict"]);
const NOT_THERE = new Set(["NoSuchKey", "NotFound"]);

/**
 * Recordings as objects `<prefix>/<name>.wav` and `<prefix>/<name>.json`. The client should carry `namedErrors("s3")`.
 * Needs s3:PutObject, s3:GetObject and s3:DeleteObject on the objects, and s3:ListBucket on the bucket.
 */
export function s3Store(options: S3StoreOptions): RecordingStore {
  const { client, bucket: Bucket, prefix } = options;
  const keyOf = (file: string) => `${prefix ? `${prefix}/` : ""}${file}`;
  const sidecarKey = (name: string) => keyOf(`${name}.json`);

  async function head(Key: string): Promise<HeadObjectCommandOutput | undefined> {
    return unlessMissing(client.send(new HeadObjectCommand({ Bucket, Key })), Bucket);
  }

  async function upload(spool: string, file: string, sha256: string, condition: { IfNoneMatch?: "*" }): Promise<void> {
    const Body = createReadStream(spool);
    const params = { Bucket, Key: keyOf(file), Body, ContentType: "audio/wav", Metadata: { sha256 }, ...condition };
    await new Upload({ client, params }).done();
  }

  /** @returns the key */
  async function place(spool: string, name: string, sha256: string, bytes: number): Promise<string> {
    const file = audioNameOf(name);
    // Asked first: a condition is checked only when all of a large object has been sent.
    let there = await head(keyOf(file));
    if (!there) {
      try {
        await upload(spool, file, sha256, { IfNoneMatch: "*" });
        return keyOf(file);
      } catch (error) {
        if (!isConditionFailed(error)) throw error;
        there = await head(keyOf(file));
      }
    }
    // Ours, where an answer was lost; or left by a process that died before its sidecar was written.
    if (there?.Metadata?.sha256 === sha256 && there.ContentLength === bytes) return keyOf(file);
    const byContent = audioNameOf(name, sha256);
    await upload(spool, byContent, sha256, {});
    return keyOf(byContent);
  }

  return {
    // Whether a bucket may be written is known when it is written: to try it would leave an object for every start.
    prepare: async () => undefined,
    async find(name) {
      const object = await unlessMissing(client.send(new GetObjectCommand({ Bucket, Key: sidecarKey(name) })), Bucket);
      if (!object) return {};
      const sidecar = parseSidecar((await object.Body?.transformToString()) ?? "");
      const file = sidecar && audioNameIn(sidecar.audio.location, name);
      const bytes = file && (await head(keyOf(file)))?.ContentLength;
      return { version: object.ETag, ...(bytes === sidecar?.audio.bytes && { sidecar }) };
    },
    async openAudio(sampleRateHz) {
      const spool = join(options.spoolDirectory ?? tmpdir(), `chime-voice-streaming-${randomUUID()}.wav`);
      return openSpooledAudio(
        spool,
        { sampleRateHz, sync: false },
        async (name, { sha256, bytes }) => `s3://${Bucket}/${await place(spool, name, sha256, bytes)}`,
      );
    },
    async putSidecar(name, sidecar, version) {
      const Key = sidecarKey(name);
      const condition = version === undefined ? { IfNoneMatch: "*" } : { IfMatch: version };
      const put = { Bucket, Key, Body: formatSidecar(sidecar), ContentType: "application/json", ...condition };
      try {
        await client.send(new PutObjectCommand(put));
      } catch (error) {
        const isGone = version !== undefined && error instanceof AwsCallError && NOT_THERE.has(error.code);
        if (isGone || isConditionFailed(error)) throw new RecordingChanged(`s3://${Bucket}/${Key} has been changed`);
        throw error;
      }
    },
    async removeAudio(name, location) {
      const file = audioNameIn(location, name);
      if (file) await client.send(new DeleteObjectCommand({ Bucket, Key: keyOf(file) }));
    },
    sidecarLocation: (name) => `s3://${Bucket}/${sidecarKey(name)}`,
  };
}

function isConditionFailed(error: unknown): boolean {
  return error instanceof AwsCallError && CONDITION_FAILED.has(error.code);
}

async function unlessMissing<Answer>(answer: Promise<Answer>, bucket: string): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    if (NOT_THERE.has(error.code)) return undefined;
    throw refusal(error, bucket);
  }
}

/** Who may not list a bucket gets 403 for an object that is not there: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
function refusal(error: AwsCallError, bucket: string): AwsCallError {
  const { kind, code, action, region, message, cause } = error;
  if (kind !== "accessDenied") return error;
  const hint = `To whoever lacks s3:ListBucket on the bucket, S3 says so of every object that does not exist: allow s3:GetObject on the objects of ${bucket} and s3:ListBucket on ${bucket} itself.`;
  return new AwsCallError(kind, code, action, region, `${message} ${hint}`, cause);
}
