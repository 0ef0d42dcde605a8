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

const QUICK = { quiescenceMs: 60, settlingMs: 30, endLimitMs: 2_000, relistMs: 20 };

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

  it("counts what it never got at the end of a leg whose last fragment nobody named", async () => {
    const call = await telephone.call(caller, callee);
    const { endFragmentNumber: last, ...leg } = await requestOf(call);
    for (const sequence of [9, 10]) {
      telephone.aws.control.addFault({ kind: "reset", api: "GetMediaForFragmentList", sequence });
    }
    const { fragments, complete, errors } = await recorded(leg);
    assert.deepEqual([fragments.listed, fragments.received, complete], [11, 9, false]);
    assert.equal(errors.length, 2);
    assert.equal(errors.at(-1)!.fragmentNumber, last);
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
      sidecar.errors.map(({ code, fragmentNumber, atMs }) => [code, fragmentNumber, atMs]),
      [["kinesis-5000", leg.startFragmentNumber, 0]],
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

  it("does not claim to be complete by silence of less than 30 seconds, and says how long it was silent", async () => {
    const { endFragmentNumber: _, endTimeMs: __, ...open } = await requestOf(await telephone.call(caller, callee));
    const hasty = await recorded(open);
    assert.equal(hasty.endProof, "quiescence");
    assert.equal(hasty.complete, false);
    assert(hasty.quiescenceSeconds! >= 0.06 && hasty.quiescenceSeconds! < 2);
    assert.equal((await recorded(open, { provingQuiescenceMs: 60 })).complete, true);
  });

  it("does not let a recording that ends early stand in the way of the whole leg, however complete it says it is", async () => {
    const { endFragmentNumber, endTimeMs, ...open } = await requestOf(await telephone.call(caller, callee));
    const range = { by: "producer", fromMs: 0, toMs: open.startTimeMs! + 4_000 } as const;
    // Nothing after its range is known to it.
    const short = await recorded({ ...open, endTimeMs: open.startTimeMs! + 4_000 }, { range });
    assert.equal(short.complete, true);
    const whole = await recorded({ ...open, endFragmentNumber, endTimeMs });
    assert.equal(whole.complete, true);
    assert.deepEqual(await pcmOf(whole.audio.location), caller);
    assert.equal((await readdir(folder)).length, 2);
    assert.equal((await record({ ...open, endFragmentNumber, endTimeMs })).kind, "kept");
  });

  it("does not claim that a part that was asked for is all of a leg, and says which part it is", async () => {
    const { endFragmentNumber: _, endTimeMs: __, ...open } = await requestOf(await telephone.call(caller, callee));
    const limits = { toMs: open.startTimeMs! + 4_000 };
    const part = await recorded(open, { limits });
    assert.equal(part.endProof, "endTime");
    assert.equal(part.complete, false);
    assert.deepEqual(part.range, { from: undefined, to: new Date(limits.toMs).toISOString() });
    assert.equal(part.bounds.endTime, undefined);
  });

  it("does not claim to be complete where the leg's beginning may have expired", async () => {
    const { startFragmentNumber: _, startTimeMs: __, ...open } = await requestOf(await telephone.call(caller, callee));
    const inHours = (hours: number) => ({ ...telephone.access.clock, now: () => Date.now() + hours * 3_600_000 });
    const at = (hours: number) => ({ ...telephone.access, clock: inHours(hours) });
    const range = { by: "server", fromMs: 0, toMs: Date.now() + 3_600_000 } as const;
    assert.equal((await recorded(open, { range, access: at(24) })).complete, false);
    assert.equal((await recorded(open, { range, access: at(23) })).complete, true);
  });

  it("does not claim to be complete where tags are missing before the first fragment that has some", async () => {
    await telephone.call(callee, callee);
    telephone.aws.control.addFault({ kind: "missingTags", fragments: [0], leg: "caller" });
    const { startFragmentNumber: _, ...open } = await requestOf(await telephone.call(caller, callee));
    const sidecar = await recorded(open);
    assert.equal(sidecar.complete, false);
    assert.deepEqual(
      sidecar.errors.map(({ code }) => code),
      ["unattributed"],
    );
  });

  it("is complete without being told the first fragment where another call's comes directly before", async () => {
    await telephone.call(callee, callee);
    const { startFragmentNumber: _, ...open } = await requestOf(await telephone.call(caller, callee));
    const sidecar = await recorded(open);
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
    assert.equal(sidecar.complete, true);
  });

  it("waits for a last fragment that is listed late, although the time of the end seems reached without it", async () => {
    const short = speech(3, 3 * 1_024 + 128);
    const { endFragmentNumber, ...timed } = await requestOf(await telephone.call(short, callee));
    const listing = hideAtFirst((numbers) => numbers.indexOf(endFragmentNumber!));
    const sidecar = await recorded(timed);
    assert.equal(listing.count() > 1, true);
    assert.equal(sidecar.endProof, "endTime");
    assert.deepEqual(await pcmOf(sidecar.audio.location), short);
  });

  it("waits for a first fragment that is listed late", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    hideAtFirst(() => 0);
    const sidecar = await recorded(leg);
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
    assert.equal(sidecar.complete, true);
  });

  it("names a first or last fragment that is not there", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    const startFragmentNumber = String(BigInt(leg.startFragmentNumber!) - 1n);
    const endFragmentNumber = String(BigInt(leg.endFragmentNumber!) + 1n);
    const { errors } = await recorded({ ...leg, startFragmentNumber, endFragmentNumber });
    assert.deepEqual(
      errors.map(({ code, fragmentNumber }) => [code, fragmentNumber]),
      [
        ["first-missing", startFragmentNumber],
        ["last-missing", endFragmentNumber],
      ],
    );
  });

  it("records again what says it is complete and has lost its audio", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    await rm((await recorded(leg)).audio.location);
    assert.deepEqual(await pcmOf((await recorded(leg)).audio.location), caller);
    assert.equal((await readdir(folder)).length, 2);
  });

  it("leaves a sidecar beside the audio that it describes when a better one cannot be written", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    telephone.aws.control.addFault({ kind: "errorTags", api: "GetMediaForFragmentList", atFragment: 0 });
    const { audio, sha256 } = await recorded(leg);
    telephone.aws.control.clearFaults();
    const files = directoryStore(folder);
    const putSidecar = () => Promise.reject(new Error("no space left"));
    await assert.rejects(record(leg, { store: { ...files, putSidecar } }), /no space left/);
    const hash = createHash("sha256").update(await readFile(audio.location));
    assert.equal(hash.digest("hex"), sha256);

    const better = await recorded(leg);
    assert.deepEqual(await pcmOf(better.audio.location), caller);
    assert.equal(better.audio.location.endsWith(`_${better.sha256.slice(0, 12)}.wav`), true);
    assert.equal((await readdir(folder)).length, 2);
  });

  it("keeps the better one of two recordings that are made at the same time", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    const outcomes = await Promise.all([record(leg), record(leg), record(leg)]);
    assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), ["kept", "kept", "recorded"]);
    assert.equal((await readdir(folder)).length, 2);
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

  /** The first listing lacks a fragment, as an eventually consistent one can. */
  function hideAtFirst(which: (numbers: string[]) => number) {
    let listings = 0;
    const clients = telephone.access.clients;
    const archived = clients.archived.bind(clients);
    clients.archived = (...where) => {
      const client = archived(...where);
      const send = client.send.bind(client) as (...given: unknown[]) => Promise<Record<string, unknown>>;
      return Object.assign(Object.create(client), {
        send: async (...given: unknown[]) => {
          const answer = await send(...given);
          const fragments = answer.Fragments as { FragmentNumber: string }[] | undefined;
          if (!fragments || ++listings > 1) return answer;
          const numbers = fragments.map(({ FragmentNumber }) => FragmentNumber).sort();
          const hidden = numbers[which(numbers)];
          return { ...answer, Fragments: fragments.filter(({ FragmentNumber }) => FragmentNumber !== hidden) };
        },
      });
    };
    return { count: () => listings };
  }

  it("reads the leg again when a fragment is listed after later ones", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    const listing = hideAtFirst(() => 5);
    const sidecar = await recorded(leg);
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
    assert.equal(sidecar.complete, true);
    assert.equal(listing.count(), 3);
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

  it("says of a leg that expires between its listing and its reading that it has expired, and leaves nothing behind", async () => {
    const leg = await requestOf(await telephone.call(caller, callee));
    const { access } = telephone;
    const quotas = Object.assign(Object.create(access.quotas), {
      acquire: async (...given: Parameters<typeof access.quotas.acquire>) => {
        telephone.aws.control.change({ retentionHourMs: 1 });
        const isThere = () => telephone.aws.control.state().streams.some(({ fragments }) => fragments.length > 0);
        while (isThere()) await new Promise(setImmediate);
        return access.quotas.acquire(...given);
      },
    });
    // Two days later: by its own clock, too, the stream keeps it no more.
    const clock = { ...access.clock, now: () => Date.now() + 48 * 60 * 60_000 };
    const later = { ...access, quotas, clock };
    await assert.rejects(
      recordLeg(leg, { access: later, store: directoryStore(folder), archive: QUICK }),
      (error) => error instanceof ArchiveUnavailable && error.reason === "expired",
    );
    assert.deepEqual(await readdir(folder), []);
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
