import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { riffHeader } from "../audio/wav-header.js";
import type { AudioSink, CommittedAudio } from "./audio-sink.js";
import type { AudioFileFormat } from "./pcm-file.js";

export interface StreamSinkOptions {
  format: AudioFileFormat;
  /** Default 8,000. */
  sampleRateHz?: number;
  /** What `commit` gives as location. */
  location: string;
  /** Whether `commit` closes the stream. Default false, as for standard output. */
  end?: boolean;
}

/**
 * Audio into something that can only be written forwards, such as a pipe. What is written cannot be taken back; a WAV header says
 * that its size is unknown.
 */
export function openStreamSink(stream: Writable, options: StreamSinkOptions): AudioSink {
  const hash = createHash("sha256");
  let bytes = 0;
  let failure: Error | undefined;
  stream.on("error", (error) => {
    failure ??= error;
  });

  async function write(piece: Uint8Array): Promise<void> {
    if (failure) throw failure;
    hash.update(piece);
    bytes += piece.length;
    // `once` rejects on an error, also where the reader goes away while we wait.
    if (!stream.write(piece)) await once(stream, "drain");
  }

  async function start(): Promise<void> {
    if (options.format !== "wav" || bytes > 0) return;
    await write(riffHeader({ sampleRateHz: options.sampleRateHz ?? 8000, dataBytes: undefined }));
  }

  return {
    async write(pcm) {
      await start();
      await write(pcm);
    },
    async commit(): Promise<CommittedAudio> {
      await start();
      await new Promise<void>((resolve, reject) => {
        if (options.end) stream.end(resolve);
        else stream.write("", (error) => (error ? reject(error) : resolve()));
        stream.once("error", reject);
      });
      if (failure) throw failure;
      return { location: options.location, sha256: hash.digest("hex"), bytes };
    },
    async abort() {
      if (options.end) stream.destroy();
    },
  };
}
