import assert from "node:assert/strict";
import { forEachChild } from "../../../consumer/ebml/children.js";
import { EbmlError } from "../../../consumer/ebml/ebml-error.js";

function children(hex: string): [number, string][] {
  const bytes = Buffer.from(hex.replace(/ /g, ""), "hex");
  const found: [number, string][] = [];
  forEachChild(bytes, 0, bytes.length, (id, start, end) => found.push([id, bytes.toString("hex", start, end)]));
  return found;
}

function fault(code: EbmlError["code"], offset: number): (error: unknown) => boolean {
  return (error) => error instanceof EbmlError && error.code === code && error.offset === offset;
}

describe("forEachChild", () => {
  it("visits children in order, empty ones too", () => {
    assert.deepEqual(children("45a3 82 4142 4487 80 ec 81 00"), [
      [0x45a3, "4142"],
      [0x4487, ""],
      [0xec, "00"],
    ]);
    assert.deepEqual(children(""), []);
  });

  it("says where a child does not fit", () => {
    assert.throws(() => children("ec 80 45a3 83 4142"), fault("overrun", 2));
    assert.throws(() => children("ec ff"), fault("overrun", 0));
    assert.throws(() => children("ec 80 00"), fault("badHeader", 2));
    assert.throws(() => children("ec"), fault("badHeader", 0));
  });
});
