import { vintLength } from "../ebml/element-header.js";

/** A block needs a track number, a timecode and flags at least (RFC 9559, section 10.1). */
export const SMALLEST_BLOCK_BYTES = 4;

/** Flag bits that a SimpleBlock has to leave zero (RFC 9559, section 10.2); a Block in a BlockGroup has them zero too. */
const RESERVED_FLAGS = 0x70;

/** The first bytes of a block, overwritten by each reading. */
export class BlockHeader {
  trackNumber = 0;
  /** Ticks from the cluster's timecode, signed. */
  relativeTimecode = 0;
  flags = 0;
  /** Index of the byte after the flags. */
  dataStart = 0;
}

/**
 * Reads the header of a block whose content begins at `start`. It looks at no more than 11 bytes.
 * @returns false where it is none: too short, or reserved bits set
 */
export function readBlockHeader(bytes: Uint8Array, start: number, end: number, header: BlockHeader): boolean {
  if (end - start < SMALLEST_BLOCK_BYTES) return false;
  const first = bytes[start]!;
  const octets = vintLength(first);
  // Track numbers beyond four octets do not fit the block table, and no writer makes them.
  if (octets > 4 || end - start < octets + 3) return false;
  let trackNumber = first & ((1 << (8 - octets)) - 1);
  for (let i = 1; i < octets; i++) trackNumber = trackNumber * 256 + bytes[start + i]!;
  const at = start + octets;
  header.trackNumber = trackNumber;
  header.relativeTimecode = ((bytes[at]! << 24) >> 16) | bytes[at + 1]!;
  header.flags = bytes[at + 2]!;
  header.dataStart = at + 3;
  return trackNumber > 0 && (header.flags & RESERVED_FLAGS) === 0;
}
