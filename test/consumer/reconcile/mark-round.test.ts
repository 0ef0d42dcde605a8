import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { DeleteStreamCommand } from "@aws-sdk/client-kinesis-video";
import { legOfEvent } from "../../../consumer/leg-request.js";
import { parseLegMark } from "../../../consumer/reconcile/leg-mark.js";
import { recordLeg } from "../../../consumer/record-leg.js";
import { speech } from "../telephone.js";
import { openReconciledOffice, type ReconciledOffice } from "./reconciled-office.js";

const HOUR_MS = 3_600_000;

describe("reconciliation by marks", () => {
  let office: ReconciledOffice;
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  async function open(options?: Parameters<typeof openReconciledOffice>[0]): Promise<void> {
    office = await openReconciledOffice(options);
  }
  afterEach(() => office.close());

  /** A call whose ENDED events are lost; its STARTED events have been dealt with. */
  async function playWithoutEnd(): Promise<void> {
    const fault = office.telephone.aws.control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
    await office.telephone.call(caller, callee);
    office.telephone.aws.control.clearFaults(fault);
    assert.deepEqual(await office.work(), []);
  }

  it("a leg whose ENDED was lost is announced, and recorded as it was spoken", async () => {
    await open();
    await playWithoutEnd();
    assert.equal((await office.markNames()).length, 2);
    const { counts } = await office.round();
    assert.equal(counts.LegsFoundByReconciliation, 2);
    const recorded = await office.work();
    await office.assertSpoken(recorded, [caller, callee]);
    assert(recorded.every(({ complete, isCaller }) => complete && isCaller !== undefined));
    assert.deepEqual(await office.markNames(), []);
  });

  it("an announcement says where it comes from, and names no last fragment, number or header", async () => {
    await open();
    await playWithoutEnd();
    await office.round();
    for (const detail of await office.announced()) {
      assert.equal(detail.streamingStatus, "ENDED");
      assert.equal(detail.foundByReconciliation, true);
      assert.match(String(detail.startFragmentNumber), /^\d{47}$/);
      for (const name of ["currentFragmentNumber", "fromNumber", "toNumber", "inviteHeaders"])
        assert(!(name in detail));
    }
  });

  it("is not repeated while its message may be in the queue, and is after some hours, later every time, for as long as its media is kept", async () => {
    await open({ dataRetentionInHours: 168 });
    await playWithoutEnd();
    await office.round();
    assert.equal((await office.announced()).length, 2);
    const announcedAt: number[] = [];
    for (let hour = 4; hour < 168; hour++) {
      const { counts } = await office.round({ laterMs: hour * HOUR_MS });
      assert.equal(counts.LegsFoundByReconciliation, undefined, "a leg is counted once");
      const { length } = await office.announced();
      assert([0, 2].includes(length));
      if (length > 0) announcedAt.push(hour);
    }
    // After 8 hours, 16, 32, and then a quarter of the retention.
    assert.deepEqual(announcedAt, [11, 27, 59, 101, 143]);
  });

  it("a leg whose ENDED waits in the queue is not found by reconciliation, on a stream that keeps little sooner than on others", async () => {
    await open();
    await playWithoutEnd();
    for (const hours of [0.4, 1.9]) {
      assert.equal((await office.round({ laterMs: hours * HOUR_MS })).counts.LegsFoundByReconciliation, undefined);
    }
    const [stream] = office.telephone.aws.control.state().streams;
    await office.setStreamRetention(stream!.arn, 4);
    assert.equal((await office.round({ laterMs: 0.6 * HOUR_MS })).counts.LegsFoundByReconciliation, 1);
    assert.equal((await office.round({ laterMs: 2.1 * HOUR_MS })).counts.LegsFoundByReconciliation, 1);
  });

  it("one whose ENDED is tried is announced when that has come to nothing, and counts as found by nobody", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const events = await office.takeEvents();
    const ended = events.filter(({ detail }) => detail.streamingStatus === "ENDED");
    // One leg's STARTED was lost.
    await office.sendEvents(events.filter(({ detail }) => detail.streamingStatus === "STARTED").slice(1));
    await office.sendEvents(ended);
    office.telephone.aws.control.addFault({ kind: "deny", actions: ["kinesisvideo:ListFragments"] });
    await office.work();
    office.telephone.aws.control.clearFaults();
    assert.equal((await office.putAside()).length, 2, "SQS has given it up");
    assert.equal((await office.markNames()).length, 2);
    assert.deepEqual((await office.round({ laterMs: 3 * HOUR_MS })).counts, {});
    assert.equal((await office.sweep({ laterMs: 3 * HOUR_MS })).found, 0);
    assert.deepEqual((await office.round({ laterMs: 9 * HOUR_MS })).counts, {});
    await office.assertSpoken(await office.work(), [caller, callee]);
    assert.deepEqual(await office.markNames(), []);
  });

  it("a leg whose event does not say when it began is as old as its mark was at first", async () => {
    await open({ dataRetentionInHours: 48 });
    await office.telephone.call(caller, callee);
    const events = (await office.takeEvents()).filter(({ detail }) => detail.streamingStatus === "STARTED");
    for (const event of events) {
      await office.sendEvents([{ ...event, time: undefined, detail: { ...event.detail, startTime: undefined } }]);
    }
    await office.work();
    assert.equal((await office.round()).counts.LegsFoundByReconciliation, 2);
    // As an announcement that many hours later would have written it.
    await office.ageMarks(-23 * HOUR_MS);
    const [used] = (await office.round({ laterMs: 24 * HOUR_MS })).values.RetentionUsed!;
    assert(used! > 49.9 && used! < 50.1, `${used} %`);
  });

  it("a cut of the leg that somebody made does not stand for it", async () => {
    await open();
    await playWithoutEnd();
    const texts = await Promise.all(
      (await office.markNames()).map(async (name) => (await office.marks.get("started", name))!.text),
    );
    for (const text of texts) {
      const leg = legOfEvent(parseLegMark(text)!.event);
      const limits = { fromMs: leg.startTimeMs! - 1_000, toMs: leg.startTimeMs! + 3_000 };
      const archive = { quiescenceMs: 100, endLimitMs: 300 };
      const { access } = office.telephone;
      assert.equal((await recordLeg(leg, { access, store: office.store, limits, archive })).kind, "recorded");
    }
    assert.equal((await office.round()).counts.LegsFoundByReconciliation, 2);
    await office.assertSpoken(await office.work(), [caller, callee]);
  });

  it("a recording whose audio was deleted stays deleted", async () => {
    await open();
    await playWithoutEnd();
    const names = await office.markNames();
    const texts = await Promise.all(names.map(async (name) => (await office.marks.get("started", name))!.text));
    await office.round();
    for (const { audio } of await office.work()) await rm(audio.location);
    for (const [i, name] of names.entries()) await office.marks.put("started", name, texts[i]!);
    assert.equal((await office.round()).counts.LegsFoundByReconciliation, undefined);
    assert.deepEqual(await office.announced(), []);
    assert.deepEqual(await office.markNames(), []);
  });

  it("counts and names streams that keep nothing, for who wants no sweep", async () => {
    await open();
    await playWithoutEnd();
    assert.deepEqual((await office.round()).values.StreamsWithoutRetention, [0]);
    const [stream] = office.telephone.aws.control.state().streams;
    await office.setStreamRetention(stream!.arn, 0);
    assert.deepEqual((await office.round()).values.StreamsWithoutRetention, [1]);
    const live = await office.round({ config: { mode: "live" } });
    assert.equal(live.values.StreamsWithoutRetention, undefined);
  });

  it("two at once announce a leg once", async () => {
    await open();
    await playWithoutEnd();
    await Promise.all([office.round(), office.round()]);
    assert.equal((await office.announced()).length, 2);
  });

  it("a leg that still speaks is left alone, and the one before it on its stream is not", async () => {
    await open({ settings: { fragmentMs: 64, legOffsetMs: 0 } });
    await playWithoutEnd();
    const before = await office.markNames();
    const call = office.telephone.startCall(speech(3, 600_000), speech(4, 600_000), 1);
    await office.whenEvents(2);
    assert.deepEqual(await office.work(), []);
    assert.equal((await office.markNames()).length, 4);
    await office.ageMarks(HOUR_MS);
    const { counts } = await office.round({ laterMs: 0, config: { patienceMs: 0 } });
    assert.equal(counts.LegsFoundByReconciliation, 2);
    for (const { transactionId } of await office.announced()) {
      assert(before.every((name) => name.startsWith(String(transactionId))));
    }
    await call.hangUp();
    assert.equal((await office.work()).length, 2);
  });

  it("so is one whose media has no tags, which is announced when its stream is silent", async () => {
    await open({ settings: { fragmentMs: 64, legOffsetMs: 0 } });
    office.telephone.aws.control.addFault({ kind: "missingTags", fragments: "all" });
    office.telephone.aws.control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
    const call = office.telephone.startCall(speech(3, 600_000), speech(4, 600_000), 1);
    await office.whenEvents(2);
    assert.deepEqual(await office.work(), []);
    await office.ageMarks(HOUR_MS);
    assert.deepEqual((await office.round({ laterMs: 0, config: { patienceMs: 0 } })).counts, {});
    await call.hangUp();
    assert.equal((await office.round()).counts.LegsFoundByReconciliation, 2);
    assert.equal((await office.work()).length, 2);
  });

  it("a leg that has only begun is not even asked for", async () => {
    await open();
    await playWithoutEnd();
    office.telephone.aws.control.clearCalls();
    await office.round({ laterMs: 0 });
    assert.deepEqual(office.calls("kinesisvideo:ListFragments"), []);
  });

  it("a leg that is recorded is left alone, and its mark goes", async () => {
    await open();
    await playWithoutEnd();
    const names = await office.markNames();
    const texts = await Promise.all(names.map(async (name) => (await office.marks.get("started", name))!.text));
    await office.round();
    assert.equal((await office.work()).length, 2);
    // As a worker leaves it that dies between the recording and this.
    for (const [i, name] of names.entries()) await office.marks.put("started", name, texts[i]!);
    assert.equal((await office.round()).counts.LegsFoundByReconciliation, undefined);
    assert.deepEqual(await office.announced(), []);
    assert.deepEqual(await office.markNames(), []);
  });

  it("says how much of the retention the oldest leg has used", async () => {
    await open();
    assert.deepEqual((await office.round()).values.RetentionUsed, [0]);
    await playWithoutEnd();
    const [used] = (await office.round({ laterMs: 12 * HOUR_MS })).values.RetentionUsed!;
    assert(used! > 49.9 && used! < 50.1, `${used} %`);
  });

  it("media that has expired is named in the dead-letter queue, and the mark goes", async () => {
    await open();
    await playWithoutEnd();
    const { control } = office.telephone.aws;
    control.change({ retentionHourMs: 1 });
    const newestMs = Math.max(
      ...control.state().streams.flatMap(({ fragments }) => fragments.map((fragment) => fragment.serverTimestampMs)),
    );
    while (Date.now() <= newestMs + 24) await new Promise((resolve) => setImmediate(resolve));
    const { counts } = await office.round({ laterMs: 25 * HOUR_MS });
    assert.equal(counts.LegsExpired, 2);
    assert.equal(counts.LegsFoundByReconciliation, undefined);
    const messages = await office.putAside();
    assert.equal(messages.length, 2);
    for (const { Body, MessageAttributes } of messages) {
      assert.match(MessageAttributes!.reason!.StringValue!, /^expired: .* the stream keeps 24 h$/);
      assert.match(JSON.parse(Body!).detail.transactionId, /^[0-9a-f-]{36}$/);
    }
    assert.deepEqual(await office.markNames(), []);
  });

  it("so is a leg whose stream was deleted, or keeps nothing", async () => {
    await open();
    await playWithoutEnd();
    const [deleted, kept] = office.telephone.aws.control.state().streams;
    await office.kinesisVideo.send(new DeleteStreamCommand({ StreamARN: deleted!.arn }));
    await office.setStreamRetention(kept!.arn, 0);
    assert.equal((await office.round()).counts.LegsExpired, 1, "who reads live may still be at it");
    assert.equal((await office.round({ laterMs: 5 * HOUR_MS })).counts.LegsExpired, 1);
    const reasons = (await office.putAside()).map(({ MessageAttributes }) => MessageAttributes!.reason!.StringValue!);
    assert.match(reasons[0]!, /the stream has been deleted$/);
    assert.match(reasons[1]!, /a data retention of 0 hours$/);
  });

  it("one on a stream that keeps nothing is not given up while whoever reads it live says that it is heard", async () => {
    await open();
    await playWithoutEnd();
    for (const { arn } of office.telephone.aws.control.state().streams) await office.setStreamRetention(arn, 0);
    await office.ageMarks(-4.5 * HOUR_MS);
    assert.equal((await office.round({ laterMs: 5 * HOUR_MS })).counts.LegsExpired, undefined);
    assert.equal((await office.round({ laterMs: 10 * HOUR_MS })).counts.LegsExpired, 2);
  });

  it("marks of other regions, accounts and connectors are not its own", async () => {
    await open();
    await playWithoutEnd();
    for (const config of [
      { region: "eu-central-1" },
      { accountId: "999999999999" },
      { voiceConnectorIds: ["other"] },
    ]) {
      const { counts, left } = await office.round({ config });
      assert.deepEqual({ counts, left }, { counts: {}, left: 0 });
    }
    assert.equal((await office.markNames()).length, 2);
  });

  it("a mark that cannot be read keeps no other one from being looked at", async () => {
    await open();
    await office.marks.put("started", "000_nobody_1", "not a mark");
    await playWithoutEnd();
    const { counts, left } = await office.round();
    assert.deepEqual({ counts, left }, { counts: { LegsFoundByReconciliation: 2 }, left: 0 });
  });

  it("throttles and failures of AWS are tried again", async () => {
    await open();
    await playWithoutEnd();
    const { control } = office.telephone.aws;
    control.addFault({ kind: "throttle", actions: ["kinesisvideo:*"], times: 5 });
    control.addFault({ kind: "failure", actions: ["kinesisvideo:ListFragments"], times: 3 });
    const { counts, left } = await office.round();
    assert.deepEqual({ counts, left }, { counts: { LegsFoundByReconciliation: 2 }, left: 0 });
  });

  it("what AWS refuses for one stream costs that one alone, and is told", async () => {
    await open();
    await playWithoutEnd();
    const resource = office.telephone.aws.control.state().streams[0]!.name;
    office.telephone.aws.control.addFault({ kind: "deny", actions: ["kinesisvideo:ListFragments"], resource });
    const { counts, left } = await office.round();
    assert.deepEqual({ counts, left }, { counts: { LegsFoundByReconciliation: 1, SweepUnfinished: 1 }, left: 1 });
  });

  it("fails where nothing at all could be looked at", async () => {
    await open();
    await playWithoutEnd();
    office.telephone.aws.control.addFault({ kind: "deny", actions: ["kinesisvideo:*"] });
    await assert.rejects(office.round(), /AWS denied kinesisvideo:DescribeStream/);
  });
});
