import { createHash } from "node:crypto";
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

  /** Waits for the write itself, not for "drain": that never comes from a stream that is destroyed, as that of a process that ended. */
  function written(piece: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      stream.write(piece, (error) => (error ? reject(failure ?? error) : resolve()));
    });
  }

  async function ended(): Promise<void> {
    // A destroyed stream does not call back.
    if (stream.destroyed) throw failure ?? new Error("the stream was closed before it was ended");
    await new Promise<void>((resolve, reject) => {
      stream.end((error?: Error | null) => (error ? reject(failure ?? error) : resolve()));
    });
  }

  async function write(piece: Uint8Array): Promise<void> {
    if (failure) throw failure;
    hash.update(piece);
    bytes += piece.length;
    // A stream may keep what it was given for longer than its caller does.
    await written(Buffer.from(piece));
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
      if (failure) throw failure;
      await start();
      await (options.end ? ended() : written(new Uint8Array()));
      return { location: options.location, sha256: hash.digest("hex"), bytes };
    },
    async abort() {
      if (options.end) stream.destroy();
    },
  };
}
