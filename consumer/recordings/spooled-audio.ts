import { rm } from "node:fs/promises";
import { openFileSink } from "../sinks/file.js";
import type { StoreSink } from "./recording-store.js";

/**
 * Audio on its way into a store, in a file first: a WAV header states the length, which is known at the end, and a name its
 * hash. The file stays until `abort`, so that a commit can be tried again: nobody may have the audio but we.
 * @param spool the file
 * @param options without `sampleRateHz` what is written is the whole file, its header included; `sync` false where the file need not outlive the process
 * @param place gives the finished file its name in the store, and leaves it where it is. @returns its location
 */
export async function openSpooledAudio(
  spool: string,
  options: { sampleRateHz?: number; sync?: boolean },
  place: (name: string, audio: { sha256: string; bytes: number }) => Promise<string>,
): Promise<StoreSink> {
  const sink = await openFileSink(spool, { format: options.sampleRateHz === undefined ? "s16le" : "wav", ...options });
  let whole: { sha256: string; bytes: number } | undefined;
  return {
    write: (pcm) => sink.write(pcm),
    async commit(name) {
      whole ??= await sink.commit();
      const { sha256, bytes } = whole;
      return { location: await place(name, { sha256, bytes }), sha256, bytes };
    },
    async abort() {
      await sink.abort();
      await rm(spool, { force: true });
    },
  };
}
