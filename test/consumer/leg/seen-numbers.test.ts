import assert from "node:assert/strict";
import { SeenNumbers } from "../../../consumer/leg/seen-numbers.js";
import { fragmentNumber, seededRandom } from "../../streams/call.js";

describe("SeenNumbers", () => {
  it("knows what it has seen, in whatever order that came", () => {
    const random = seededRandom(3);
    const seen = new SeenNumbers();
    const model = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      const late = random() < 0.2 ? Math.floor(random() * i) : i;
      const number = fragmentNumber(2 * late);
      assert.equal(seen.has(number), model.has(number), number);
      seen.add(number);
      model.add(number);
      assert.equal(seen.has(fragmentNumber(2 * late + 1)), false);
    }
    for (const number of model) assert.ok(seen.has(number));
  });

  it("compares by value, however many zeros are written before it", () => {
    const seen = new SeenNumbers();
    seen.add("9");
    seen.add("10");
    assert.ok(seen.has("0010"));
    assert.ok(seen.isBelowHighest("9"));
    assert.equal(seen.isBelowHighest("11"), false);
    assert.equal(seen.has("1"), false);
  });

  it("takes the longest numbers that there can be", () => {
    const seen = new SeenNumbers();
    const longest = "9".repeat(64);
    seen.add(longest);
    assert.ok(seen.has(longest));
    assert.equal(seen.has("9".repeat(63)), false);
  });
});
