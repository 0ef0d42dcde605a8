import assert from "node:assert/strict";
import { runsOf } from "../../../consumer/reconcile/fragment-runs.js";

/** Fragments of a second each that begin at these times. */
function listedAt(...startsMs: number[]) {
  return startsMs.map((startMs, i) => ({
    fragmentNumber: String(i),
    serverTimestampMs: startMs + 1_120,
    producerTimestampMs: startMs,
    lengthMs: 1_000,
    sizeBytes: 17_000,
  }));
}

describe("runs of fragments", () => {
  it("end where media pauses", () => {
    assert.deepEqual(runsOf([]), []);
    assert.deepEqual(runsOf(listedAt(0, 1_000, 2_000)), [{ first: 0, last: 2 }]);
    assert.deepEqual(runsOf(listedAt(0, 1_000, 5_000, 6_000)), [
      { first: 0, last: 1 },
      { first: 2, last: 3 },
    ]);
  });

  it("go on where a second is missing, and where a producer sends some again", () => {
    assert.deepEqual(runsOf(listedAt(0, 2_500, 3_500)), [{ first: 0, last: 2 }]);
    assert.deepEqual(runsOf(listedAt(0, 1_000, 2_000, 0, 1_000, 2_000, 3_000)), [{ first: 0, last: 6 }]);
  });

  it("end where the producer's clock was set back", () => {
    assert.equal(runsOf(listedAt(3_600_000, 3_601_000, 0, 1_000)).length, 2);
  });
});
