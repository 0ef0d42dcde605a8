import type { Track } from "../matroska/fragment.js";

/** How samples lie in a track's blocks. All become signed 16-bit little-endian. */
export type SampleEncoding = "s16le" | "s16be" | "alaw" | "mulaw";

export interface AudioEncoding {
  encoding: SampleEncoding;
  /** Present only where the track says so in a way that can be believed. */
  sampleRateHz?: number;
  /** The codec id says nothing of the payload: it is looked at before it is taken for PCM. */
  labelUntrusted: boolean;
}

/** A track whose audio this package does not read; the message says what it is and what to do. */
export class UnsupportedAudio extends Error {
  override readonly name = "UnsupportedAudio";
}

/** Values of wFormatTag (RFC 2361, appendix A). */
const WAVE_FORMAT_PCM = 1;
const WAVE_FORMAT_ALAW = 6;
const WAVE_FORMAT_MULAW = 7;
const SMALLEST_WAVEFORMATEX_BYTES = 16;

function expectMono16(track: Track, channels: number | undefined, bits: number | undefined): void {
  const named = `track ${track.number}${track.name ? ` (${track.name})` : ""}`;
  if ((channels ?? 1) !== 1) {
    throw new UnsupportedAudio(
      `${named} has ${channels} channels in one track; only mono is read: take it apart with ffmpeg`,
    );
  }
  if ((bits ?? 16) !== 16) throw new UnsupportedAudio(`${named} has ${bits} bits a sample; only 16 are read`);
}

function waveFormat(track: Track, header: Uint8Array): AudioEncoding {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const tag = view.getUint16(0, true);
  const sampleRateHz = view.getUint32(4, true) || undefined;
  const bits = view.getUint16(14, true);
  expectMono16(track, view.getUint16(2, true), tag === WAVE_FORMAT_PCM ? bits : undefined);
  const encodings: Record<number, SampleEncoding> = {
    [WAVE_FORMAT_PCM]: "s16le",
    [WAVE_FORMAT_ALAW]: "alaw",
    [WAVE_FORMAT_MULAW]: "mulaw",
  };
  const encoding = encodings[tag];
  if (!encoding) throw new UnsupportedAudio(`track ${track.number} has WAVE format ${tag}; 1, 6 and 7 are read`);
  return { encoding, sampleRateHz, labelUntrusted: false };
}

/**
 * How to read a track. Voice Connectors stream `audio/L16`, whose bytes are little-endian all the same, and relatives of them label
 * such PCM `A_AAC`: so an encoding is taken from the header only where a codec id stands for uncompressed samples by definition
 * (RFC 9559, section 5.1.4.1.21; `A_MS/ACM` with a WAVEFORMATEX as codec private data), and anything else is taken for PCM.
 * @throws {UnsupportedAudio} stereo tracks, other sample sizes, WAVE formats other than PCM, A-law and µ-law, compressed blocks
 */
export function audioEncodingOf(track: Track): AudioEncoding {
  if (track.contentEncoded) {
    throw new UnsupportedAudio(
      `track ${track.number} is compressed by its container (ContentEncodings): rewrite it with mkvmerge --compression -1:none`,
    );
  }
  const { codecId, codecPrivate } = track;
  if (codecId === "A_PCM/INT/LIT" || codecId === "A_PCM/INT/BIG") {
    expectMono16(track, track.channels, track.bitDepth);
    const encoding = codecId === "A_PCM/INT/BIG" ? "s16be" : "s16le";
    return { encoding, sampleRateHz: track.samplingFrequencyHz || undefined, labelUntrusted: false };
  }
  if (codecId === "A_MS/ACM" && codecPrivate && codecPrivate.length >= SMALLEST_WAVEFORMATEX_BYTES) {
    return waveFormat(track, codecPrivate);
  }
  return { encoding: "s16le", labelUntrusted: codecId !== undefined && codecId !== "A_MS/ACM" };
}
