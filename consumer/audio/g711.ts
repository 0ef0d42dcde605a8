/** G.711 A-law to linear: even bits are inverted, then sign, three bits of exponent, four of mantissa (ITU-T G.711, table 1a). */
export function alawToLinear(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 0x07;
  const mantissa = ((bits & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (bits & 0x80) !== 0 ? magnitude : -magnitude;
}

/** G.711 µ-law to linear: all bits are inverted, the bias is 132 (ITU-T G.711, table 2a). */
export function mulawToLinear(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 0x07)) - 0x84;
  return (bits & 0x80) !== 0 ? -magnitude : magnitude;
}

/** The two bytes of each code's sample, little-endian: 512 bytes. */
export function expansionTable(toLinear: (code: number) => number): Uint8Array {
  const table = new Uint8Array(512);
  const view = new DataView(table.buffer);
  for (let code = 0; code < 256; code++) view.setInt16(2 * code, toLinear(code), true);
  return table;
}
