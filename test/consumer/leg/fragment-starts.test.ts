import assert from "node:assert/strict";
import fc from "fast-check";
import { FragmentStarts } from "../../../consumer/leg/fragment-starts.js";
import { parseFragmentStarts } from "../../../consumer/report/page/fragment-starts.js";

function written(starts: readonly number[]): string {
  const all = new FragmentStarts();
  for (const start of starts) all.add(start);
  return all.toString();
}

describe("where fragments begin", () => {
  it("is the first position, and then distances, with how often each comes in a row", () => {
    assert.equal(written([]), "");
    assert.equal(written([0, 1000, 2000, 3000, 3640]), "0 1000*3 640");
    assert.equal(written([1000, 2000, 3000]), "1000 1000*2");
  });

  it("is read as it was written", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4)), (distances) => {
        let at = 0;
        const starts = distances.map((distance) => {
          at += distance * 500;
          return at;
        });
        assert.deepEqual(parseFragmentStarts(written(starts)), starts);
      }),
    );
  });

  it("is short for ten hours of regular fragments, and bounded for irregular ones", () => {
    const seconds = Array.from({ length: 36_000 }, (_, i) => i * 1000);
    assert.equal(written(seconds), "0 1000*35999");
    assert(written(seconds.map((ms, i) => ms + (i % 2) * 100)).length < 100_000);
  });

  it("of a text that is none is what comes before the mistake, and never without end", () => {
    assert.deepEqual(parseFragmentStarts(undefined), []);
    assert.deepEqual(parseFragmentStarts("0 1000*2 x 5"), [0, 1000, 2000]);
    assert.equal(parseFragmentStarts("0 1*999999999999").length, 200_000);
  });
});
