import assert from "node:assert/strict";
import { noise } from "../streams/call.js";
import { minimised } from "./minimise.js";

describe("minimised", () => {
  it("keeps what a failure needs and nothing else", () => {
    const needed = Buffer.from("needed");
    const bytes = Buffer.concat([noise(500, 1), needed, noise(700, 2), needed, noise(40, 3)]);
    const fails = (candidate: Buffer) => candidate.indexOf(needed) !== candidate.lastIndexOf(needed);
    assert.equal(minimised(bytes, fails).toString(), "neededneeded");
  });

  it("leaves bytes as they are where all of them are needed", () => {
    const bytes = noise(20, 1);
    assert.deepEqual(
      minimised(bytes, (candidate) => candidate.equals(bytes)),
      bytes,
    );
  });
});
