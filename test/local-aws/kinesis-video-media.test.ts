import assert from "node:assert/strict";
import type { Readable } from "node:stream";
import { GetMediaCommand } from "@aws-sdk/client-kinesis-video-media";
import type { CallLeg } from "../../local-aws/index.js";
import { failureOf } from "./clients.js";
import { dumpFragments, pcmOf, tagOf } from "./element-dump.js";
import { bytesOf, type Office, openOffice } from "./office.js";

describe("local-aws: GetMedia", () => {
  let office: Office;
  let caller: CallLeg;
  beforeEach(async () => {
    office = await openOffice();
    [caller] = (await office.call()).legs as [CallLeg];
  });
  afterEach(() => office.close());

  const numbers = (bytes: Buffer) =>
    dumpFragments(bytes).map((fragment) => tagOf(fragment, "AWS_KINESISVIDEO_FRAGMENT_NUMBER")!);
  const stored = () => office.aws.control.state().streams.find((stream) => stream.arn === caller.streamArn)!.fragments;
  const get = (selector: object) =>
    office.media.bind(office)(caller.streamArn, selector as Parameters<Office["media"]>[1]);

  it("gives the media that was spoken, byte for byte", async () => {
    assert.ok(pcmOf(await get({ StartSelectorType: "EARLIEST" })).equals(office.caller.pcm));
  });

  it("lays fragments out as Kinesis does: number and timestamps before the cluster, persistent tags, lag and token after it", async () => {
    const fragments = dumpFragments(await get({ StartSelectorType: "EARLIEST" }));
    const { transactionId, callId } = JSON.parse(
      JSON.stringify(office.events()[0].detail, ["transactionId", "callId"]),
    );
    const persistent = [
      ["TransactionId", transactionId],
      ["VoiceConnectorId", office.voiceConnectorId],
      ["CallId", callId],
    ];
    const state = stored();
    assert.equal(fragments.length, 4);
    fragments.forEach((fragment, index) => {
      const { number, serverTimestampMs, producerTimestampMs } = state[index]!;
      const isFirst = index === 0;
      const tagsBefore = isFirst ? ["Tags", "Tags", "Tags", "Tags"] : ["Tags"];
      const expected = ["EBML", "Segment", "Info", "Tracks", ...tagsBefore, "Cluster", "Tags", "Tags", "Tags", "Tags"];
      assert.deepEqual(fragment.layout, expected);
      assert.deepEqual(fragment.tagsBefore, [
        ...(isFirst ? persistent : []),
        ["AWS_KINESISVIDEO_FRAGMENT_NUMBER", number],
        ["AWS_KINESISVIDEO_SERVER_TIMESTAMP", (serverTimestampMs / 1000).toFixed(3)],
        ["AWS_KINESISVIDEO_PRODUCER_TIMESTAMP", (producerTimestampMs / 1000).toFixed(3)],
      ]);
      const behindMs = state.at(-1)!.serverTimestampMs - serverTimestampMs;
      assert.deepEqual(fragment.tagsAfter, [
        ...persistent,
        ["AWS_KINESISVIDEO_MILLIS_BEHIND_NOW", String(behindMs)],
        ["AWS_KINESISVIDEO_CONTINUATION_TOKEN", number],
      ]);
      assert.match(number, /^\d{47}$/);
      assert.equal(fragment.timecodeMs, producerTimestampMs);
      assert.equal(fragment.codecId, "A_AAC");
      assert.equal(fragment.hasAudioElement, false);
    });
  });

  it("blocks are 1,024 bytes on a grid of 64 ms, but for the last one", async () => {
    const fragments = dumpFragments(await get({ StartSelectorType: "EARLIEST" }));
    const blocks = fragments.flatMap(({ timecodeMs, blocks: own }) =>
      own.map(({ offsetMs, data }) => [timecodeMs! + offsetMs, data.length]),
    );
    const startMs = Date.parse(caller.startTime);
    blocks.forEach(([atMs, length], index) => {
      assert.equal(atMs, startMs + index * 64);
      if (index < blocks.length - 1) assert.equal(length, 1_024);
    });
    assert.equal(blocks.at(-1)![1], office.caller.pcm.length % 1_024);
  });

  it("FRAGMENT_NUMBER starts after the fragment that it names, and so does a continuation token", async () => {
    const all = stored().map((fragment) => fragment.number);
    assert.deepEqual(
      numbers(await get({ StartSelectorType: "FRAGMENT_NUMBER", AfterFragmentNumber: all[0] })),
      all.slice(1),
    );
    assert.deepEqual(
      numbers(await get({ StartSelectorType: "CONTINUATION_TOKEN", ContinuationToken: all[1] })),
      all.slice(2),
    );
    const before = String(BigInt(all[0]!) - 1n);
    assert.deepEqual(numbers(await get({ StartSelectorType: "FRAGMENT_NUMBER", AfterFragmentNumber: before })), all);
  });

  it("timestamps start with the fragment that contains them", async () => {
    const state = stored();
    const inSecond = new Date(state[1]!.producerTimestampMs + 500);
    const byProducer = numbers(await get({ StartSelectorType: "PRODUCER_TIMESTAMP", StartTimestamp: inSecond }));
    assert.deepEqual(
      byProducer,
      state.slice(1).map((fragment) => fragment.number),
    );
    const third = new Date(state[2]!.serverTimestampMs);
    const byServer = numbers(await get({ StartSelectorType: "SERVER_TIMESTAMP", StartTimestamp: third }));
    assert.deepEqual(
      byServer,
      state.slice(2).map((fragment) => fragment.number),
    );
  });

  it("NOW gives nothing of the past", async () => {
    assert.equal((await get({ StartSelectorType: "NOW" })).length, 0);
  });

  it("a call in progress is given while it is spoken, and the response ends when it is silent", async () => {
    office.aws.control.change({ getMediaIdleEndMs: 400 });
    const call = office.aws.control.startCall({
      voiceConnectorId: office.voiceConnectorId,
      callerWav: office.caller.wav,
      calleeWav: office.callee.wav,
      speed: 20,
    });
    const live = office.aws.control.state().streams.find((stream) => stream.arn === caller.streamArn)!;
    const received = await get({
      StartSelectorType: "FRAGMENT_NUMBER",
      AfterFragmentNumber: live.fragments[3]!.number,
    });
    assert.ok(pcmOf(received).equals(office.caller.pcm));
    assert.equal(call.isOver, true);
  });

  it("wrong selectors are invalid arguments", async () => {
    for (const selector of [
      { StartSelectorType: "FRAGMENT_NUMBER" },
      { StartSelectorType: "FRAGMENT_NUMBER", AfterFragmentNumber: "12a" },
      { StartSelectorType: "PRODUCER_TIMESTAMP" },
      { StartSelectorType: "LATEST" },
    ]) {
      assert.equal((await failureOf(get(selector))).name, "InvalidArgumentException");
    }
  });

  it("a stream has three connections", async () => {
    office.aws.control.change({ getMediaIdleEndMs: 60_000 });
    const open = () =>
      office.clients.media.send(
        new GetMediaCommand({ StreamARN: caller.streamArn, StartSelector: { StartSelectorType: "NOW" } }),
      );
    const outputs = [await open(), await open(), await open()];
    const failure = await failureOf(open());
    assert.equal(failure.name, "ConnectionLimitExceededException");
    const gone = office.whenConnections(caller.streamArn, 2);
    (outputs[0]!.Payload as unknown as Readable).destroy();
    await gone;
    outputs.push(await open());
    for (const { Payload } of outputs) (Payload as unknown as Readable).destroy();
  });

  it("an answer that is lost holds no connection", async () => {
    office.aws.control.addFault({ kind: "lostAnswer", actions: ["kinesisvideo:GetMedia"], times: 4 });
    for (let i = 0; i < 4; i++) await failureOf(get({ StartSelectorType: "EARLIEST" }));
    await office.whenConnections(caller.streamArn, 0);
    assert.ok(pcmOf(await get({ StartSelectorType: "EARLIEST" })).equals(office.caller.pcm));
  });

  it("fragments come at the rate that is set", async () => {
    office.aws.control.change({ getMediaFragmentsPerSecond: 50 });
    const begun = performance.now();
    await get({ StartSelectorType: "EARLIEST" });
    assert.ok(performance.now() - begun >= 3 * 20);
  });

  it("a session ends in time, without an error", async () => {
    office.aws.control.change({ getMediaSessionMs: 50, getMediaIdleEndMs: 60_000 });
    assert.equal(dumpFragments(await get({ StartSelectorType: "EARLIEST" })).length, 4);
  });

  it("a fault breaks the connection in the middle of a block", async () => {
    office.aws.control.addFault({ kind: "reset", atFragment: 2, times: 1 });
    const output = await office.clients.media.send(
      new GetMediaCommand({ StreamARN: caller.streamArn, StartSelector: { StartSelectorType: "EARLIEST" } }),
    );
    const chunks: Buffer[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const chunk of output.Payload as unknown as AsyncIterable<Buffer>) chunks.push(chunk);
      })(),
    );
    assert.match(failure.message, /aborted|closed|ECONNRESET/);
    const received = Buffer.concat(chunks);
    assert.throws(() => dumpFragments(received), /SimpleBlock at \d+ is cut off/);
    assert.ok(pcmOf(await get({ StartSelectorType: "EARLIEST" })).equals(office.caller.pcm), "it strikes once");
  });

  it("a fault ends the response between two blocks, so that nothing tells that there is more", async () => {
    office.aws.control.addFault({ kind: "cutBetweenBlocks", atFragment: 1, times: 1 });
    const received = await get({ StartSelectorType: "EARLIEST" });
    assert.deepEqual(
      dumpFragments(received).map((fragment) => fragment.blocks.length),
      [16, 8],
    );
    assert.ok(pcmOf(received).equals(office.caller.pcm.subarray(0, 24 * 1_024)));
  });

  it("a fault ends the response inside the trailing tags", async () => {
    office.aws.control.addFault({ kind: "cutInTags", atFragment: 1, times: 1 });
    const cut = await get({ StartSelectorType: "EARLIEST" });
    const whole = await get({ StartSelectorType: "EARLIEST" });
    assert.ok(whole.subarray(0, cut.length).equals(cut));
    assert.throws(() => dumpFragments(cut), /cut off/);
    const head = whole.subarray(cut.length, cut.length + 9).indexOf(Buffer.from("1a45dfa3", "hex"));
    assert.equal(head, 5, "five bytes before the next fragment");
  });

  it("a fault stops the response in the middle of a fragment, and leaves the connection open", async () => {
    office.aws.control.addFault({ kind: "stall", sequence: 1 });
    const output = await office.clients.media.send(
      new GetMediaCommand({ StreamARN: caller.streamArn, StartSelector: { StartSelectorType: "EARLIEST" } }),
    );
    const payload = output.Payload as unknown as Readable;
    let received = Buffer.alloc(0);
    for await (const chunk of payload) {
      received = Buffer.concat([received, chunk as Buffer]);
      if (received.length > 16 * 1_024 * 1.5) break;
    }
    await office.whenConnections(caller.streamArn, 0);
    assert.throws(() => dumpFragments(received), /SimpleBlock at \d+ is cut off/);
  });

  it("a fault sends a fragment in small pieces, and no byte differs", async () => {
    office.aws.control.addFault({ kind: "trickle", atFragment: 0, pieceBytes: 100, times: 1 });
    assert.ok(pcmOf(await get({ StartSelectorType: "EARLIEST" })).equals(office.caller.pcm));
  });

  it("a fault makes something else than HTTP of the response", async () => {
    office.aws.control.addFault({ kind: "garbledTransfer", atFragment: 1, times: 1 });
    const failure = await failureOf(get({ StartSelectorType: "EARLIEST" }));
    assert.match(failure.message, /Parse Error|aborted/);
  });

  it("a fault puts an error chunk in place of a fragment and ends the response", async () => {
    office.aws.control.addFault({
      kind: "errorTags",
      atFragment: 1,
      errorId: 4500,
      errorCode: "KMS_KEY_ACCESS_DENIED",
    });
    const fragments = dumpFragments(await get({ StartSelectorType: "EARLIEST" }));
    assert.equal(fragments.length, 2);
    assert.deepEqual(fragments[1]!.tagsBefore, [
      ["AWS_KINESISVIDEO_ERROR_CODE", "KMS_KEY_ACCESS_DENIED"],
      ["AWS_KINESISVIDEO_ERROR_ID", "4500"],
    ]);
    assert.equal(fragments[1]!.blocks.length, 0);
  });

  it("a client that reads late gets everything, and one that goes away frees its connection", async () => {
    const long = await office.longLeg(600);
    const open = async () => {
      const selector = { StartSelectorType: "PRODUCER_TIMESTAMP", StartTimestamp: new Date(long.startTime) } as const;
      const command = new GetMediaCommand({ StreamARN: long.streamArn, StartSelector: selector });
      return (await office.clients.media.send(command)).Payload as unknown as Readable;
    };
    const [late, gone] = [await open(), await open()];
    await office.whenConnections(long.streamArn, 2);
    gone.destroy();
    await office.whenConnections(long.streamArn, 1);
    assert.equal(pcmOf(await bytesOf(late)).length, 600 * 16_000);
  });
});
