import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseStreamArn } from "../../consumer/events/stream-arn.js";
import { ArchiveUnavailable, listFragments } from "../../consumer/kinesis-video/fragment-listing.js";
import type { LegRequest } from "../../consumer/leg-request.js";
import { type RecordLegOptions, recordLeg } from "../../consumer/record-leg.js";
import { directoryStore } from "../../consumer/recordings/directory-store.js";
import { parseSidecar, type Sidecar } from "../../consumer/recordings/sidecar.js";
import type { CallLeg, CallResult } from "../../local-aws/index.js";
import { pcmOf, speech, startTelephone, type Telephone } from "./telephone.js";

const QUICK = { quiescenceMs: 60, holeConfirmationMs: 30, endLimitMs: 2_000, relistMs: 20 };

describe("recordLeg", () => {
  let telephone: Telephone;
  let folder: string;
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  beforeEach(async () => {
    telephone = await startTelephone();
    folder = await mkdtemp(join(tmpdir(), "record-leg-"));
  });

  afterEach(async () => {
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  async function lastNumber(leg: CallLeg): Promise<string> {
    const range = { by: "producer", fromMs: Date.parse(leg.startTime), toMs: Date.parse(leg.endTime) } as const;
    const listed = await listFragments(telephone.access, parseStreamArn(leg.streamArn)!, range);
    return listed.at(-1)!.fragmentNumber;
  }

  async function requestOf(call: CallResult, isCaller = true): Promise<LegRequest> {
    const leg = call.legs.find((one) => one.isCaller === isCaller)!;
    const { startFragmentNumber, direction } = leg;
    return {
      stream: parseStreamArn(leg.streamArn)!,
      transactionId: call.transactionId,
      callId: call.callId,
      voiceConnectorId: call.voiceConnectorId,
      isCaller,
      direction,
      startFragmentNumber,
      endFragmentNumber: await lastNumber(leg),
      startTimeMs: Date.parse(leg.startTime),
      endTimeMs: Date.parse(leg.endTime),
    };
  }

  function record(leg: LegRequest, options: Partial<RecordLegOptions> = {}) {
    const store = directoryStore(folder);
    return recordLeg(leg, { access: telephone.access, store, archive: QUICK, ...options });
  }

  async function recorded(leg: LegRequest, options?: Partial<RecordLegOptions>): Promise<Sidecar> {
    const outcome = await record(leg, options);
    assert.equal(outcome.kind, "recorded");
    return outcome.kind === "recorded" ? outcome.sidecar : assert.fail();
  }

  it("writes both legs of a call as they were spoken, and claims that they are complete", async () => {
    const call = await telephone.call(caller, callee);
    for (const isCaller of [true, false]) {
      const leg = await requestOf(call, isCaller);
      const sidecar = await recorded(leg);
      assert.deepEqual(await pcmOf(sidecar.audio.location), isCaller ? caller : callee);
      assert.equal(sidecar.complete, true);
      assert.equal(sidecar.endProof, "endedEvent");
      assert.equal(sidecar.boundaryUncertain, false);
      assert.deepEqual(sidecar.gaps, []);
      assert.deepEqual(sidecar.errors, []);
      assert.equal(sidecar.samples, (isCaller ? caller : callee).length / 2);
    }
    assert.equal((await readdir(folder)).length, 4);
  });

  it("writes a sidecar that says what was proven, with the hash of the file and without phone numbers", async () => {
    const call = await telephone.call(caller, callee);
    const leg = await requestOf(call);
    const outcome = await record(leg);
    assert(outcome.kind === "recorded");
    const text = await readFile(outcome.sidecarLocation, "utf8");
    const sidecar = parseSidecar(text)!;
    assert.deepEqual(sidecar, JSON.parse(text));
    assert.equal(
      sidecar.sha256,
      createHash("sha256")
        .update(await readFile(sidecar.audio.location))
        .digest("hex"),
    );
    assert.deepEqual(sidecar.fragments, {
      listed: 11,
      received: 11,
      replayed: 0,
      unattributed: 0,
      first: leg.startFragmentNumber,
      last: leg.endFragmentNumber,
    });
    assert.equal(sidecar.bounds.startTime, new Date(leg.startTimeMs!).toISOString());
    assert.equal(sidecar.callId, call.callId);
    assert.equal(sidecar.isCaller, true);
    assert.equal(sidecar.durationMs, 10_300);
    assert.equal(sidecar.reader, "archive");
    assert(!/\+1555|fromNumber|toNumber/.test(text));
  });

  it("keeps the calls of a reused stream apart", async () => {
    const first = await requestOf(await telephone.call(caller, callee));
    const second = await requestOf(await telephone.call(callee, caller));
    assert.equal(first.stream.arn, second.stream.arn);
    assert.deepEqual(await pcmOf((await recorded(second)).audio.location), callee);
    assert.deepEqual(await pcmOf((await recorded(first)).audio.location), caller);
  });

  it("finds the next transaction where nobody says where the leg ends", async () => {
    const first = await requestOf(await telephone.call(caller, callee));
    await telephone.call(callee, caller);
    const sidecar = await recorded(
      { ...first, endFragmentNumber: undefined, endTimeMs: undefined },
      { archive: { ...QUICK, quiescenceMs: 60_000 } },
    );
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
    assert.equal(sidecar.endProof, "nextTransaction");
    assert.equal(sidecar.complete, true);
  });

  it("is complete with a gap that Kinesis has, and puts silence there", async () => {
    telephone.aws.control.addFault({ kind: "dropFragments", leg: "caller", fragments: [4] });
    const sidecar = await recorded(await requestOf(await telephone.call(caller, callee)));
    const expected = Buffer.from(caller).fill(0, 4 * 1024 * 16, 5 * 1024 * 16);
    assert.deepEqual(await pcmOf(sidecar.audio.location), expected);
    assert.deepEqual(sidecar.gaps, [{ atMs: 4096, durationMs: 1024 }]);
    assert.equal(sidecar.complete, true);
  });

  it("does not claim to be complete when a fragment cannot be had, and records the rest", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    telephone.aws.control.addFault({ kind: "errorTags", api: "GetMediaForFragmentList" });
    const sidecar = await recorded(leg);
    assert.equal(sidecar.complete, false);
    assert.equal(sidecar.fragments.received, 10);
    assert.deepEqual(
      sidecar.errors.map(({ code, fragmentNumber }) => [code, fragmentNumber]),
      [["kinesis-5000", leg.startFragmentNumber]],
    );
    assert.deepEqual((await pcmOf(sidecar.audio.location)).subarray(-9 * 16_384), caller.subarray(-9 * 16_384));
  });

  it("does not claim to be complete without the first or the last fragment of the events", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    const beforeFirst = String(BigInt(leg.startFragmentNumber!) - 1n);
    assert.equal((await recorded({ ...leg, startFragmentNumber: beforeFirst })).complete, false);
    const afterLast = String(BigInt(leg.endFragmentNumber!) + 1n);
    const sidecar = await recorded({ ...leg, endFragmentNumber: afterLast });
    assert.equal(sidecar.endProof, "quiescence");
    assert.equal(sidecar.complete, false);
  });

  it("does not claim to be complete where two calls meet inside one producer session and no event tells the end", async () => {
    telephone.aws.control.addFault({ kind: "nextCallTags" });
    const leg = await requestOf(await telephone.call(caller, callee));
    await telephone.call(callee, caller);
    const open = await recorded({ ...leg, endFragmentNumber: undefined });
    assert.equal(open.boundaryUncertain, true);
    assert.equal(open.complete, false);
    const bounded = await recorded(leg);
    assert.equal(bounded.boundaryUncertain, false);
    assert.equal(bounded.complete, true);
    assert.deepEqual(await pcmOf(bounded.audio.location), caller);
  });

  it("drops what the producer sends again in a new session", async () => {
    telephone.aws.control.change({ producerSessionMs: 4_000, producerReplayMs: 2_000 });
    const sidecar = await recorded(await requestOf(await telephone.call(caller, callee)));
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
    assert.equal(sidecar.fragments.replayed, 4);
    assert.equal(sidecar.complete, true);
  });

  it("leaves a complete recording alone, without asking Kinesis", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    const { recordedTime } = await recorded(leg);
    telephone.aws.control.clearCalls();
    const again = await record(leg);
    assert.equal(again.kind, "kept");
    assert.equal(again.kind === "kept" && again.sidecar.recordedTime, recordedTime);
    assert.deepEqual(telephone.aws.control.calls(), []);
  });

  it("replaces a recording by a better one, and never by a worse one", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    const broken = { kind: "errorTags", api: "GetMediaForFragmentList", atFragment: 0 } as const;
    telephone.aws.control.addFault(broken);
    assert.equal((await recorded(leg)).complete, false);
    assert.equal((await record(leg)).kind, "kept");
    telephone.aws.control.clearFaults();
    const better = await recorded(leg);
    assert.equal(better.complete, true);
    telephone.aws.control.addFault(broken);
    assert.equal((await record(leg)).kind, "kept");
    assert.deepEqual(await pcmOf(better.audio.location), caller);
    assert.equal((await readdir(folder)).length, 2);
  });

  it("reads the leg again when a fragment is listed after later ones", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    let listings = 0;
    const clients = telephone.access.clients;
    const archived = clients.archived.bind(clients);
    clients.archived = (...where) => {
      const client = archived(...where);
      const send = client.send.bind(client) as (...given: unknown[]) => Promise<Record<string, unknown>>;
      // The first listing lacks a fragment in the middle, as an eventually consistent one can.
      return Object.assign(Object.create(client), {
        send: async (...given: unknown[]) => {
          const answer = await send(...given);
          const fragments = answer.Fragments as { FragmentNumber: string }[] | undefined;
          if (!fragments || ++listings > 1) return answer;
          const numbers = fragments.map(({ FragmentNumber }) => FragmentNumber).sort();
          return { ...answer, Fragments: fragments.filter(({ FragmentNumber }) => FragmentNumber !== numbers[5]) };
        },
      });
    };
    const sidecar = await recorded(leg);
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
    assert.equal(sidecar.complete, true);
    assert.equal(listings, 3);
  });

  it("says that nothing was found, and leaves nothing behind", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    const other = { stream: leg.stream, transactionId: "nobody's", startTimeMs: leg.startTimeMs };
    assert.deepEqual(await record(other), { kind: "nothing", listed: 11 });
    assert.deepEqual(await readdir(folder), []);
  });

  it("says of a leg older than the retention that it has expired", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    const longAgoMs = Date.now() - 30 * 60 * 60_000;
    await assert.rejects(
      record({ ...leg, startTimeMs: longAgoMs, endTimeMs: longAgoMs + 60_000 }, { awaitBeginning: true }),
      (error) => error instanceof ArchiveUnavailable && error.reason === "expired",
    );
  });

  it("leaves nothing behind when it is stopped", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    telephone.aws.control.change({ archiveFragmentsPerSecond: 20 });
    const controller = new AbortController();
    const recording = record(leg, { signal: controller.signal });
    while ((await readdir(folder)).length === 0) await new Promise(setImmediate);
    controller.abort(new Error("enough"));
    await assert.rejects(recording, /enough/);
    assert.deepEqual(await readdir(folder), []);
  });

  it("leaves nothing behind when its output cannot be written", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    const store = directoryStore("/dev/null/recordings");
    await assert.rejects(recordLeg(leg, { access: telephone.access, store, archive: QUICK }), { code: "ENOTDIR" });
  });
});
