import { createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { audioNameIn, audioNameOf } from "./audio-name.js";
import { callAudioFile, parseCallSidecar } from "./call-sidecar.js";
import {
  AudioMissing,
  type DescribesAudio,
  type FoundRecording,
  foundRecording,
  RecordingChanged,
  type RecordingStore,
  type StoreSink,
  TooManyRecordings,
} from "./recording-store.js";
import { isConditionFailed, isNotThere, listRefusal, unlessMissing } from "./s3-refusal.js";
import { formatSidecar, parseSidecar } from "./sidecar.js";
import { spoolFile } from "./spool-files.js";
import { openSpooledAudio } from "./spooled-audio.js";

export interface S3StoreOptions {
  client: S3Client;
  bucket: string;
  /** What the keys begin with, without a slash at the end. Default: nothing. */
  prefix?: string;
  /** Where audio waits until it is whole. Default: the system's directory for temporary files. */
  spoolDirectory?: string;
}

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

  async function find<Document extends DescribesAudio>(
    name: string,
    parse: (text: string) => Document | undefined,
    fileOf: (document: Document) => string | undefined,
  ): Promise<FoundRecording<Document>> {
    const object = await unlessMissing(client.send(new GetObjectCommand({ Bucket, Key: sidecarKey(name) })), Bucket);
    if (!object) return {};
    const sidecar = parse((await object.Body?.transformToString()) ?? "");
    const file = sidecar && fileOf(sidecar);
    const bytes = file === undefined ? undefined : (await head(keyOf(file)))?.ContentLength;
    return foundRecording(object.ETag, sidecar, { file, bytes });
  }

  async function list(prefix: string, most: number): Promise<string[]> {
    const names: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket, Prefix: keyOf(prefix), ContinuationToken });
      const page = await client.send(command).catch((error) => {
        throw listRefusal(error, Bucket);
      });
      for (const { Key = "" } of page.Contents ?? []) {
        const file = Key.slice(keyOf("").length);
        if (!file.endsWith(".json") || file.includes("/")) continue;
        if (names.push(file.slice(0, -".json".length)) > most) throw new TooManyRecordings(prefix, most);
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return names;
  }

  function openAudio(sampleRateHz?: number): Promise<StoreSink> {
    const spool = join(options.spoolDirectory ?? tmpdir(), spoolFile());
    return openSpooledAudio(
      spool,
      { sampleRateHz, sync: false },
      async (name, { sha256, bytes }) => `s3://${Bucket}/${await place(spool, name, sha256, bytes)}`,
    );
  }

  return {
    // Whether a bucket may be written is known when it is written: to try it would leave an object for every start.
    prepare: async () => undefined,
    find: (name) => find(name, parseSidecar, (sidecar) => audioNameIn(sidecar.audio.location, name)),
    findCall: (name) => find(name, parseCallSidecar, callAudioFile),
    list,
    openAudio,
    openAudioFile: () => openAudio(),
    async *readAudio(name, location) {
      const file = audioNameIn(location, name);
      if (!file) throw new AudioMissing(`${location} is not audio of ${name}`);
      const object = await unlessMissing(client.send(new GetObjectCommand({ Bucket, Key: keyOf(file) })), Bucket);
      if (!object) throw new AudioMissing(`s3://${Bucket}/${keyOf(file)} is not there`);
      yield* object.Body as Readable;
    },
    async putSidecar(name, sidecar, version) {
      const Key = sidecarKey(name);
      const condition = version === undefined ? { IfNoneMatch: "*" } : { IfMatch: version };
      const put = { Bucket, Key, Body: formatSidecar(sidecar), ContentType: "application/json", ...condition };
      try {
        await client.send(new PutObjectCommand(put));
      } catch (error) {
        const isGone = version !== undefined && isNotThere(error);
        if (isGone || isConditionFailed(error)) throw new RecordingChanged(`s3://${Bucket}/${Key} has been changed`);
        throw error;
      }
    },
    async removeSidecar(name, version) {
      const Key = sidecarKey(name);
      try {
        await client.send(new DeleteObjectCommand({ Bucket, Key, IfMatch: version }));
      } catch (error) {
        if (isConditionFailed(error)) throw new RecordingChanged(`s3://${Bucket}/${Key} has been changed`);
        // Gone already, as it was to be.
        if (!isNotThere(error)) throw error;
      }
    },
    async removeAudio(name, location) {
      const file = audioNameIn(location, name);
      if (file) await client.send(new DeleteObjectCommand({ Bucket, Key: keyOf(file) }));
    },
    sidecarLocation: (name) => `s3://${Bucket}/${sidecarKey(name)}`,
  };
}
