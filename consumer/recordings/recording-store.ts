import type { AudioSink } from "../sinks/audio-sink.js";
import type { Sidecar } from "./sidecar.js";

/** Where recordings are kept: `<name>.wav` and `<name>.json`, the latter only when the former is there. */
export interface RecordingStore {
  /** The sidecar of an earlier recording; undefined where there is none that can be read. */
  find(name: string): Promise<Sidecar | undefined>;
  /** Nothing is seen under the name before the sink is committed. */
  openAudio(name: string, sampleRateHz: number): Promise<AudioSink>;
  /** Puts the sidecar in place, whole or not at all. */
  putSidecar(name: string, sidecar: Sidecar): Promise<void>;
  /** Path or URL of the sidecar of this name. */
  sidecarLocation(name: string): string;
}
