import assert from "node:assert/strict";
import { CallQuota } from "../../local-aws/call-quota.js";

describe("CallQuota", () => {
  const taken = (quota: CallQuota, calls: number, nowMs: number, perSecond: number) =>
    Array.from({ length: calls }, () => quota.take(nowMs, perSecond)).filter(Boolean).length;

  it("allows a second's worth at once, and then as time goes by", () => {
    const quota = new CallQuota();
    assert.equal(taken(quota, 10, 1_000, 5), 5);
    assert.equal(taken(quota, 10, 1_199, 5), 0);
    assert.equal(taken(quota, 10, 1_200, 5), 1);
    assert.equal(taken(quota, 10, 60_000, 5), 5);
  });

  it("a limit of 0 is none", () => {
    assert.equal(taken(new CallQuota(), 1_000, 0, 0), 1_000);
  });
});
