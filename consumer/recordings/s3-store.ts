import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { AwsCallError } from "../../aws/call-error.js";
import { openS3Sink } from "../sinks/s3.js";
import type { RecordingStore } from "./recording-store.js";
import { formatSidecar, parseSidecar } from "./sidecar.js";

export interface S3StoreOptions {
  client: S3Client;
  bucket: string;
  /** What the keys begin with, without a slash at the end. Default: nothing. */
  prefix?: string;
  /** Where audio waits until it is whole. */
  spoolDirectory?: string;
}

/** Recordings as objects `<prefix>/<name>.wav` and `<prefix>/<name>.json`. The client should carry `namedErrors("s3")`. */
export function s3Store(options: S3StoreOptions): RecordingStore {
  const { client, bucket, prefix } = options;
  const keyOf = (name: string, extension: string) => `${prefix ? `${prefix}/` : ""}${name}.${extension}`;
  return {
    async find(name) {
      try {
        const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(name, "json") }));
        return parseSidecar((await object.Body?.transformToString()) ?? "");
      } catch (error) {
        if (error instanceof AwsCallError && error.code === "NoSuchKey") return undefined;
        throw error;
      }
    },
    openAudio: (name, sampleRateHz) => openS3Sink({ ...options, key: keyOf(name, "wav"), sampleRateHz }),
    async putSidecar(name, sidecar) {
      const Key = keyOf(name, "json");
      const put = { Bucket: bucket, Key, Body: formatSidecar(sidecar), ContentType: "application/json" };
      await client.send(new PutObjectCommand(put));
    },
    sidecarLocation: (name) => `s3://${bucket}/${keyOf(name, "json")}`,
  };
}
