import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { AudioSink } from "./audio-sink.js";
import { PcmFile, type PcmFileOptions } from "./pcm-file.js";
import { openStreamSink } from "./stream.js";

const READ_BYTES = 256 * 1024;

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/**
 * An audio file: a hidden sibling until `commit` gives it its name, gone after `abort`. Its hash is computed from the finished
 * file, for a WAV header is written last.
 * @param path `-` is standard output, where `abort` cannot take anything back
 * @throws the system's error where the file cannot be made: its folder is missing or not writable, or the path is a folder
 */
export async function openFileSink(path: string, options: PcmFileOptions): Promise<AudioSink> {
  if (path === "-") return openStreamSink(process.stdout, { ...options, location: path });
  const file = await PcmFile.open(path, options);
  return {
    write: (pcm) => file.write(pcm),
    abort: () => file.abort(),
    async commit() {
      const bytes = await file.commit();
      return { location: file.path, sha256: await sha256OfFile(file.path), bytes };
    },
  };
}
