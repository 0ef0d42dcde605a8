import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

export interface Stereo {
  sampleRateHz: number;
  left: Buffer;
  right: Buffer;
}

/** The two channels of a stereo WAV, RIFF or RF64. */
export function channelsIn(wav: Buffer): Stereo {
  const at = wav.indexOf("data", 12, "latin1") + 8;
  assert.equal(wav.readUInt16LE(wav.indexOf("fmt ", 12, "latin1") + 10), 2, "channels");
  const samples = (wav.length - at) / 4;
  const left = Buffer.alloc(2 * samples);
  const right = Buffer.alloc(2 * samples);
  for (let i = 0; i < samples; i++) {
    wav.copy(left, 2 * i, at + 4 * i, at + 4 * i + 2);
    wav.copy(right, 2 * i, at + 4 * i + 2, at + 4 * i + 4);
  }
  return { sampleRateHz: wav.readUInt32LE(wav.indexOf("fmt ", 12, "latin1") + 12), left, right };
}

export async function channelsOf(path: string): Promise<Stereo> {
  return channelsIn(await readFile(path));
}

/** Digital silence, 8 kHz. */
export function silence(durationMs: number): Buffer {
  return Buffer.alloc(16 * durationMs);
}

/** Pieces one after the other, then silence up to the length. */
export function channel(durationMs: number, ...pieces: Buffer[]): Buffer {
  const all = Buffer.concat(pieces);
  assert(all.length <= 16 * durationMs);
  return Buffer.concat([all, Buffer.alloc(16 * durationMs - all.length)]);
}
