import type { RecordingStore } from "../recordings/recording-store.js";
import type { Progress } from "./progress.js";

const BYTES_PER_SAMPLE = 2;

/** The store; the audio of legs that is written into it is counted. */
export function countedAudio(store: RecordingStore, progress: Progress): RecordingStore {
  return {
    ...store,
    async openAudio(sampleRateHz) {
      const sink = await store.openAudio(sampleRateHz);
      return {
        write(pcm) {
          progress.bytes += pcm.length;
          progress.audioMs += (pcm.length / BYTES_PER_SAMPLE / sampleRateHz) * 1000;
          return sink.write(pcm);
        },
        commit: (name) => sink.commit(name),
        abort: () => sink.abort(),
      };
    },
  };
}
