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
 * Where a leg's PCM goes. Nothing is visible at the final place before `commit`, and nothing is left after `abort`.
 * One of the two ends every sink. Calls do not overlap: await each before the next.
 */
export interface AudioSink {
  /** Appends samples, signed 16-bit little-endian mono. The caller leaves the bytes unchanged until `commit` or `abort` ends. */
  write(pcm: Uint8Array): Promise<void>;
  commit(): Promise<CommittedAudio>;
  /** Removes what was written so far. Harmless after `commit` or a second time. */
  abort(): Promise<void>;
}
