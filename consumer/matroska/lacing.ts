import { vintLength } from "../ebml/element-header.js";

/** Lacing bits of a block's flags (RFC 9559, section 10.3). */
export const LACING_MASK = 0x06;
const XIPH = 0x02;
const FIXED_SIZE = 0x04;

function readVint(bytes: Uint8Array, position: number, octets: number): number {
  let value = bytes[position]! & ((1 << (8 - octets)) - 1);
  for (let i = 1; i < octets; i++) value = value * 256 + bytes[position + i]!;
  return value;
}

/** Where the sizes end, and what the frames they tell add up to, the last one (the rest) left out. */
function readXiphSizes(bytes: Uint8Array, from: number, end: number, sizes: number): [number, number] | undefined {
  let position = from;
  let total = 0;
  for (let i = 0; i < sizes; i++) {
    let octet: number;
    do {
      if (position >= end) return undefined;
      octet = bytes[position++]!;
      total += octet;
    } while (octet === 255);
  }
  return [position, total];
}

/** The first size is as such, each further one the signed difference to the size before (RFC 9559, section 10.3.3). */
function readEbmlSizes(bytes: Uint8Array, from: number, end: number, sizes: number): [number, number] | undefined {
  let position = from;
  let total = 0;
  let size = 0;
  for (let i = 0; i < sizes; i++) {
    if (position >= end) return undefined;
    const octets = vintLength(bytes[position]!);
    if (octets > 8 || position + octets > end) return undefined;
    const value = readVint(bytes, position, octets);
    size = i === 0 ? value : size + value - (2 ** (7 * octets - 1) - 1);
    if (size < 0) return undefined;
    total += size;
    position += octets;
  }
  return [position, total];
}

/**
 * Where the frames of a laced block begin: behind the table of their sizes. They lie one after the other up to the block's end.
 * @param start position of the byte after the block's flags
 * @returns undefined where the table does not fit the block
 */
export function laceFramesStart(bytes: Uint8Array, start: number, end: number, flags: number): number | undefined {
  if (start >= end) return undefined;
  const framesMinusOne = bytes[start]!;
  const from = start + 1;
  const lacing = flags & LACING_MASK;
  if (lacing === FIXED_SIZE) return (end - from) % (framesMinusOne + 1) === 0 ? from : undefined;
  const sizes =
    lacing === XIPH ? readXiphSizes(bytes, from, end, framesMinusOne) : readEbmlSizes(bytes, from, end, framesMinusOne);
  if (!sizes) return undefined;
  const [framesStart, total] = sizes;
  return framesStart + total <= end ? framesStart : undefined;
}
