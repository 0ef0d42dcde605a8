import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { spoolFile } from "../recordings/spool-files.js";
import type { AudioSink } from "./audio-sink.js";
import { openFileSink } from "./file.js";

export interface S3SinkOptions {
  client: S3Client;
  bucket: string;
  key: string;
  /** Where the audio waits until it is whole. Default: the system's directory for temporary files. */
  spoolDirectory?: string;
  /** Default 8,000. */
  sampleRateHz?: number;
}

/**
 * Audio as one WAV object. It is spooled to a file first: a WAV header states the length, which is known at the end,
 * while an upload sends its first part first. The object's metadata holds the SHA-256 of its bytes.
 */
export async function openS3Sink(options: S3SinkOptions): Promise<AudioSink> {
  const { client, bucket, key } = options;
  const spool = join(options.spoolDirectory ?? tmpdir(), spoolFile());
  const file = await openFileSink(spool, {
    format: "wav",
    sampleRateHz: options.sampleRateHz,
    // The spool need not outlive the process.
    sync: false,
  });
  return {
    write: (pcm) => file.write(pcm),
    async commit() {
      try {
        const { sha256, bytes } = await file.commit();
        const upload = new Upload({
          client,
          params: {
            Bucket: bucket,
            Key: key,
            Body: createReadStream(spool),
            ContentType: "audio/wav",
            Metadata: { sha256 },
          },
        });
        await upload.done();
        return { location: `s3://${bucket}/${key}`, sha256, bytes };
      } finally {
        await rm(spool, { force: true });
      }
    },
    async abort() {
      await file.abort();
      await rm(spool, { force: true });
    },
  };
}
