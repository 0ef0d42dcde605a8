import assert from "node:assert/strict";
import { median, ratioOfPairs, runInTurn, typicalCost } from "../../bench/statistics.js";

describe("statistics of the benchmark", () => {
  it("a median is the middle value, or the mean of the two middle ones, in whatever order they come", () => {
    assert.equal(median([30, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 100]), 3.5);
    assert.equal(median([5]), 5);
    assert.throws(() => median([]), RangeError);
  });

  it("a ratio is the median of the pairs' own ratios, so that a slow moment of the machine does not count", () => {
    const { ratio, spread } = ratioOfPairs([100, 1_000, 90], [200, 2_000, 100]);
    assert.equal(ratio, 0.5);
    assert.deepEqual(spread, [0.5, 0.9]);
    assert.throws(() => ratioOfPairs([1, 2], [1]), RangeError);
  });

  it("a typical cost has median times and the largest memory", () => {
    const cost = (wallMs: number, cpuMs: number, peakRssBytes: number) => ({ wallMs, cpuMs, peakRssBytes });
    assert.deepEqual(typicalCost([cost(1, 30, 7), cost(3, 10, 9), cost(2, 20, 8)]), cost(2, 20, 9));
  });

  it("runs take turns, one at a time, and every second pair begins with the other", async () => {
    const order: string[] = [];
    let running = 0;
    const run = (name: string) => async () => {
      assert.equal(running++, 0);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      order.push(name);
      return order.length;
    };
    const costs = await runInTurn(3, run("ours"), run("peer"));
    assert.deepEqual(order, ["ours", "peer", "peer", "ours", "ours", "peer"]);
    assert.deepEqual(costs, { ours: [1, 4, 5], peer: [2, 3, 6] });
  });
});
