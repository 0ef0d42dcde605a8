import assert from "node:assert/strict";
import { alawToLinear, expansionTable, mulawToLinear } from "../../../consumer/audio/g711.js";

describe("G.711", () => {
  it("expands µ-law as the standard's tables say", () => {
    const known: [number, number][] = [
      [0x00, -32124],
      [0x80, 32124],
      [0xff, 0],
      [0x7f, 0],
      [0xfe, 8],
      [0x7e, -8],
      [0xef, 132],
      [0x8f, 16764],
      [0xa0, 7932],
    ];
    for (const [code, sample] of known) assert.equal(mulawToLinear(code) || 0, sample, code.toString(16));
  });

  it("expands A-law as the standard's tables say", () => {
    const known: [number, number][] = [
      [0xd5, 8],
      [0x55, -8],
      [0xaa, 32256],
      [0x2a, -32256],
      [0xd4, 24],
      [0x80, 5504],
      [0xc5, 264],
    ];
    for (const [code, sample] of known) assert.equal(alawToLinear(code), sample, code.toString(16));
  });

  it("makes tables of little-endian samples", () => {
    const table = Buffer.from(expansionTable(mulawToLinear));
    for (let code = 0; code < 256; code++) assert.equal(table.readInt16LE(2 * code), mulawToLinear(code) || 0);
  });
});
