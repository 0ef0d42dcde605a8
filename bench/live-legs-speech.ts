import { riffHeader } from "../consumer/audio/wav-header.js";

const SAMPLE_RATE_HZ = 8_000;
const BYTES_A_SECOND = 2 * SAMPLE_RATE_HZ;
/** Between what two legs say: a hundredth of a second. */
const LEG_STEP_BYTES = 160;

/** What the legs of a run say: noise, of which each leg has a stretch of its own, so that no two are alike anywhere. */
export class LegSpeech {
  readonly #noise: Buffer;

  /** @param longestSeconds of the longest leg */
  constructor(legs: number, longestSeconds: number) {
    this.#noise = Buffer.alloc(longestSeconds * BYTES_A_SECOND + legs * LEG_STEP_BYTES);
    let state = 2_463_534_242;
    for (let at = 0; at < this.#noise.length; at += 2) {
      // xorshift32: its low bits are as good as the others.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      this.#noise.writeInt16LE((state << 16) >> 16, at);
    }
  }

  /** Signed 16-bit little-endian, 8 kHz, mono. */
  pcm(leg: number, seconds: number): Buffer {
    const start = leg * LEG_STEP_BYTES;
    return this.#noise.subarray(start, start + seconds * BYTES_A_SECOND);
  }

  wav(leg: number, seconds: number): Buffer {
    const pcm = this.pcm(leg, seconds);
    return Buffer.concat([riffHeader({ sampleRateHz: SAMPLE_RATE_HZ, dataBytes: pcm.length }), pcm]);
  }
}

/** Legs of one call: the caller's is even. Calls last from `seconds` to half as long again. */
export function callSeconds(call: number, seconds: number): number {
  return seconds + ((call * 7) % (Math.floor(seconds / 2) + 1));
}
