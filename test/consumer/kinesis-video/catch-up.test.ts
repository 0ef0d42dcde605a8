import assert from "node:assert/strict";
import { LegEnd } from "../../../consumer/kinesis-video/leg-end.js";
import type { CallLeg, FaultInput } from "../../../local-aws/index.js";
import { speech, startTelephone, type Telephone } from "../telephone.js";
import { callsOf, QUICK, readLive, requestOf } from "./live-reading.js";

/** Fragments of 1,024 ms each. */
const MINUTE_OF_FRAGMENTS = 59;

describe("LiveReader that is late", () => {
  let telephone: Telephone;
  const caller = speech(1, 60_300);
  const callee = speech(2, 1_000);

  async function begin(dataRetentionInHours = 24): Promise<void> {
    // As with the service: GetMedia alone would take twelve seconds for a minute.
    telephone = await startTelephone({ dataRetentionInHours, settings: { getMediaFragmentsPerSecond: 5 } });
  }

  afterEach(() => telephone.close());

  /** A leg that began a minute ago. */
  async function callerLeg(): Promise<CallLeg> {
    return (await telephone.call(caller, callee)).legs.find((leg) => leg.isCaller)!;
  }

  it("has what it missed from the archive, and goes on live from there", async () => {
    await begin();
    const leg = await callerLeg();
    const { pcm, end } = await readLive(telephone, requestOf(leg));
    assert.deepEqual(pcm, caller);
    assert(end.backlogFragments > 50 && end.backlogFragments < MINUTE_OF_FRAGMENTS);
    assert.equal(callsOf(telephone, "ListFragments"), 1);
  });

  it("takes in what is spoken meanwhile", async () => {
    await begin();
    telephone.aws.control.change({ getMediaFragmentsPerSecond: 0 });
    const call = telephone.startCall(caller, callee, 30);
    while (!call.result().legs.some((leg) => leg.isCaller)) await new Promise(setImmediate);
    const leg = call.result().legs.find(({ isCaller }) => isCaller)!;
    const end = new LegEnd();
    const ended = call.ended.then(() => end.tell({}, Date.now()));
    const { pcm } = await readLive(telephone, requestOf(leg, end), {
      ...QUICK,
      quiescenceMs: 300,
      holdLimitMs: 60_000,
    });
    await ended;
    assert.deepEqual(pcm, caller);
  });

  /** Of two calls on one stream that are played at once, the second one ends after now: this reader comes when it is over. */
  function laterReader() {
    const { access } = telephone;
    return { access: { ...access, clock: { ...access.clock, now: () => Date.now() + 120_000 } } };
  }

  it("begins with the leg's first fragment on a stream that carried other calls", async () => {
    await begin();
    await telephone.call(callee, callee);
    const leg = await callerLeg();
    const { pcm, end } = await readLive(laterReader(), requestOf(leg));
    assert.deepEqual(pcm, caller);
    assert.equal(end.backlogFragments, MINUTE_OF_FRAGMENTS);
  });

  it("does the same where it knows the first fragment, and not when it was", async () => {
    await begin();
    await telephone.call(callee, callee);
    const leg = await callerLeg();
    const { pcm, end } = await readLive(laterReader(), { ...requestOf(leg), startTimeMs: undefined });
    assert.deepEqual(pcm, caller);
    assert.equal(end.backlogFragments, MINUTE_OF_FRAGMENTS);
  });

  it("does not go beyond the leg's last fragment", async () => {
    await begin();
    const leg = await callerLeg();
    const fragments = telephone.aws.control.state().streams.find(({ arn }) => arn === leg.streamArn)!.fragments;
    const end = new LegEnd({ fragmentNumber: fragments[20]!.number });
    const { pcm, end: known } = await readLive(telephone, requestOf(leg, end));
    assert.deepEqual(pcm, caller.subarray(0, 21 * 16_384));
    assert.equal(known.endProof, "endedEvent");
    assert.equal(callsOf(telephone, "GetMedia"), 0);
  });

  const troubles: [title: string, fault: FaultInput][] = [
    ["a fragment that is listed late", { kind: "lateListing", leg: "caller", fragments: [20], ms: 60_000 }],
    ["a first fragment that is listed late", { kind: "lateListing", leg: "caller", fragments: [0], ms: 60_000 }],
    ["an archive that may not be read", { kind: "deny", actions: ["kinesisvideo:ListFragments"] }],
    ["an archive whose media may not be read", { kind: "deny", actions: ["kinesisvideo:GetMediaForFragmentList"] }],
    ["a fragment that the archive does not have", { kind: "errorTags", api: "GetMediaForFragmentList", sequence: 30 }],
    ["an archive that breaks off", { kind: "reset", api: "GetMediaForFragmentList", sequence: 40, times: 2 }],
  ];
  for (const [title, fault] of troubles) {
    it(`loses and doubles nothing through ${title}`, async () => {
      await begin();
      telephone.aws.control.change({ getMediaFragmentsPerSecond: 100 });
      telephone.aws.control.addFault(fault);
      const leg = await callerLeg();
      const { pcm, reads } = await readLive(telephone, requestOf(leg));
      assert.deepEqual(pcm, caller);
      assert.equal(reads.length, MINUTE_OF_FRAGMENTS);
    });
  }

  it("reads on from the archive behind a fragment that it had to have from GetMedia", async () => {
    await begin();
    telephone.aws.control.addFault({ kind: "lateListing", leg: "caller", fragments: [10], ms: 60_000 });
    const leg = await callerLeg();
    const { pcm, end } = await readLive(telephone, requestOf(leg));
    assert.deepEqual(pcm, caller);
    assert(end.backlogFragments > 40);
  });

  it("has from the archive what came while all of the stream's connections were taken", async () => {
    await begin();
    const leg = await callerLeg();
    telephone.aws.control.addFault({
      kind: "error",
      actions: ["kinesisvideo:GetMedia"],
      code: "ConnectionLimitExceededException",
      httpStatus: 400,
    });
    const fragments = telephone.aws.control.state().streams.find(({ arn }) => arn === leg.streamArn)!.fragments;
    const end = new LegEnd({ fragmentNumber: fragments[50]!.number });
    const { pcm } = await readLive(telephone, requestOf(leg, end), { ...QUICK, backlogMs: 20 });
    assert.deepEqual(pcm, caller.subarray(0, 51 * 16_384));
  });

  it("reads a stream that archives nothing by GetMedia alone", async () => {
    await begin(0);
    telephone.aws.control.change({ getMediaFragmentsPerSecond: 0 });
    const leg = await callerLeg();
    const { pcm, end } = await readLive(telephone, requestOf(leg));
    assert.deepEqual(pcm, caller);
    assert.equal(end.backlogFragments, 0);
    assert.equal(callsOf(telephone, "ListFragments"), 1);
  });

  it("stops when aborted while it reads the archive", async () => {
    await begin();
    telephone.aws.control.change({ archiveFragmentsPerSecond: 20 });
    const leg = await callerLeg();
    const controller = new AbortController();
    const abort = () => controller.abort(new Error("enough"));
    await assert.rejects(readLive(telephone, requestOf(leg), QUICK, abort, controller.signal), /enough/);
    const open = () => telephone.aws.control.state().streams.some(({ archiveConnections }) => archiveConnections > 0);
    while (open()) await new Promise(setImmediate);
  });
});
