import { type AudioEncoding, audioEncodingOf } from "../audio/audio-encoding.js";
import type { BlockTable } from "../matroska/block-table.js";
import type { Fragment, Track } from "../matroska/fragment.js";
import { chooseTrack } from "./track-choice.js";

const MAX_TRACKS_KEPT = 64;

/** The track that a fragment's audio is in, and how to read it. */
export interface ReadableTrack extends AudioEncoding {
  track: Track;
  bytesPerSample: 1 | 2;
}

/** Finds the leg's track in each fragment: tracks change places and numbers, and damage may take the header that names them. */
export class TrackReader {
  /** Tracks met, each once. */
  readonly met: Track[] = [];
  #lastTracks: readonly Track[] | undefined;
  #lastResult: { readable?: ReadableTrack; failure?: unknown } = {};

  constructor(private readonly wanted: string | number | undefined) {}

  /**
   * @returns undefined where the fragment has no such track
   * @throws {LegError} | {UnsupportedAudio}
   */
  read(fragment: Fragment, table: BlockTable): ReadableTrack | undefined {
    if (fragment.tracks.length === 0) return this.#withoutHeader(table);
    if (fragment.tracks !== this.#lastTracks) {
      this.#lastTracks = fragment.tracks;
      this.#lastResult = this.#resolve(fragment.tracks);
    }
    if (this.#lastResult.failure) throw this.#lastResult.failure;
    return this.#lastResult.readable;
  }

  /** The same, with undefined for what cannot be read either. */
  tryRead(fragment: Fragment, table: BlockTable): ReadableTrack | undefined {
    try {
      return this.read(fragment, table);
    } catch {
      return undefined;
    }
  }

  #resolve(tracks: readonly Track[]): { readable?: ReadableTrack; failure?: unknown } {
    for (const track of tracks) this.#meet(track);
    try {
      const track = chooseTrack(tracks, this.wanted);
      return { readable: track && readable(track) };
    } catch (failure) {
      return { failure };
    }
  }

  #meet(track: Track): void {
    const isMet = this.met.some(({ name, number }) => name === track.name && number === track.number);
    if (!isMet && this.met.length < MAX_TRACKS_KEPT) this.met.push(track);
  }

  /** The header was lost: the tracks are the ones of the fragment before, or the only one there are blocks of. */
  #withoutHeader(table: BlockTable): ReadableTrack | undefined {
    if (this.#lastTracks) {
      if (this.#lastResult.failure) throw this.#lastResult.failure;
      return this.#lastResult.readable;
    }
    if (table.length === 0) return undefined;
    const number = table.trackNumber(0);
    for (let i = 1; i < table.length; i++) {
      // Of several it cannot be told which is which. What is lost with the header is told as damage.
      if (table.trackNumber(i) !== number) return undefined;
    }
    const known = this.wanted === undefined || String(this.wanted) === String(number);
    return known ? readable({ number, type: 2 }) : undefined;
  }
}

function readable(track: Track): ReadableTrack {
  const encoding = audioEncodingOf(track);
  const bytesPerSample = encoding.encoding === "alaw" || encoding.encoding === "mulaw" ? 1 : 2;
  return { track, bytesPerSample, ...encoding };
}
