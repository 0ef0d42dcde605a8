import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { AudioSink } from "./audio-sink.js";
import { PcmFile, type PcmFileOptions } from "./pcm-file.js";

/** An audio sink as far as one on this machine goes: its hash can be had from the file itself. */
export type AudioFile = AudioSink<{ location: string; bytes: number }>;

/** Neither a file that can be replaced nor a folder: a pipe or a device, which is written to as it is. */
async function isSpecial(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

/** Loaded where it is needed: it hashes, and `node:crypto` takes longer to load than a minute of audio to extract. */
const streamSinks = () => require("./stream.js") as typeof import("./stream.js");

/**
 * Opens audio at a path, for a command that was given one.
 * @param path `-` is standard output; a pipe or a device is written to directly; a file appears under its name at `commit`
 * @throws the system's error where the file cannot be made
 */
export async function openAudioFile(path: string, options: PcmFileOptions): Promise<AudioFile> {
  if (path === "-") return streamSinks().openStreamSink(process.stdout, { ...options, location: path });
  if (await isSpecial(path)) {
    return streamSinks().openStreamSink(createWriteStream(path), { ...options, location: path, end: true });
  }
  const file = await PcmFile.open(path, options);
  return {
    write: (pcm) => file.write(pcm),
    commit: async () => ({ location: file.path, bytes: await file.commit() }),
    abort: () => file.abort(),
  };
}
