import assert from "node:assert/strict";
import { pino } from "pino";
import { holdMessage } from "../../../consumer/queue/message-lease.js";
import type { QueuedMessage, WorkQueue } from "../../../consumer/queue/work-queue.js";
import { ManualClock } from "../manual-clock.js";

const MESSAGE: QueuedMessage = { id: "1", body: "", receiptHandle: "1", receiveCount: 1, attributes: {} };

describe("holdMessage", () => {
  const logger = pino({ level: "silent" });
  let clock: ManualClock;
  let renewals: { signal: AbortSignal; answer: () => void }[];
  /** As far as a lease uses one: renewals are answered when the test says so, or never. */
  const queue = {
    hide: (_message: QueuedMessage, _seconds: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        renewals.push({ signal, answer: resolve });
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  } as unknown as WorkQueue;

  beforeEach(() => {
    clock = new ManualClock();
    renewals = [];
  });

  const hold = () => holdMessage(queue, MESSAGE, { visibilityTimeoutSeconds: 60, clock, logger });

  it("waits, when it is let go, for a renewal that is on its way", async () => {
    const held = hold();
    await clock.pass(20_000);
    const [renewal] = renewals;
    let isReleased = false;
    const released = held.release().then(() => {
      isReleased = true;
    });
    await clock.pass(1_000);
    assert.equal(isReleased, false);
    renewal!.answer();
    await released;
    assert.equal(renewal!.signal.aborted, false);
    await clock.pass(60_000);
    assert.equal(renewals.length, 1);
  });

  it("breaks a renewal off that is never answered", async () => {
    const held = hold();
    await clock.pass(20_000);
    const released = held.release();
    await clock.pass(5_000);
    await released;
    assert.equal(renewals[0]!.signal.aborted, true);
  });
});
