import type { Track } from "../matroska/fragment.js";
import { UnsupportedAudio } from "./audio-encoding.js";

const BLOCKS_LOOKED_AT = 32;
/** Of those. One can be damaged; of AAC frames, half are odd. */
const FEWEST_ODD_BLOCKS = 2;

/** The twelve sync bits, layer 0, and a frame length that is the block's (ISO/IEC 13818-7, section 6.2). */
function isAdtsFrame(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 7 || bytes[start] !== 0xff || (bytes[start + 1]! & 0xf6) !== 0xf0) return false;
  const frameBytes = ((bytes[start + 3]! & 0x03) << 11) | (bytes[start + 4]! << 3) | (bytes[start + 5]! >> 5);
  return frameBytes === end - start;
}

/** Whether a track whose label cannot be trusted is 16-bit PCM, by its first blocks. */
export class PcmEvidence {
  #blocksToLookAt = BLOCKS_LOOKED_AT;
  #oddBlocks = 0;

  /** Enough blocks have been looked at. */
  get isGiven(): boolean {
    return this.#blocksToLookAt === 0;
  }

  /**
   * Looks at the next block.
   * @throws {UnsupportedAudio} where it plainly is no PCM: an AAC frame with its own header, or half a sample for the second time
   */
  look(track: Track, bytes: Uint8Array, start: number, end: number): void {
    this.#blocksToLookAt--;
    const isAdts = isAdtsFrame(bytes, start, end);
    if ((end - start) % 2 !== 0) this.#oddBlocks++;
    if (!isAdts && this.#oddBlocks < FEWEST_ODD_BLOCKS) return;
    const why = isAdts ? "a block of it begins with an ADTS header" : "blocks of it are an odd number of bytes long";
    throw new UnsupportedAudio(
      `track ${track.number} is labelled ${track.codecId} and is not PCM: ${why}. Decode it with ffmpeg -i FILE out.wav`,
    );
  }
}
