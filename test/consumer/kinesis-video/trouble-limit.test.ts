import assert from "node:assert/strict";
import type { Clock } from "../../../consumer/clock.js";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import { TroubleLimit } from "../../../consumer/kinesis-video/trouble-limit.js";
import { speech, startTelephone, type Telephone } from "../telephone.js";

const MINUTE_MS = 60_000;
const trouble = new Error("the connection broke");

describe("TroubleLimit", () => {
  let telephone: Telephone;
  let nowMs: number;

  afterEach(() => telephone.close());

  async function limitOf(dataRetentionInHours: number, limitMs?: number): Promise<TroubleLimit> {
    telephone = await startTelephone({ dataRetentionInHours });
    const { legs } = await telephone.call(speech(1, 100), speech(2, 100));
    nowMs = Date.now();
    const clock: Clock = { now: () => nowMs, sleep: async () => undefined };
    return new TroubleLimit({ ...telephone.access, clock }, parseStreamArn(legs[0]!.streamArn)!, limitMs);
  }

  /** How long there may be nothing but trouble, in minutes: tried each of the times. */
  async function lastsFor(limit: TroubleLimit, minutes: readonly number[], hasRead = true): Promise<number> {
    const begunMs = nowMs;
    await limit.met(trouble, hasRead);
    for (const minute of minutes) {
      nowMs = begunMs + minute * MINUTE_MS;
      try {
        await limit.met(trouble, hasRead);
      } catch (error) {
        assert.equal(error, trouble);
        return minute;
      }
    }
    return Number.POSITIVE_INFINITY;
  }

  it("is the stream's retention: until then what was not read can still be there", async () => {
    assert.equal(await lastsFor(await limitOf(2), [4, 10, 60, 119, 120, 180]), 120);
  });

  it("is five minutes where the stream has no retention, as long as Kinesis buffers", async () => {
    assert.equal(await lastsFor(await limitOf(0), [4, 5, 10]), 5);
  });

  it("begins anew when something has been read", async () => {
    const limit = await limitOf(0);
    await lastsFor(limit, [4]);
    limit.isOver();
    nowMs += 30 * MINUTE_MS;
    assert.equal(await lastsFor(limit, [4, 6]), 6);
  });

  it("asks for the retention when it can be had, and bears the trouble until then", async () => {
    const limit = await limitOf(24);
    telephone.aws.control.addFault({ kind: "failure", actions: ["kinesisvideo:DescribeStream"], times: 3 });
    assert.equal(await lastsFor(limit, [4, 60, 600, 1_439, 1_440]), 1_440);
  });

  it("gives up soon on a stream that was never reached", async () => {
    const limit = await limitOf(24);
    telephone.aws.control.addFault({ kind: "failure", actions: ["kinesisvideo:DescribeStream"] });
    assert.equal(await lastsFor(limit, [4, 5], false), 5);
  });

  it("is what was asked for", async () => {
    assert.equal(await lastsFor(await limitOf(24, 2 * MINUTE_MS), [1, 2]), 2);
  });
});
