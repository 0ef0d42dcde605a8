import assert from "node:assert/strict";
import type { Clock } from "../../../consumer/clock.js";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import { StreamQuotas } from "../../../consumer/kinesis-video/stream-quotas.js";

const streamA = parseStreamArn("arn:aws:kinesisvideo:us-east-1:123456789012:stream/a/1")!;
const streamB = parseStreamArn("arn:aws:kinesisvideo:us-east-1:123456789012:stream/b/1")!;

function steppingClock(): Clock {
  let nowMs = 0;
  return {
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
  };
}

describe("StreamQuotas", () => {
  it("spreads the fragments of one stream over time", async () => {
    const clock = steppingClock();
    const quotas = new StreamQuotas({ clock });
    for (const expectedMs of [0, 2000, 3000]) {
      const release = await quotas.acquire(streamA, expectedMs === 0 ? 1000 : 500);
      assert.equal(clock.now(), expectedMs);
      release();
    }
  });

  it("counts each stream for itself", async () => {
    const clock = steppingClock();
    const quotas = new StreamQuotas({ clock });
    (await quotas.acquire(streamA, 1000))();
    (await quotas.acquire(streamB, 1000))();
    assert.equal(clock.now(), 0);
  });

  it("lets no more reads than the quota run at a time", async () => {
    const quotas = new StreamQuotas({ concurrentReads: 2 });
    const first = await quotas.acquire(streamA, 0);
    await quotas.acquire(streamA, 0);
    let third = false;
    const waiting = quotas.acquire(streamA, 0).then(() => {
      third = true;
    });
    await new Promise(setImmediate);
    assert.equal(third, false);
    first();
    await waiting;
    assert.equal(third, true);
  });

  it("lets no more reads run at a time on all streams than a process may have", async () => {
    const quotas = new StreamQuotas({ concurrentReadsInAll: 1 });
    const first = await quotas.acquire(streamA, 0);
    let second = false;
    const waiting = quotas.acquire(streamB, 0).then((release) => {
      second = true;
      return release;
    });
    const controller = new AbortController();
    const leaving = quotas.acquire(streamB, 0, controller.signal);
    await new Promise(setImmediate);
    assert.equal(second, false);
    controller.abort(new Error("enough"));
    await assert.rejects(leaving, /enough/);
    first();
    (await waiting)();
    (await quotas.acquire(streamB, 0))();
  });

  it("gives up its place in the line when aborted", async () => {
    const quotas = new StreamQuotas({ concurrentReads: 1 });
    const first = await quotas.acquire(streamA, 0);
    const controller = new AbortController();
    const waiting = quotas.acquire(streamA, 0, controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    first();
    (await quotas.acquire(streamA, 0))();
  });
});
