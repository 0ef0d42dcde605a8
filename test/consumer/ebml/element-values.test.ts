import assert from "node:assert/strict";
import { EbmlError } from "../../../consumer/ebml/ebml-error.js";
import { readFloat, readText, readUint } from "../../../consumer/ebml/element-values.js";

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

describe("element values", () => {
  it("reads unsigned integers of 0 to 8 octets", () => {
    assert.equal(readUint(bytes(""), 0, 0), 0);
    assert.equal(readUint(bytes("018bcfe56800"), 0, 6), 1_700_000_000_000);
    assert.equal(readUint(bytes("00000000000000ff"), 0, 8), 255);
    assert.throws(
      () => readUint(bytes("000000000000000001"), 0, 9),
      (error) => error instanceof EbmlError && error.code === "badValue",
    );
  });

  it("reads floats of 0, 4 and 8 octets, anywhere in the bytes", () => {
    assert.equal(readFloat(bytes("ff45fa0000"), 1, 5), 8000);
    assert.equal(readFloat(bytes("40bf400000000000"), 0, 8), 8000);
    assert.equal(readFloat(bytes(""), 0, 0), 0);
    assert.throws(() => readFloat(bytes("000000"), 0, 3), EbmlError);
  });

  it("reads text up to the first NUL", () => {
    const text = Buffer.from("xmatroska\0\0leftover");
    assert.equal(readText(text, 1, text.length), "matroska");
    assert.equal(readText(text, 1, 5), "matr");
    assert.equal(readText(Buffer.from("naïve"), 0, 6), "naïve");
    assert.equal(readText(Buffer.from("\0"), 0, 1), "");
  });
});
