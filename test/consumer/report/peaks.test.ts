import assert from "node:assert/strict";
import fc from "fast-check";
import { bucketSamplesFor, PeakMeter } from "../../../consumer/report/peaks.js";

function measured(samples: Int16Array, cuts: readonly number[]) {
  const meter = new PeakMeter(samples.length);
  let from = 0;
  for (const to of [...cuts, samples.length].sort((a, b) => a - b)) {
    meter.add(samples.subarray(from, to));
    from = to;
  }
  return meter.end();
}

describe("peaks", () => {
  it("hold the least and the greatest sample of each bucket, in whatever pieces the samples come", () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 300 }), fc.array(fc.nat(300)), (samples, cuts) => {
        const { bucketSamples, bytes } = measured(
          samples,
          cuts.filter((cut) => cut <= samples.length),
        );
        assert.equal(bytes.length, 2 * Math.ceil(samples.length / bucketSamples));
        for (let bucket = 0; 2 * bucket < bytes.length; bucket++) {
          const part = samples.subarray(bucket * bucketSamples, (bucket + 1) * bucketSamples);
          assert.equal(bytes[2 * bucket], Math.floor(Math.min(0, ...part) / 256));
          assert.equal(bytes[2 * bucket + 1], Math.min(127, Math.ceil(Math.max(0, ...part) / 256)));
        }
      }),
    );
  });

  it("show silence only where there is silence", () => {
    assert.deepEqual([...measured(new Int16Array(64), []).bytes], [0, 0, 0, 0]);
    assert.deepEqual([...measured(Int16Array.of(1), []).bytes], [0, 1]);
    assert.deepEqual([...measured(Int16Array.of(-1), []).bytes], [-1, 0]);
  });

  it("are few, however long the call", () => {
    for (const hours of [0.01, 1, 10, 1000]) {
      const samples = hours * 3600 * 8_000;
      const buckets = samples / bucketSamplesFor(samples);
      assert(buckets <= 300_000, `${hours} h: ${buckets}`);
      assert(hours < 10 || buckets > 250_000, `${hours} h: ${buckets}`);
    }
  });
});
