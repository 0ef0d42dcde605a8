import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { parseStreamArn } from "../../consumer/events/stream-arn.js";
import { listFragments } from "../../consumer/kinesis-video/fragment-listing.js";
import { recordLeg } from "../../consumer/record-leg.js";
import type { CallSidecar } from "../../consumer/recordings/call-sidecar.js";
import { directoryStore } from "../../consumer/recordings/directory-store.js";
import { parseOutputLocation } from "../../consumer/recordings/output-location.js";
import { openOutputStore } from "../../consumer/recordings/output-store.js";
import type { RecordingStore } from "../../consumer/recordings/recording-store.js";
import type { CallResult } from "../../local-aws/phone-call.js";
import { wavOf } from "../wav-of.js";
import { CALL_START_MS, putLeg } from "./recorded-leg.js";
import { type EventDocument, openRecordingOffice, type RecordingOffice } from "./recording-office.js";
import { channel, channelsIn, silence } from "./stereo-audio.js";
import { speech } from "./telephone.js";

const OFFSET_MS = 1_755;
const caller = speech(1, 10_300);
const callee = speech(2, 9_000);
/** A listing with a hole is believed when it has not changed for 5 s. */
const SETTLING = { endLimitMs: 10_000, concurrency: 20 };
/** The callee's leg begins later, and ends last. */
const LENGTH_MS = OFFSET_MS + 9_000;

describe("Worker, of a call's two legs", () => {
  let office: RecordingOffice;

  beforeEach(async () => {
    office = await openRecordingOffice({ settings: { legOffsetMs: OFFSET_MS } });
  });

  afterEach(() => office.close());

  async function assertStereo(call: CallSidecar, expected: { left: Buffer; right: Buffer }): Promise<void> {
    const bytes = await readFile(call.audio.location);
    assert.equal(createHash("sha256").update(bytes).digest("hex"), call.sha256);
    assert.equal(bytes.length, call.audio.bytes);
    const { left, right, sampleRateHz } = channelsIn(bytes);
    assert.equal(sampleRateHz, 8_000);
    assert(left.equals(expected.left), "the left channel is another one");
    assert(right.equals(expected.right), "the right channel is another one");
    assert.equal(call.samples, expected.left.length / 2);
  }

  const bothLegs = { left: channel(LENGTH_MS, caller), right: channel(LENGTH_MS, silence(OFFSET_MS), callee) };

  function play(holds?: { atMs: number; durationMs: number; leg?: "caller" | "callee" }[]): Promise<CallResult> {
    const { aws, voiceConnectorId } = office.telephone;
    const wavs = { callerWav: wavOf(caller), calleeWav: wavOf(callee) };
    return aws.control.call({ voiceConnectorId, ...wavs, speed: "max", holds });
  }

  for (const mode of ["archive", "live"] as const) {
    describe(`with MODE=${mode}`, () => {
      it("makes one stereo file, caller left and callee right, each when it was spoken", async () => {
        const { transactionId, callId, voiceConnectorId } = await play();
        const { recorded, mixed } = await office.work({ mode });
        const call = await office.call(transactionId);
        await assertStereo(call, bothLegs);
        assert.equal(call.audio.location, join(office.folder, `${transactionId}_call.wav`));
        assert.deepEqual(JSON.parse(JSON.stringify(mixed.at(-1))), call);
        const { legs, audio, sha256, package: _, startTime, endTime, ...rest } = call;
        assert.deepEqual(rest, {
          version: 1,
          kind: "call",
          transactionId,
          callId,
          voiceConnectorId,
          channelAssignment: "isCaller",
          overlaps: [],
          complete: true,
          samples: 8 * LENGTH_MS,
          durationMs: LENGTH_MS,
        });
        assert.equal(Date.parse(endTime!) - Date.parse(startTime!), LENGTH_MS);
        for (const [i, side] of (["caller", "callee"] as const).entries()) {
          const sidecar = recorded.find(({ isCaller }) => isCaller === (side === "caller"))!;
          const { recordingId, streamArn, mediaStartTime, mediaEndTime, durationMs } = sidecar;
          const leg = legs[i]!;
          assert.deepEqual(
            [leg.side, leg.channel, leg.recordingId, leg.sha256, leg.streamArn, leg.atMs, leg.durationMs, leg.complete],
            [side, ["left", "right"][i], recordingId, sidecar.sha256, streamArn, i * OFFSET_MS, durationMs, true],
          );
          assert.deepEqual([leg.startTime, leg.endTime], [mediaStartTime, mediaEndTime]);
          assert.equal(JSON.parse(await readFile(join(office.folder, leg.sidecar), "utf8")).recordingId, recordingId);
        }
        assert.equal((await office.files()).length, 6);
        assert.equal(await office.messagesLeft(), 0);
      });

      it("says of a call with one leg that it has one: the other channel is silent", async () => {
        office.telephone.aws.control.addFault({ kind: "streamingFailure", leg: "caller" });
        const { transactionId } = await play();
        await office.work({ mode });
        const call = await office.call(transactionId);
        await assertStereo(call, { left: silence(9_000), right: callee });
        assert.equal(call.missingLeg, "caller");
        assert.equal(call.complete, false);
        assert.equal(call.legs.length, 1);
        assert.equal(call.audio.location, join(office.folder, `${transactionId}_one-leg_call.wav`));
      });

      it("takes isCaller as text, and guesses without it", async () => {
        office.telephone.aws.control.addFault({ kind: "eventIsCallerAsString" });
        const first = await play();
        await office.work({ mode });
        await assertStereo(await office.call(first.transactionId), bothLegs);
        assert.equal((await office.call(first.transactionId)).channelAssignment, "isCaller");

        office.telephone.aws.control.clearFaults();
        office.telephone.aws.control.addFault({ kind: "eventWithoutIsCaller" });
        const second = await play();
        await office.work({ mode });
        const guessed = await office.call(second.transactionId);
        await assertStereo(guessed, bothLegs);
        assert.equal(guessed.channelAssignment, "guessed");
        assert.equal(guessed.complete, true);
      });

      it("learns from ENDED what STARTED did not say", async () => {
        office.telephone.aws.control.change({ legOffsetMs: -OFFSET_MS });
        office.telephone.aws.control.addFault({ kind: "eventWithoutIsCaller", streamingStatus: "STARTED" });
        const { transactionId } = await play();
        await office.work({ mode });
        const call = await office.call(transactionId);
        assert.equal(call.channelAssignment, "isCaller");
        const lengthMs = OFFSET_MS + 10_300;
        await assertStereo(call, {
          left: channel(lengthMs, silence(OFFSET_MS), caller),
          right: channel(lengthMs, callee),
        });
      });

      it("keeps a hold of one side in its place", async () => {
        const { transactionId } = await play([{ atMs: 4_000, durationMs: 3_000, leg: "caller" }]);
        const { recorded } = await office.work({ mode, ...SETTLING });
        assert.equal(recorded.length, 2);
        const call = await office.call(transactionId);
        const held = [caller.subarray(0, 64_000), silence(3_000), caller.subarray(64_000)];
        await assertStereo(call, {
          left: channel(13_300, ...held),
          right: channel(13_300, silence(OFFSET_MS), callee),
        });
        assert.equal(call.complete, true);
      });

      it("makes one recording of a leg that Chime stops and starts, in whatever order its events come", async () => {
        // S0 E0 S1 E1 S2 E2, by number.
        const orders = [
          [0, 1, 2, 3, 4, 5],
          [0, 2, 3, 1, 4, 5],
          [5, 4, 3, 2, 1, 0],
          [4, 5, 2, 3, 0, 1],
          [1, 5, 3, 0, 2, 4],
          [0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 1],
        ];
        const others: EventDocument[] = [];
        const plays: { order: number[]; played: CallResult; own: EventDocument[] }[] = [];
        for (const order of orders) {
          const played = await play();
          const { own, other } = await inPieces(await office.takeEvents(4), played);
          others.push(...other);
          plays.push({ order, played, own });
        }
        await office.sendEvents(others);
        // A live leg whose end nobody tells is waited for: there, the next events come meanwhile.
        const together = mode === "live" ? 3 : 1;
        for (let step = 0; step < 12; step += together) {
          const due = ({ order }: { order: number[] }) => order.slice(step, step + together);
          await office.sendEvents(plays.flatMap((one) => due(one).map((i) => one.own[i]!)));
          await office.work({ mode, concurrency: 20 });
        }
        for (const { order, played, own } of plays) {
          await assertWhole(played, own, bothLegs, order.join());
        }
      });
    });
  }

  it("keeps the silence between the pieces of a leg", async () => {
    const played = await play([
      { atMs: 3_072, durationMs: 2_000, leg: "caller" },
      { atMs: 7_168, durationMs: 4_000, leg: "caller" },
    ]);
    const { own, other } = await inPieces(await office.takeEvents(4), played);
    for (const i of [5, 1, 3]) {
      await office.sendEvents([own[i]!]);
      await office.work(SETTLING);
    }
    await office.sendEvents(other);
    await office.work(SETTLING);
    const held = [
      caller.subarray(0, 16 * 3_072),
      silence(2_000),
      caller.subarray(16 * 3_072, 16 * 7_168),
      silence(4_000),
      caller.subarray(16 * 7_168),
    ];
    const expected = { left: channel(16_300, ...held), right: channel(16_300, silence(OFFSET_MS), callee) };
    await assertWhole(played, own, expected);
  });

  it("has one recording of a leg whose pieces several workers record at a time", async () => {
    const plays: { played: CallResult; own: EventDocument[] }[] = [];
    const events: EventDocument[] = [];
    for (let i = 0; i < 4; i++) {
      const played = await play();
      const { own, other } = await inPieces(await office.takeEvents(4), played);
      plays.push({ played, own });
      events.push(...own, ...other);
    }
    await office.sendEvents(events);
    await Promise.all([1, 2, 3].map(() => office.work({ concurrency: 2 })));
    for (const { played, own } of plays) await assertWhole(played, own, bothLegs);
    assert.equal(await office.messagesLeft(), 0);
  });

  it("mixes what is had of a call whose streams keep nothing", async () => {
    await office.telephone.setRetention(0);
    const { aws, voiceConnectorId } = office.telephone;
    const wavs = { callerWav: wavOf(caller), calleeWav: wavOf(callee) };
    const call = aws.control.startCall({ voiceConnectorId, ...wavs, speed: 20 });
    const working = office.work({ mode: "live", holdLimitMs: 60_000, waitTimeSeconds: 1 });
    const { transactionId } = await call.ended;
    await working;
    const mixed = await office.call(transactionId);
    await assertStereo(mixed, bothLegs);
    assert.deepEqual([mixed.complete, mixed.missingLeg], [false, undefined]);
  });

  it("records a piece beside one whose media has expired meanwhile, and mixes both", async () => {
    const { transactionId, legs } = await play();
    const leg = legs.find(({ isCaller }) => isCaller)!;
    const store = directoryStore(office.folder);
    // Ten seconds before the call that is in the stream.
    const atMs = Date.parse(leg.startTime) - CALL_START_MS - 10_000;
    const former = speech(3, 4_000);
    const more = { transactionId, isCaller: true };
    await putLeg(store, { pcm: former, atMs, stream: leg.streamArn, fragments: [1, 4], more });
    await office.work();
    const call = await office.call(transactionId);
    await assertStereo(call, {
      left: channel(10_000 + LENGTH_MS, former, silence(6_000), caller),
      right: channel(10_000 + LENGTH_MS, silence(10_000 + OFFSET_MS), callee),
    });
    assert.deepEqual(call.overlaps, []);
    assert.deepEqual([call.legs.length, call.complete], [3, true]);
    assert.equal(await office.messagesLeft(), 0);
    assert.equal((await office.files()).length, 8);
  });

  /** One recording, which knows its pieces, and the call made of it. */
  async function assertWhole(
    { transactionId }: CallResult,
    own: EventDocument[],
    expected: { left: Buffer; right: Buffer },
    order = "",
  ): Promise<void> {
    const call = await office.call(transactionId);
    await assertStereo(call, expected);
    assert.equal(call.complete, true, order);
    assert.equal(call.legs.length, 2, order);
    const files = (await office.files()).filter((name) => name.startsWith(transactionId));
    assert.equal(files.length, 6, `${order}: ${files.join()}`);
    const leg = JSON.parse(await readFile(join(office.folder, call.legs[0]!.sidecar), "utf8"));
    assert.deepEqual(
      leg.pieces.map((piece: { startFragmentNumber: string }) => piece.startFragmentNumber),
      [0, 2, 4].map((i) => own[i]!.detail.startFragmentNumber),
      order,
    );
    assert.equal(leg.fragments.first, own[0]!.detail.startFragmentNumber);
    assert.equal(leg.fragments.last, own[5]!.detail.currentFragmentNumber);
  }

  /** The events as they are where Chime ends the caller's leg before its fragments 3 and 7, and starts it again with them. */
  async function inPieces(events: EventDocument[], played: CallResult) {
    const leg = played.legs.find(({ isCaller }) => isCaller)!;
    const range = { by: "server" as const, fromMs: 0, toMs: Date.now() + 3_600_000 };
    const all = await listFragments(office.telephone.access, parseStreamArn(leg.streamArn)!, range);
    const fragments = all.slice(all.findIndex(({ fragmentNumber }) => fragmentNumber === leg.startFragmentNumber));
    const eventOf = (status: string) =>
      events.find(({ detail }) => detail.isCaller === true && detail.streamingStatus === status)!;
    const own = [0, 3, 7].flatMap((at, i) => {
      const first = fragments[at]!;
      const last = fragments[[2, 6, fragments.length - 1][i]!]!;
      const begin = {
        startFragmentNumber: first.fragmentNumber,
        startTime: new Date(first.producerTimestampMs).toISOString(),
      };
      const end = {
        currentFragmentNumber: last.fragmentNumber,
        endTime: new Date(last.producerTimestampMs + last.lengthMs).toISOString(),
      };
      const [started, ended] = [eventOf("STARTED"), eventOf("ENDED")];
      return [
        { ...started, detail: { ...started.detail, ...begin } },
        { ...ended, detail: { ...ended.detail, ...begin, ...end } },
      ];
    });
    return { own, other: events.filter(({ detail }) => detail.isCaller === false) };
  }

  it("goes by the order of SIPREC's media where nobody says who calls", async () => {
    office.telephone.aws.control.change({ legOffsetMs: -OFFSET_MS });
    const { transactionId } = await play();
    const events = await office.takeEvents(4);
    await office.sendEvents(
      events.map((event) => {
        const { isCaller, ...detail } = event.detail;
        return { ...event, detail: { ...detail, sdp: { mediaIndex: isCaller ? "0" : "1", mediaLabel: "x" } } };
      }),
    );
    await office.work();
    const call = await office.call(transactionId);
    assert.equal(call.channelAssignment, "mediaIndex");
    assert.deepEqual(
      call.legs.map(({ side, mediaIndex, mediaLabel, atMs }) => [side, mediaIndex, mediaLabel, atMs]),
      [
        ["caller", "0", "x", OFFSET_MS],
        ["callee", "1", "x", 0],
      ],
    );
    const lengthMs = OFFSET_MS + 10_300;
    await assertStereo(call, { left: channel(lengthMs, silence(OFFSET_MS), caller), right: channel(lengthMs, callee) });
  });

  it("believes neither leg where both say that they are the caller", async () => {
    const { transactionId } = await play();
    const events = await office.takeEvents(4);
    await office.sendEvents(events.map((event) => ({ ...event, detail: { ...event.detail, isCaller: true } })));
    await office.work();
    const call = await office.call(transactionId);
    assert.equal(call.channelAssignment, "guessed");
    await assertStereo(call, bothLegs);
  });

  it("has the same call whichever of several workers recorded its legs", async () => {
    const calls: CallResult[] = [];
    for (let i = 0; i < 5; i++) calls.push(await play());
    const workers = [1, 2, 3].map(() => office.work({ concurrency: 1 }));
    await Promise.all(workers);
    for (const { transactionId } of calls) {
      const call = await office.call(transactionId);
      await assertStereo(call, bothLegs);
      assert.equal(call.complete, true);
      assert.match(call.audio.location, /_call(_[0-9a-f]{12})?\.wav$/);
    }
    assert.equal((await office.files()).length, 6 * calls.length);
    assert.equal(await office.messagesLeft(), 0);
  });

  it("mixes on the next delivery where the worker that recorded a leg could not", async () => {
    const { transactionId } = await play();
    const files = directoryStore(office.folder);
    let refusals = 3;
    const store: RecordingStore = {
      ...files,
      async openAudioFile() {
        if (refusals-- > 0) throw new Error("no space left");
        return files.openAudioFile();
      },
    };
    const { recorded } = await office.work({}, store);
    assert(refusals < 0);
    assert.equal(recorded.length, 2);
    await assertStereo(await office.call(transactionId), bothLegs);
    assert.equal(await office.messagesLeft(), 0);
  });

  it("mixes again when a leg is replaced by a better recording, and leaves no audio of the former", async () => {
    office.telephone.aws.control.addFault({ kind: "errorTags", api: "GetMediaForFragmentList" });
    const { transactionId, legs } = await play();
    const events = await office.takeEvents(4);
    await office.sendEvents(events);
    await office.work();
    const before = await office.call(transactionId);
    assert.equal(before.complete, false);
    office.telephone.aws.control.clearFaults();
    await office.sendEvents(events);
    const { mixed } = await office.work();
    const after = await office.call(transactionId);
    assert.deepEqual(JSON.parse(JSON.stringify(mixed.at(-1))), after);
    await assertStereo(after, bothLegs);
    assert.equal(after.complete, true);
    assert.equal(after.audio.location, join(office.folder, `${transactionId}_call_${after.sha256.slice(0, 12)}.wav`));
    assert.equal((await office.files()).length, 6);
    assert.equal(legs.length, 2);
  });

  it("mixes when the other leg was recorded by somebody who knew of no event", async () => {
    const { transactionId, legs, ...ids } = await play();
    const stream = parseStreamArn(legs.find(({ isCaller }) => !isCaller)!.streamArn)!;
    const { access } = office.telephone;
    await recordLeg(
      { stream, transactionId, ...ids },
      { access, store: directoryStore(office.folder), archive: { quiescenceMs: 100 } },
    );
    const events = await office.takeEvents(4);
    await office.sendEvents(events.filter(({ detail }) => detail.isCaller));
    await office.work();
    const call = await office.call(transactionId);
    assert.equal(call.channelAssignment, "isCaller");
    await assertStereo(call, bothLegs);
  });

  it("does the same in a bucket", async () => {
    const client = new S3Client({ region: "us-east-1", forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: "calls" }));
    const options = { region: "us-east-1", environment: process.env };
    const store = () => openOutputStore(parseOutputLocation("s3://calls/of/ours"), options);
    const { transactionId } = await play();
    await Promise.all([office.work({ concurrency: 1 }, store()), office.work({ concurrency: 1 }, store())]);
    const bytesOf = async (Key: string) => {
      const object = await client.send(new GetObjectCommand({ Bucket: "calls", Key }));
      return Buffer.from(await object.Body!.transformToByteArray());
    };
    const call: CallSidecar = JSON.parse((await bytesOf(`of/ours/${transactionId}_call.json`)).toString());
    assert.equal(call.audio.location, `s3://calls/of/ours/${transactionId}_call.wav`);
    const { left, right } = channelsIn(await bytesOf(`of/ours/${transactionId}_call.wav`));
    assert(left.equals(bothLegs.left) && right.equals(bothLegs.right));
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: "calls" }));
    assert.equal(Contents.length, 6);
    client.destroy();
  });
});
