import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { systemClock } from "../../../consumer/clock.js";
import { directoryStore } from "../../../consumer/recordings/directory-store.js";
import { speech } from "../telephone.js";
import { openReconciledOffice, type ReconciledOffice } from "./reconciled-office.js";

const HOUR_MS = 3_600_000;

describe("reconciliation by sweep", () => {
  let office: ReconciledOffice;
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  async function open(options?: Parameters<typeof openReconciledOffice>[0]): Promise<void> {
    office = await openReconciledOffice(options);
  }
  afterEach(() => office.close());

  /** Calls of which no event arrives. */
  async function playUnannounced(...calls: (readonly [Buffer, Buffer])[]): Promise<string[]> {
    const { control } = office.telephone.aws;
    const fault = control.addFault({ kind: "loseEvent" });
    const ids: string[] = [];
    for (const legs of calls) ids.push((await office.telephone.call(...legs)).transactionId);
    control.clearFaults(fault);
    return ids;
  }

  it("a call that nobody was told of is found and recorded as it was spoken, and only once", async () => {
    await open();
    await playUnannounced([caller, callee]);
    assert.equal((await office.sweep()).found, 2);
    assert.equal((await office.sweep()).found, 0, "it is on its way");
    const recorded = await office.work();
    await office.assertSpoken(recorded, [caller, callee]);
    for (const { complete, voiceConnectorId, callId } of recorded) {
      assert(complete);
      assert.equal(voiceConnectorId, office.telephone.voiceConnectorId);
      assert.match(callId!, /^[0-9a-f-]{36}$/);
    }
    assert.deepEqual(await office.markNames(), []);
    assert.equal((await office.sweep()).found, 0);
    assert.deepEqual(await office.announced(), []);
  });

  it("calls without a pause between are told apart, with few probes", async () => {
    await open();
    const calls = [0, 1, 2].map((i) => [speech(10 + i, 60_000 + i * 7_000), speech(20 + i, 40_000)] as const);
    await playUnannounced(...calls);
    office.telephone.aws.control.clearCalls();
    assert.equal((await office.sweep()).found, 6);
    // Of 190 fragments on the one stream and 120 on the other: two ends each, and less than eight for each of four boundaries.
    const probes = office.calls("kinesisvideo:GetMediaForFragmentList").length;
    assert(probes <= 2 + 4 * 8, `${probes} requests`);
    const recorded = await office.work();
    await office.assertSpoken(recorded, calls.flat());
    assert(recorded.every(({ complete }) => complete));
  });

  it("one probe request serves a stream whose runs are of one call each, however long they are", async () => {
    await open();
    await playUnannounced([speech(1, 600_000), speech(2, 600_000)]);
    office.telephone.aws.control.clearCalls();
    assert.equal((await office.sweep()).found, 2);
    assert.equal(office.calls("kinesisvideo:GetMediaForFragmentList").length, 2);
    assert.equal(office.calls("kinesisvideo:ListFragments").length, 2);
    assert.equal(office.calls("kinesisvideo:GetDataEndpoint").length, 4);
  });

  it("what others have recorded, or were told of, is left alone", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const [unannounced] = await playUnannounced([speech(3, 5_000), speech(4, 5_000)]);
    await office.telephone.call(caller, callee);
    assert.equal((await office.work()).length, 4);
    office.telephone.aws.control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
    await office.telephone.call(caller, callee);
    await office.work();
    assert.equal((await office.sweep()).found, 2);
    for (const { transactionId } of await office.announced()) assert.equal(transactionId, unannounced);
  });

  it("so is a leg whose mark does not know its first fragment, which the marks' round announces", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
    await office.telephone.call(caller, callee);
    const events = await office.takeEvents();
    await office.sendEvents(
      events.map((event) => ({ ...event, detail: { ...event.detail, startFragmentNumber: undefined } })),
    );
    await office.work();
    assert((await office.markNames()).every((name) => name.endsWith("_no-fragment")));
    assert.equal((await office.sweep()).found, 0);
    assert.equal((await office.round()).counts.LegsFoundByReconciliation, 2);
    await office.assertSpoken(await office.work(), [caller, callee]);
    assert.deepEqual(await office.markNames(), []);
  });

  it("two sweeps at once announce a leg once", async () => {
    await open();
    await playUnannounced([caller, callee]);
    await Promise.all([office.sweep(), office.sweep()]);
    assert.equal((await office.announced()).length, 2);
  });

  it("a leg that still speaks is left alone, and the one before it on its stream is not", async () => {
    await open({ settings: { fragmentMs: 64, legOffsetMs: 0 } });
    const [ended] = await playUnannounced([caller, callee]);
    const { control } = office.telephone.aws;
    control.addFault({ kind: "loseEvent" });
    const call = office.telephone.startCall(speech(3, 600_000), speech(4, 600_000), 1);
    const fragments = () => control.state().streams.map((stream) => stream.fragments.length);
    const before = fragments();
    while (fragments().some((count, i) => count < before[i]! + 5))
      await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await office.sweep({ laterMs: 0, config: { patienceMs: 0 } })).found, 2);
    for (const { transactionId } of await office.announced()) assert.equal(transactionId, ended);
    await call.hangUp();
  });

  it("where the last fragment of a call names the next one, nothing is claimed of where that begins", async () => {
    await open();
    const { control } = office.telephone.aws;
    control.addFault({ kind: "nextCallTags", times: 2 });
    const [first, second] = await playUnannounced([caller, callee], [speech(3, 5_000), speech(4, 5_000)]);
    assert.equal((await office.sweep()).found, 4);
    const announced = await office.announced();
    for (const { transactionId, startFragmentNumber, currentFragmentNumber } of announced) {
      assert.equal(currentFragmentNumber, undefined);
      assert.equal(startFragmentNumber !== undefined, transactionId === first);
    }
    assert.equal(announced.filter(({ transactionId }) => transactionId === second).length, 2);
  });

  it("likewise where the next one begins after a pause", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "nextCallTags", leg: "caller", times: 1 });
    // The caller's stream is silent until the other leg has ended.
    const [first, second] = await playUnannounced([speech(1, 5_000), speech(2, 30_000)], [caller, callee]);
    const stream = office.telephone.aws.control.state().streams.find(({ fragments }) => fragments.length < 20)!;
    const doubtful = stream.fragments[4]!;
    await office.sweep();
    const announced = (await office.announced()).filter(({ streamArn }) => streamArn === stream.arn);
    const [before, after] = [first, second].map((id) => announced.find(({ transactionId }) => transactionId === id)!);
    assert.equal(before!.startFragmentNumber, stream.fragments[0]!.number);
    assert.equal(Date.parse(String(before!.endTime)), doubtful.producerTimestampMs);
    assert.equal(after!.startFragmentNumber, undefined);
    assert.equal(Date.parse(String(after!.startTime)), stream.fragments[5]!.producerTimestampMs);
  });

  it("a call that was named and never began is not announced", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "nextCallTags", times: 2 });
    const [id] = await playUnannounced([caller, callee]);
    assert.equal((await office.sweep()).found, 2);
    for (const { transactionId } of await office.announced()) assert.equal(transactionId, id);
  });

  it("and they are recorded, each without the other's doubtful part being claimed", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "nextCallTags", times: 2 });
    await playUnannounced([caller, callee], [speech(3, 5_000), speech(4, 5_000)]);
    await office.sweep();
    const recorded = await office.work();
    assert.equal(recorded.length, 4);
    assert(recorded.every(({ complete, boundaryUncertain }) => !complete && boundaryUncertain));
    assert.equal((await office.sweep()).found, 0);
  });

  it("fragments without tags belong to their neighbours", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "missingTags", fragments: [0, 5, -1, -2] });
    await playUnannounced([speech(1, 20_000), speech(2, 20_000)]);
    assert.equal((await office.sweep()).found, 2);
    const recorded = await office.work();
    assert.equal(recorded.length, 2);
    assert.equal((await office.sweep()).found, 0);
  });

  it("media without any tags is nobody's: it is counted in the log, and nothing is announced", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "missingTags", fragments: "all" });
    await playUnannounced([caller, callee]);
    assert.equal((await office.sweep()).found, 0);
  });

  it("what was spoken after a hold, and nobody was told of, is found and joined to what is recorded", async () => {
    await open({ settings: { legOffsetMs: 0 } });
    const { control } = office.telephone.aws;
    control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
    const long = speech(5, 40_000);
    const holds = [{ atMs: 20_480, durationMs: 150_000 }];
    const call = office.telephone.startCall(long, long.subarray(0, 1_024 * 16), 100, holds);
    const spoken = () => control.state().streams.map((stream) => stream.fragments.length);
    while (!spoken().includes(20)) await new Promise((resolve) => setImmediate(resolve));
    // As after a hold that somebody took for the end.
    const started = (await office.takeEvents()).find(({ detail }) => detail.isCaller)!;
    await office.sendEvents([{ ...started, detail: { ...started.detail, streamingStatus: "ENDED" } }]);
    const [before] = await office.work();
    await office.assertSpoken([before!], [long.subarray(0, 20_480 * 16)]);
    await call.ended;
    assert.equal((await office.sweep()).found, 2, "the rest of the caller's leg, and the other leg");
    await office.work();
    const [caller] = (await office.sidecars()).filter(({ streamArn }) => streamArn === before!.streamArn);
    assert.equal(caller!.gaps.length, 1);
    assert.equal(caller!.pieces!.length, 2);
    assert.equal(caller!.samples - caller!.silenceSamples, long.length / 2);
    assert.equal((await office.sweep()).found, 0);
  });

  it("an end that an event names is believed", async () => {
    await open();
    await office.telephone.call(speech(5, 90_000), callee);
    const events = await office.takeEvents();
    for (const { detail } of events) {
      if (detail.streamingStatus !== "ENDED" || !detail.isCaller) continue;
      const stream = office.telephone.aws.control.state().streams.find(({ arn }) => arn === detail.streamArn)!;
      detail.currentFragmentNumber = stream.fragments[20]!.number;
    }
    await office.sendEvents(events);
    assert.equal((await office.work()).length, 2);
    assert.equal((await office.sweep()).found, 0);
  });

  it("a stream that keeps nothing is counted and named, in archive mode", async () => {
    await open({ dataRetentionInHours: 0 });
    await playUnannounced([caller, callee]);
    const named: object[] = [];
    const silent = () => undefined;
    const logger = { info: silent, warn: silent, error: (fields: object | string) => named.push(Object(fields)) };
    const { runs } = await office.sweep({ hour: 0, options: { logger } });
    assert.deepEqual(runs[0]!.values.StreamsWithoutRetention, [2]);
    const names = office.telephone.aws.control.state().streams.map(({ name }) => name);
    assert.deepEqual(named, [{ count: 2, names }]);
    const live = await office.sweep({ hour: 0, config: { mode: "live" } });
    assert.equal(live.runs[0]!.values.StreamsWithoutRetention, undefined);
  });

  it("all streams have a retention: that is told, too", async () => {
    await open();
    await playUnannounced([caller, callee]);
    assert.deepEqual((await office.sweep({ hour: 3 })).runs[0]!.values.StreamsWithoutRetention, [0]);
  });

  it("every stream is looked at in one of the day's 24 hours, and others' streams in none", async () => {
    await open();
    await office.createStreams(40);
    office.telephone.aws.control.createVoiceConnector(office.telephone.region);
    const { runs, swept } = await office.sweep();
    assert.equal(swept, 40);
    assert(runs.filter(({ done }) => done > 0).length > 10, "spread over the day");
  });

  it("keeps to its requests a second, whatever they are for", async () => {
    await open();
    await playUnannounced([caller, callee]);
    const [hour] = office.hoursOfStreams();
    office.telephone.aws.control.clearCalls();
    const beganMs = Date.now();
    await office.sweep({ hour, config: { requestsPerSecond: 10 } });
    const elapsedMs = Date.now() - beganMs;
    const calls = office.telephone.aws.control.calls().filter(({ action }) => action.startsWith("kinesisvideo:"));
    assert(calls.length >= 5, `${calls.length} requests`);
    assert(elapsedMs >= (calls.length - 1) * 100 - 20, `${calls.length} requests in ${elapsedMs} ms`);
  });

  it("throttles and failures of AWS are tried again", async () => {
    await open();
    await playUnannounced([caller, callee]);
    const { control } = office.telephone.aws;
    control.addFault({ kind: "throttle", actions: ["kinesisvideo:*"], times: 6 });
    control.addFault({ kind: "failure", actions: ["kinesisvideo:GetMediaForFragmentList"], times: 2 });
    assert.equal((await office.sweep()).found, 2);
  });

  it("a probe that cannot be had is taken for one without tags", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "errorTags", api: "GetMediaForFragmentList", sequence: 0 });
    await playUnannounced([caller, callee]);
    assert.equal((await office.sweep()).found, 2);
  });

  it("stops in order at its deadline, says so, and does the rest the next time", async () => {
    await open();
    await playUnannounced([caller, callee]);
    const hours = office.hoursOfStreams();
    const deadline = new AbortController();
    // The time is over as soon as a leg has been considered.
    const store = directoryStore(office.folder);
    const list: typeof store.list = (...of) => {
      deadline.abort(new Error("the time is over"));
      return store.list(...of);
    };
    const options = { deadline: deadline.signal, store: { ...store, list } };
    const [hour] = hours;
    const cut = await office.sweep({ hour: hour!, options });
    assert.equal(cut.unfinished, hours.filter((other) => other === hour).length > 1 ? 1 : 0);
    const after = await office.sweep({ options });
    assert(after.unfinished > 0);
    assert.equal(after.found, 0);
    assert.equal(cut.found + (await office.sweep()).found, 2);
  });

  it("the time being over before anything was listed is no failure", async () => {
    await open();
    const { runs, unfinished } = await office.sweep({ hour: 0, options: { deadline: AbortSignal.abort() } });
    assert.equal(unfinished, 1);
    assert.equal(runs[0]!.done, 0);
  });

  it("looks at the last two days, so that one may fail, and at what a long call needs", async () => {
    await open({ dataRetentionInHours: 168 });
    await playUnannounced([caller, callee]);
    assert.equal((await office.sweep({ laterMs: 56 * HOUR_MS })).found, 0);
    assert.equal((await office.sweep({ laterMs: 56 * HOUR_MS, config: { recoveryWindowMs: 72 * HOUR_MS } })).found, 2);
    assert.equal((await office.announced()).length, 2);
    await playUnannounced([speech(3, 5_000), speech(4, 5_000)]);
    assert.equal((await office.sweep({ laterMs: 54 * HOUR_MS })).found, 2);
  });

  it("a leg that ended a moment ago is left to its event", async () => {
    await open();
    await playUnannounced([caller, callee], [speech(3, 5_000), speech(4, 5_000)]);
    assert.equal((await office.sweep({ laterMs: 1.9 * HOUR_MS })).found, 0);
    assert.equal((await office.sweep({ laterMs: 2.1 * HOUR_MS })).found, 4);
  });

  it("a recording whose audio was deleted stays deleted; without its sidecar nobody knows of it", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const recorded = await office.work();
    assert.equal(recorded.length, 2);
    for (const { audio } of recorded) await rm(audio.location);
    assert.equal((await office.sweep()).found, 0);
    for (const { audio } of recorded) await rm(audio.location.replace(/\.wav$/, ".json"));
    assert.equal((await office.sweep()).found, 2);
  });

  it("a call that tags do not name gets its id from an event that comes late", async () => {
    await open();
    const fault = office.telephone.aws.control.addFault({ kind: "loseEvent", streamingStatus: "STARTED" });
    await office.telephone.call(caller, callee);
    office.telephone.aws.control.clearFaults(fault);
    const events = await office.takeEvents();
    // As it is announced where the tags name the transaction alone.
    await office.sendEvents(events.map((event) => ({ ...event, detail: { ...event.detail, callId: "unknown" } })));
    for (const { callId } of await office.work()) assert.equal(callId, undefined);
    await office.sendEvents(events);
    await office.work();
    for (const { callId } of await office.sidecars()) assert.equal(callId, events[0]!.detail.callId);
  });

  it("where the beginning of a leg may lie before what was listed, none is claimed", async () => {
    await open({ dataRetentionInHours: 72 });
    await playUnannounced([speech(1, 60_000), callee]);
    // The window of 48 hours, 4 of a call, one, and 2 of patience, begins in the middle of the caller's leg.
    const middleMs = Math.min(
      ...office.telephone.aws.control
        .state()
        .streams.map((stream) => stream.fragments[30]?.serverTimestampMs ?? Infinity),
    );
    const laterMs = middleMs + 55 * HOUR_MS - systemClock.now();
    await office.sweep({ laterMs });
    const [detail] = (await office.announced()).filter(({ endTime }) => endTime !== undefined);
    assert.equal(detail!.startFragmentNumber, undefined);
    assert.equal(detail!.startTime, undefined);
  });
});
