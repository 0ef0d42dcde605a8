import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseStreamArn } from "../../consumer/events/stream-arn.js";
import { LegEnd } from "../../consumer/kinesis-video/leg-end.js";
import type { LegRequest } from "../../consumer/leg-request.js";
import { recordLeg } from "../../consumer/record-leg.js";
import { type RecordLiveLegOptions, recordLiveLeg } from "../../consumer/record-live-leg.js";
import { directoryStore } from "../../consumer/recordings/directory-store.js";
import type { Sidecar } from "../../consumer/recordings/sidecar.js";
import type { CallResult } from "../../local-aws/index.js";
import { pcmOf, speech, startTelephone, type Telephone } from "./telephone.js";

const ARCHIVE = { quiescenceMs: 60, settlingMs: 30, endLimitMs: 2_000, relistMs: 20 };
const LIVE = { quiescenceMs: 80, holdLimitMs: 150 };

describe("recordLiveLeg", () => {
  let telephone: Telephone;
  let folder: string;
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  async function start(dataRetentionInHours: number): Promise<void> {
    telephone = await startTelephone({ dataRetentionInHours });
    folder = await mkdtemp(join(tmpdir(), "record-live-leg-"));
  }

  afterEach(async () => {
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  function requestOf(call: CallResult): LegRequest {
    const { streamArn, startFragmentNumber, startTime } = call.legs.find((leg) => leg.isCaller)!;
    const stream = parseStreamArn(streamArn)!;
    return { stream, transactionId: call.transactionId, startFragmentNumber, startTimeMs: Date.parse(startTime) };
  }

  async function recorded(leg: LegRequest, options: Partial<RecordLiveLegOptions> = {}): Promise<Sidecar> {
    const outcome = await recordLiveLeg(leg, {
      access: telephone.access,
      store: directoryStore(folder),
      archive: ARCHIVE,
      live: LIVE,
      provingQuiescenceMs: ARCHIVE.quiescenceMs,
      silenceProves: true,
      end: new LegEnd(),
      ...options,
    });
    return outcome.kind === "recorded" ? outcome.sidecar : assert.fail(outcome.kind);
  }

  it("records while the call lasts, and has the archive prove that nothing was missed", async () => {
    await start(24);
    const call = telephone.startCall(caller, callee, 40);
    while (!call.result().legs.some((leg) => leg.isCaller)) await new Promise(setImmediate);
    const sidecar = await recorded(requestOf(call.result()), { live: { ...LIVE, holdLimitMs: 400 } });
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
    assert.equal(sidecar.reader, "live");
    assert.equal(sidecar.complete, true);
    assert.equal(sidecar.endProof, "quiescence");
  });

  it("does not take a call on hold for one that is over: what is heard of its end later replaces the recording", async () => {
    await start(24);
    // Nothing comes for six seconds of the call, and a tenth of that in the test.
    telephone.aws.control.addFault({ kind: "dropFragments", leg: "caller", fragments: [3, 4, 5, 6, 7, 8] });
    const call = telephone.startCall(caller, callee, 10);
    while (!call.result().legs.some((leg) => leg.isCaller)) await new Promise(setImmediate);
    const leg = requestOf(call.result());
    const onHold = await recorded(leg, { silenceProves: false });
    assert.equal(onHold.samples, 3 * 8_192);
    assert.equal(onHold.endProof, "none");
    assert.equal(onHold.complete, false);

    const { legs } = await call.ended;
    const { endTime } = legs.find(({ isCaller }) => isCaller)!;
    const options = { access: telephone.access, store: directoryStore(folder), archive: ARCHIVE };
    const outcome = await recordLeg({ ...leg, endTimeMs: Date.parse(endTime) }, options);
    assert(outcome.kind === "recorded");
    assert.equal(outcome.sidecar.complete, true);
    assert.equal(outcome.sidecar.samples, caller.length / 2);
    assert.equal((await readdir(folder)).length, 2);
  });

  it("never claims to be complete where the stream keeps nothing", async () => {
    await start(0);
    const call = await telephone.call(caller, callee);
    const all = await recorded(requestOf(call));
    assert.deepEqual(await pcmOf(all.audio.location), caller);
    assert.equal(all.complete, false);
    assert.equal(all.fragments.listed, undefined);
  });

  it("reads the leg from the archive where something was missed live", async () => {
    await start(24);
    const call = await telephone.call(caller, callee);
    telephone.aws.control.addFault({ kind: "errorTags", api: "GetMedia", atFragment: 0, times: 4 });
    const sidecar = await recorded(requestOf(call));
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
    assert.equal(sidecar.reader, "archive");
    assert.equal(sidecar.complete, true);
  });

  it("does not claim to be complete with a gap that nothing can show to be no loss, as it has expired, and keeps what it has", async () => {
    await start(1);
    const { control } = telephone.aws;
    control.addFault({ kind: "dropFragments", leg: "caller", fragments: [3, 4] });
    const call = await telephone.call(caller, callee);
    const outcome = await recordLiveLeg(requestOf(call), {
      access: telephone.access,
      store: directoryStore(folder),
      archive: ARCHIVE,
      live: LIVE,
      provingQuiescenceMs: ARCHIVE.quiescenceMs,
      silenceProves: true,
      end: new LegEnd(),
      onRead: () => control.change({ retentionHourMs: 1 }),
      accept: () => false,
    });
    assert(outcome.kind === "declined");
    assert.equal(outcome.sidecar.complete, false);
    assert.deepEqual(
      outcome.sidecar.errors.map(({ code }) => code),
      ["expired-before-proof"],
    );
    assert.equal((await readdir(folder)).length, 2);
  });

  it("keeps what was read live, and says why, where the archive is denied", async () => {
    await start(24);
    const call = await telephone.call(caller, callee);
    const { control } = telephone.aws;
    control.addFault({ kind: "errorTags", api: "GetMedia", sequence: 3 });
    control.addFault({ kind: "deny", actions: ["kinesisvideo:GetMediaForFragmentList"] });
    const sidecar = await recorded(requestOf(call));
    assert.equal(sidecar.reader, "live");
    assert.equal(sidecar.complete, false);
    assert.equal(sidecar.samples - sidecar.silenceSamples, caller.length / 2 - 8_192);
    assert.match(sidecar.errors.at(-1)!.message, /^the archive could not prove .*denied kinesisvideo:GetMediaForF/);
    assert.equal(sidecar.errors.at(-1)!.code, "archive-unread");

    control.clearFaults();
    const again = await recorded(requestOf(call));
    assert.equal(again.complete, true);
    assert.deepEqual(await pcmOf(again.audio.location), caller);
    assert.equal((await readdir(folder)).length, 2);
  });

  it("keeps what was read live where the archive gives less", async () => {
    await start(24);
    const call = await telephone.call(caller, callee);
    const { control } = telephone.aws;
    control.addFault({ kind: "errorTags", api: "GetMedia", sequence: 3 });
    for (const sequence of [5, 7]) control.addFault({ kind: "reset", api: "GetMediaForFragmentList", sequence });
    const sidecar = await recorded(requestOf(call));
    assert.equal(sidecar.reader, "live");
    assert.equal(sidecar.complete, false);
    assert.equal(sidecar.samples - sidecar.silenceSamples, caller.length / 2 - 8_192);
    assert.equal((await readdir(folder)).length, 2);
  });

  it("stops with the next transaction on the stream", async () => {
    await start(24);
    const first = await telephone.call(caller, callee);
    await telephone.call(callee, caller);
    const sidecar = await recorded(requestOf(first), { live: { ...LIVE, holdLimitMs: 60_000 } });
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
    assert.equal(sidecar.endProof, "nextTransaction");
    assert.equal(sidecar.complete, true);
  });

  it("records the first transaction it sees where none is named", async () => {
    await start(0);
    const call = await telephone.call(caller, callee);
    await telephone.call(callee, caller);
    const sidecar = await recorded({ ...requestOf(call), transactionId: undefined });
    assert.equal(sidecar.transactionId, call.transactionId);
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
  });

  it("leaves nothing behind when it is stopped", async () => {
    await start(0);
    const call = await telephone.call(caller, callee);
    telephone.aws.control.change({ getMediaFragmentsPerSecond: 20 });
    const controller = new AbortController();
    const recording = recorded(requestOf(call), { signal: controller.signal });
    while ((await readdir(folder)).length === 0) await new Promise(setImmediate);
    controller.abort(new Error("enough"));
    await assert.rejects(recording, /enough/);
    assert.deepEqual(await readdir(folder), []);
  });
});
