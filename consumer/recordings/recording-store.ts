import type { AudioSink, CommittedAudio } from "../sinks/audio-sink.js";
import type { CallSidecar } from "./call-sidecar.js";
import type { Sidecar } from "./sidecar.js";

/** What is kept under a name. Empty where nothing is. */
export interface FoundRecording<Document = Sidecar> {
  /** Absent where there is no sidecar that can be read, or where the audio it describes is not there. */
  sidecar?: Document;
  /** Instead: a sidecar that can be read, and whose audio has been deleted since. */
  withoutAudio?: Document;
  /** Of the sidecar document, readable or not: what is replaced, if it is replaced. */
  version?: string;
}

/** Audio on its way into a store: a sink that gets its name when it is committed. Whatever comes of that, it is ended by `abort`. */
export interface StoreSink extends Omit<AudioSink, "commit"> {
  /** Can be called again, where it failed or for another name. `abort` takes back nothing of it, but what the store needed meanwhile. */
  commit(name: string): Promise<CommittedAudio>;
}

/** Somebody else has put a sidecar in place since it was looked for. */
export class RecordingChanged extends Error {
  override readonly name = "RecordingChanged";
}

/** More sidecars begin with a name than can be looked at. */
export class TooManyRecordings extends Error {
  override readonly name = "TooManyRecordings";

  constructor(prefix: string, most: number) {
    super(`more than ${most} recordings have names that begin with ${prefix}`);
  }
}

/** A document that says where audio is. */
export interface DescribesAudio {
  audio: { location: string; bytes: number };
}

/** @param audio the file that the sidecar names, if it is one of the store's, and the length of what is there */
export function foundRecording<Document extends DescribesAudio>(
  version: string | undefined,
  sidecar: Document | undefined,
  { file, bytes }: { file: string | undefined; bytes: number | undefined },
): FoundRecording<Document> {
  if (!sidecar || file === undefined) return { version };
  if (bytes === undefined) return { version, withoutAudio: sidecar };
  return bytes === sidecar.audio.bytes ? { version, sidecar } : { version };
}

/** Audio that was to be read is not there, or is not the store's. */
export class AudioMissing extends Error {
  override readonly name = "AudioMissing";
}

/**
 * Where recordings are kept: audio, and under `<name>.json` a sidecar that says which audio it describes.
 *
 * Audio in its place is never changed. A first recording is `<name>.wav`; where that name is taken by other bytes, audio is
 * named by its content, `<name>_<first 12 digits of its SHA-256>.wav`. So a recording is replaced in one step, that of its
 * sidecar: whenever a process dies, the sidecar describes bytes that are there. What can be left over is audio that no
 * sidecar names.
 */
export interface RecordingStore {
  /** Makes the place where it is missing. Throws where nothing can be written there, as far as that can be known. */
  prepare(): Promise<void>;
  find(name: string): Promise<FoundRecording>;
  /** Likewise of a call, by the name of its sidecar. */
  findCall(name: string): Promise<FoundRecording<CallSidecar>>;
  /**
   * Names of sidecars that begin with this, in their order; every one that was put before it was asked for.
   * @param most with more of them `TooManyRecordings` is thrown
   */
  list(prefix: string, most: number): Promise<string[]>;
  /** Nothing is seen under any name before the sink is committed; its location then is the store's choice. */
  openAudio(sampleRateHz: number): Promise<StoreSink>;
  /** Likewise, for a whole file, its header included: of audio whose length is known before it is written. */
  openAudioFile(): Promise<StoreSink>;
  /** The bytes of audio of this name. Throws `AudioMissing`. */
  readAudio(name: string, location: string): AsyncIterable<Uint8Array>;
  /**
   * Puts the sidecar in place, whole or not at all. Throws `RecordingChanged` where what is there is not `version` any more.
   * @param version as it was found; undefined: nothing
   */
  putSidecar(name: string, sidecar: Sidecar | CallSidecar, version: string | undefined): Promise<void>;
  /** Removes a sidecar, unless it has gone already. Throws `RecordingChanged` where it is not `version` any more. */
  removeSidecar(name: string, version: string): Promise<void>;
  /** Removes audio of this name that no sidecar describes any more. A location that is not this store's is left alone. */
  removeAudio(name: string, location: string): Promise<void>;
  /** Path or URL of the sidecar of this name. */
  sidecarLocation(name: string): string;
}
