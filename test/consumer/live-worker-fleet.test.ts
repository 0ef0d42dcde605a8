import assert from "node:assert/strict";
import { type Fleet, openFleet, type SpokenCall } from "./live-fleet.js";

describe("live workers under one queue", function () {
  this.timeout(60_000);
  let fleet: Fleet;

  before(async function () {
    fleet = await openFleet(this);
  });

  beforeEach(() => fleet.begin());

  afterEach(() => fleet.endWorkers());

  after(() => fleet?.close());

  it("record 50 calls at once, one worker all of their 100 legs", async () => {
    const worker = fleet.startWorker();
    await worker.says("worker started");
    const calls = fleet.startCalls(50, 18_000, 3);
    await worker.says("reading live", 100);
    assert.equal(worker.said("read live").length, 0);
    const sidecars = await fleet.assertRecorded(calls);
    assert.equal(sidecars.length, 100);
    assert.equal(worker.recorded.length, 100);
  });

  it("end their legs when ENDED comes to another worker, and replace the messages of long legs meanwhile", async () => {
    const workers = [1, 2].map(() => fleet.startWorker({ HANDOVER_SECONDS: "1" }));
    await Promise.all(workers.map((worker) => worker.says("worker started")));
    const calls: SpokenCall[] = [];
    // Which worker gets a message is the queue's affair.
    const said = (message: string) => workers.flatMap((worker) => worker.said(message)).length;
    const told = () => said("another worker was told of the leg's end");
    const sentOn = () => said("sent on to the worker that reads the leg");
    for (let wave = 0; wave < 8 && (told() === 0 || sentOn() === 0); wave++) {
      calls.push(...fleet.startCalls(4, 12_000, 3));
      await fleet.assertRecorded(calls);
    }
    assert(told() > 0);
    assert(said("a leg's message is due: a fresh one was sent") >= 2 * calls.length);
    assert(sentOn() > 0);
    assert.equal(said("reading live"), 2 * calls.length);
  });

  it("hand their legs over when they are to stop, and leave them when they are killed, to be read from the first fragment", async () => {
    const drained = fleet.startWorker();
    await drained.says("worker started");
    const calls = fleet.startCalls(6, 33_000, 3);
    await drained.says("reading live", 12);
    const killed = fleet.startWorker({ VISIBILITY_TIMEOUT_SECONDS: "3", HANDOVER_SECONDS: "1" });
    await killed.says("worker started");
    drained.kill("SIGTERM");
    assert.equal(await drained.ended, 0);
    assert(calls.every(({ call }) => !call.isOver));
    assert.equal(drained.said("handed to another worker").length, 12);
    await killed.says("reading live", 12);
    assert(killed.said("reading live").every(({ isContinuation }) => isContinuation === true));
    // Messages that say who holds them are left behind, too.
    await killed.says("a leg's message is due: a fresh one was sent", 6);
    const last = fleet.startWorker();
    await last.says("worker started");
    killed.kill("SIGKILL");
    assert.equal(await killed.ended, null);
    await fleet.assertRecorded(calls);
    assert.deepEqual([drained.recorded.length, killed.recorded.length, last.recorded.length], [0, 0, 12]);
  });
});
