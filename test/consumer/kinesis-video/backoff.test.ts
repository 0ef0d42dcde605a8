import assert from "node:assert/strict";
import { AwsCallError, type AwsCallErrorKind } from "../../../aws/call-error.js";
import type { Clock } from "../../../consumer/clock.js";
import { Backoff, isTransient, withRetries } from "../../../consumer/kinesis-video/backoff.js";

function callError(kind: AwsCallErrorKind, code = "X", httpStatusCode?: number): AwsCallError {
  return new AwsCallError(kind, code, "kinesisvideo:GetMedia", "us-east-1", "said", { $metadata: { httpStatusCode } });
}

function fakeClock(): Clock & { sleptMs: number[] } {
  const sleptMs: number[] = [];
  return { sleptMs, now: () => 0, sleep: async (ms) => void sleptMs.push(ms) };
}

describe("Backoff", () => {
  it("doubles its range up to the limit and draws from the upper half", () => {
    for (const [random, expected] of [
      [0, [50, 100, 200, 250, 250]],
      [0.999999, [100, 200, 400, 500, 500]],
    ] as const) {
      const backoff = new Backoff({ baseMs: 100, maxMs: 500, random: () => random });
      assert.deepEqual(
        expected.map(() => Math.round(backoff.nextMs())),
        expected,
      );
    }
  });

  it("begins again after a reset", () => {
    const backoff = new Backoff({ baseMs: 100, random: () => 0 });
    backoff.nextMs();
    backoff.nextMs();
    backoff.reset();
    assert.equal(backoff.nextMs(), 50);
  });
});

describe("withRetries", () => {
  it("repeats throttled calls until they work", async () => {
    const clock = fakeClock();
    let calls = 0;
    const call = async () => {
      if (++calls < 3) throw callError("throttled");
      return "done";
    };
    assert.equal(await withRetries(call, { clock }), "done");
    assert.equal(clock.sleptMs.length, 2);
  });

  it("throws the last error when the attempts are used up", async () => {
    let calls = 0;
    const call = async () => {
      calls++;
      throw callError("throttled");
    };
    await assert.rejects(withRetries(call, { clock: fakeClock(), attempts: 4 }), AwsCallError);
    assert.equal(calls, 4);
  });

  it("does not repeat what was refused", async () => {
    let calls = 0;
    const call = async () => {
      calls++;
      throw callError("accessDenied");
    };
    await assert.rejects(withRetries(call, { clock: fakeClock() }));
    assert.equal(calls, 1);
  });

  it("stops with the signal's reason", async () => {
    const controller = new AbortController();
    const call = async () => {
      controller.abort(new Error("enough"));
      throw callError("throttled");
    };
    await assert.rejects(withRetries(call, { signal: controller.signal }), /enough/);
  });
});

describe("isTransient", () => {
  it("tells what can pass by itself from what cannot", () => {
    assert.equal(isTransient(callError("other", "InternalFailure", 500)), true);
    assert.equal(isTransient(callError("unreachable", "ECONNRESET")), true);
    assert.equal(isTransient(callError("unreachable", "ENOTFOUND")), false);
    assert.equal(isTransient(callError("notFound")), false);
    assert.equal(isTransient(callError("other", "InvalidArgumentException", 400)), false);
    assert.equal(isTransient(new Error("bug")), false);
  });
});
