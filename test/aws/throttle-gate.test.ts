import assert from "node:assert/strict";
import { ThrottleGate } from "../../aws/throttle-gate.js";

/** Time that passes in sleeps alone, in the order in which they end. */
class SimulatedTime {
  private nowMs = 0;
  private waiting: { atMs: number; wake: () => void }[] = [];

  now(): number {
    return this.nowMs;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.waiting.push({ atMs: this.nowMs + ms, wake });
    });
  }

  /** Runs until `work` is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    work
      .finally(() => {
        isDone = true;
      })
      .catch(() => {});
    for (let step = 0; step < 100_000; step++) {
      // All that can go on now does, before time does.
      await new Promise(setImmediate);
      if (isDone) break;
      this.waiting.sort((a, b) => a.atMs - b.atMs);
      const next = this.waiting.shift();
      if (!next) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.wake();
    }
    return work;
  }
}

const throttle = Object.assign(new Error("Rate exceeded"), {
  name: "ThrottledClientException",
  $metadata: { httpStatusCode: 429 },
});

/** An API that takes so many calls a second and no more. */
function quota(time: SimulatedTime, perSecond: number) {
  const api = { tokens: perSecond, lastMs: 0, taken: 0, refused: 0 };
  const call = async () => {
    await time.sleep(20);
    api.tokens = Math.min(perSecond, api.tokens + ((time.now() - api.lastMs) * perSecond) / 1000);
    api.lastMs = time.now();
    if (api.tokens < 1) {
      api.refused++;
      throw throttle;
    }
    api.tokens--;
    api.taken++;
  };
  return { api, call };
}

describe("ThrottleGate", () => {
  it("gets hundreds of calls through a quota, at nearly its pace, and is refused seldom", async () => {
    const time = new SimulatedTime();
    const gate = new ThrottleGate(time);
    const { api, call } = quota(time, 10);
    let next = 0;
    const worker = async () => {
      while (next++ < 200) await gate.run(call);
    };
    await time.until(Promise.all(Array.from({ length: 8 }, worker)));
    assert.equal(api.taken, 200);
    assert.ok(time.now() < 40_000, `${time.now()} ms for what takes 19 s at least`);
    assert.ok(api.refused < 100, `${api.refused} refused`);
  });

  it("holds nothing back where nothing is throttled", async () => {
    const time = new SimulatedTime();
    const gate = new ThrottleGate(time);
    await time.until(Promise.all(Array.from({ length: 50 }, () => gate.run(async () => {}))));
    assert.equal(time.now(), 0);
  });

  it("keeps calls apart where others live on the same quota", async () => {
    const time = new SimulatedTime();
    const gate = new ThrottleGate(time, 100);
    const at: number[] = [];
    const calls = Array.from({ length: 5 }, () => gate.run(async () => at.push(time.now())));
    await time.until(Promise.all(calls));
    assert.deepEqual(at, [0, 100, 200, 300, 400]);
  });

  it("gives up what is throttled for five minutes, and passes on any other error at once", async () => {
    const time = new SimulatedTime();
    const gate = new ThrottleGate(time);
    const refused = gate.run(async () => {
      throw throttle;
    });
    await assert.rejects(time.until(refused), { name: "ThrottledClientException" });
    assert.ok(time.now() >= 5 * 60_000 && time.now() < 6 * 60_000);
    await assert.rejects(
      time.until(
        new ThrottleGate(time).run(async () => {
          throw new Error("no");
        }),
      ),
      /^Error: no$/,
    );
  });
});
