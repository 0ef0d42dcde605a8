import assert from "node:assert/strict";
import fc from "fast-check";
import { ElementHeader, readElementHeader, vintLength } from "../../../consumer/ebml/element-header.js";
import { sizeBytes } from "../../../local-aws/ebml-writer.js";

function read(hex: string): [string, number, boolean, number, number] {
  const header = new ElementHeader();
  const bytes = Buffer.from(hex.replace(/ /g, ""), "hex");
  const outcome = readElementHeader(bytes, 0, bytes.length, header);
  return [outcome, header.id, header.sizeKnown, header.size, header.headerBytes];
}

describe("readElementHeader", () => {
  it("reads ids of one to four octets with their marker bits", () => {
    assert.deepEqual(read("a3 84"), ["header", 0xa3, true, 4, 2]);
    assert.deepEqual(read("4286 81"), ["header", 0x4286, true, 1, 3]);
    assert.deepEqual(read("2ad7b1 83"), ["header", 0x2ad7b1, true, 3, 4]);
    assert.deepEqual(read("1a45dfa3 a3"), ["header", 0x1a45dfa3, true, 35, 5]);
  });

  it("reads sizes of one to eight octets, however wide they are written", () => {
    for (let width = 1; width <= 8; width++) {
      const bytes = Buffer.concat([Buffer.from([0xa3]), sizeBytes(5, width)]);
      assert.deepEqual(read(bytes.toString("hex")), ["header", 0xa3, true, 5, 1 + width]);
    }
  });

  it("reads any size that a writer writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 }), (size) => {
        const bytes = Buffer.concat([Buffer.from([0xec]), sizeBytes(size)]);
        assert.deepEqual(read(bytes.toString("hex")), ["header", 0xec, true, size, bytes.length]);
      }),
    );
  });

  it("tells an unknown size, of any width, from the largest known ones", () => {
    for (const hex of [
      "ff",
      "7fff",
      "3fffff",
      "1fffffff",
      "0fffffffff",
      "07ffffffffff",
      "03ffffffffffff",
      "01ffffffffffffff",
    ]) {
      assert.equal(read(`1f43b675 ${hex}`)[2], false, hex);
    }
    assert.deepEqual(read("a3 fe").slice(2, 4), [true, 126]);
    assert.deepEqual(read("a3 7ffe").slice(2, 4), [true, 16382]);
    assert.deepEqual(read("a3 407f").slice(2, 4), [true, 127]);
  });

  it("asks for more where a header is cut, at every place", () => {
    const whole = "1f43b675 01ffffffffffffff".replace(/ /g, "");
    for (let octets = 0; octets < 12; octets++) assert.equal(read(whole.slice(0, 2 * octets))[0], "incomplete");
  });

  it("refuses ids longer than four octets, reserved ids and sizes without a marker", () => {
    assert.equal(read("0fffffffff81")[0], "invalid");
    assert.equal(read("00")[0], "invalid");
    for (const hex of ["80 81", "ff 81", "4000 81", "7fff 81", "200000 81", "10000000 81", "1fffffff 81"]) {
      assert.equal(read(hex)[0], "invalid", hex);
    }
    assert.equal(read("a3 00")[0], "invalid");
  });

  it("knows a variable-length integer's length by its first octet", () => {
    assert.deepEqual(
      [0xff, 0x80, 0x7f, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01, 0x00].map(vintLength),
      [1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  });
});
