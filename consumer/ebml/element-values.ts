import { EbmlError } from "./ebml-error.js";

/** Unsigned integer of 0 to 8 octets; 0 octets mean 0 (RFC 8794, section 7.2). Exact up to 2^53. */
export function readUint(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 8) throw new EbmlError("badValue", start, `an integer of ${end - start} bytes`);
  let value = 0;
  for (let i = start; i < end; i++) value = value * 256 + bytes[i]!;
  return value;
}

/** Float of 0, 4 or 8 octets; 0 octets mean 0 (RFC 8794, section 7.3). */
export function readFloat(bytes: Uint8Array, start: number, end: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  if (end - start === 8) return view.getFloat64(0);
  if (end - start === 4) return view.getFloat32(0);
  if (end === start) return 0;
  throw new EbmlError("badValue", start, `a float of ${end - start} bytes`);
}

/** UTF-8 text up to the first NUL: writers pad with them to a fixed length (RFC 8794, section 13). */
export function readText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("utf8", start, end);
  const textEnd = text.indexOf("\0");
  return textEnd === -1 ? text : text.slice(0, textEnd);
}
