/** Size bytes of an element whose size is unknown: all value bits set (RFC 8794, section 6.2). */
const UNKNOWN_SIZE = Buffer.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

function idBytes(id: number): Buffer {
  const length = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(id, 0, length);
  return bytes;
}

/** A size as a variable-length integer, `width` octets wide or as short as it goes (RFC 8794, section 4). */
export function sizeBytes(size: number, width?: number): Buffer {
  let octets = width ?? 1;
  if (width === undefined) while (size >= 2 ** (7 * octets) - 1) octets++;
  const bytes = Buffer.alloc(octets);
  let rest = size;
  for (let i = octets - 1; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[0]! |= 1 << (8 - octets);
  return bytes;
}

/** An element with its size known. `id` includes the marker bits, as in the specification's tables (`0x1A45DFA3`). */
export function element(id: number, ...children: Uint8Array[]): Buffer {
  const payload = Buffer.concat(children);
  return Buffer.concat([idBytes(id), sizeBytes(payload.length), payload]);
}

/** The start of an element of unknown size; its children follow. */
export function openElement(id: number): Buffer {
  return Buffer.concat([idBytes(id), UNKNOWN_SIZE]);
}

/** An unsigned integer element, as short as it goes. `value` up to 2^53 - 1. */
export function uintElement(id: number, value: number | bigint): Buffer {
  let hex = value.toString(16);
  if (hex.length % 2) hex = `0${hex}`;
  return element(id, Buffer.from(hex, "hex"));
}

/** A float element of 8 octets. */
export function floatElement(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return element(id, bytes);
}

/** A UTF-8 string element. */
export function stringElement(id: number, value: string): Buffer {
  return element(id, Buffer.from(value, "utf8"));
}
