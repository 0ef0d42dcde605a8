import assert from "node:assert/strict";
import { compareFragmentNumbers } from "../../../consumer/matroska/fragment.js";

describe("compareFragmentNumbers", () => {
  it("orders decimal strings by value, beyond what a number holds", () => {
    const numbers = [
      "91343852333181432392682062607743920149055000001",
      "100",
      "99",
      "0100",
      "91343852333181432392682062607743920149055000000",
    ];
    assert.deepEqual([...numbers].sort(compareFragmentNumbers), ["99", "100", "0100", numbers[4], numbers[0]]);
    assert.equal(compareFragmentNumbers("007", "7"), 0);
    assert.equal(compareFragmentNumbers("0", "00"), 0);
  });
});
