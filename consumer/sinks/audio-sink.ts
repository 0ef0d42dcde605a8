/** What became of the audio that was written. */
export interface CommittedAudio {
  /** Path or URL. */
  location: string;
  /** SHA-256 of all bytes at the location, header included, in hexadecimal. */
  sha256: string;
  /** Number of bytes at the location, header included. */
  bytes: number;
}

/**
 * Where a leg's PCM goes: a file, an object, a socket, or what you make. Nothing is visible at the final place before `commit`, and
 * nothing is left after `abort`, as far as the place allows.
 *
 * Whoever writes ends every sink by one of the two, and awaits each call before the next. An error of `write` or `commit` is followed
 * by `abort`.
 *
 * @typeParam Committed what `commit` tells; whoever keeps recordings with sidecars wants `CommittedAudio`
 */
export interface AudioSink<Committed = CommittedAudio> {
  /**
   * Appends samples: signed 16-bit little-endian mono, whole samples, of the rate that the sink was opened for. The caller may use
   * the bytes again once the promise has settled: a sink that needs them longer copies them.
   * @returns settles when there is room for more: whoever writes waits, and reads no further meanwhile; undefined where there is room
   * at once, and the bytes have been taken
   */
  write(pcm: Uint8Array): Promise<void> | undefined;
  /** Puts what was written in its final place. No call follows it but `abort`. */
  commit(): Promise<Committed>;
  /** Removes what was written so far. Harmless after `commit` or a second time. */
  abort(): Promise<void>;
}
