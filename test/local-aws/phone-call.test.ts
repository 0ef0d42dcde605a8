import assert from "node:assert/strict";
import { DeleteVoiceConnectorStreamingConfigurationCommand } from "@aws-sdk/client-chime-sdk-voice";
import { CallRefused, type CallResult } from "../../local-aws/index.js";
import { dumpFragments, pcmOf, tagOf } from "./element-dump.js";
import { ManualClock } from "./manual-clock.js";
import { type Office, openOffice, wavFile } from "./office.js";

describe("local-aws: phone calls", () => {
  let office: Office;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock();
    office = await openOffice({ clock, region: "eu-central-1" });
  });
  afterEach(() => office.close());

  const fragmentsOf = (arn: string) =>
    office.aws.control.state().streams.find((stream) => stream.arn === arn)!.fragments;
  const dumped = async (arn: string) => {
    clock.advance(0);
    return dumpFragments(await mediaOf(arn));
  };
  /** GetMedia ends after silence, in a time that stands still: it is moved until the response is there. */
  const mediaOf = async (arn: string, selector?: Parameters<Office["media"]>[1]) => {
    let bytes: Buffer | undefined;
    const reading = office.media(arn, selector).then((received) => {
      bytes = received;
    });
    while (!bytes) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1);
    }
    await reading;
    return bytes;
  };

  it("two legs go to two streams of the connector, each with its own audio", async () => {
    const { legs, voiceConnectorId } = await office.call();
    assert.deepEqual(
      legs.map((leg) => [leg.isCaller, leg.direction]),
      [
        [true, "Inbound"],
        [false, "Inbound"],
      ],
    );
    for (const [index, { pcm }] of [office.caller, office.callee].entries()) {
      const { streamArn } = legs[index]!;
      assert.match(
        streamArn,
        new RegExp(
          `^arn:aws:kinesisvideo:eu-central-1:123456789012:stream/ChimeVoiceConnector-${voiceConnectorId}-[0-9a-f-]{36}/\\d+$`,
        ),
      );
      assert.ok(pcmOf(await mediaOf(streamArn)).equals(pcm));
    }
    assert.notEqual(legs[0]!.streamArn, legs[1]!.streamArn);
    assert.notEqual(legs[0]!.startFragmentNumber, legs[1]!.startFragmentNumber);
  });

  it("the legs start apart, and last as long as their audio; at speed max the call ends now", async () => {
    const [caller, callee] = (await office.call()).legs;
    assert.equal(Date.parse(callee!.startTime) - Date.parse(caller!.startTime), 1_755);
    assert.equal(
      Date.parse(caller!.endTime) - Date.parse(caller!.startTime),
      Math.round(office.caller.pcm.length / 16),
    );
    assert.equal(Date.parse(callee!.endTime), clock.nowMs());
  });

  it("STARTED and ENDED are told for each leg, as EventBridge envelopes", async () => {
    const { transactionId, callId, legs, voiceConnectorId } = await office.call();
    const events = office.events();
    assert.deepEqual(
      events.map((event) => [event.detail.streamingStatus, event.detail.isCaller]),
      [
        ["STARTED", true],
        ["STARTED", false],
        ["ENDED", true],
        ["ENDED", false],
      ],
    );
    for (const event of events) {
      assert.equal(event.source, "aws.chime");
      assert.equal(event["detail-type"], "Chime VoiceConnector Streaming Status");
      assert.equal(event.region, "eu-central-1");
      assert.equal(event.account, "123456789012");
      assert.deepEqual(event.resources, []);
      assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const leg = legs.find((candidate) => candidate.isCaller === event.detail.isCaller)!;
      const isStart = event.detail.streamingStatus === "STARTED";
      const { inviteHeaders, ...detail } = event.detail;
      assert.equal(typeof inviteHeaders["call-id"], "string");
      assert.deepEqual(detail, {
        callId,
        transactionId,
        voiceConnectorId,
        direction: "Inbound",
        fromNumber: "+15550100",
        toNumber: "+15550199",
        isCaller: leg.isCaller,
        startFragmentNumber: leg.startFragmentNumber,
        startTime: leg.startTime,
        streamArn: leg.streamArn,
        streamingStatus: event.detail.streamingStatus,
        version: "0",
        ...(isStart
          ? { mediaType: "audio/L16" }
          : { endTime: leg.endTime, currentFragmentNumber: fragmentsOf(leg.streamArn).at(-1)!.number }),
      });
    }
  });

  it("the next call uses the streams again, at least a second later, with tags before its first cluster", async () => {
    const first = await office.call();
    const second = await office.call();
    assert.deepEqual(
      second.legs.map((leg) => leg.streamArn),
      first.legs.map((leg) => leg.streamArn),
    );
    assert.notEqual(second.transactionId, first.transactionId);
    const { streamArn, startFragmentNumber, startTime } = second.legs[0]!;
    assert.ok(Date.parse(startTime) >= Date.parse(first.legs[0]!.endTime) + 1_000);
    const fragments = await dumped(streamArn);
    const begin = fragments.find(
      (fragment) => tagOf(fragment, "AWS_KINESISVIDEO_FRAGMENT_NUMBER") === startFragmentNumber,
    )!;
    assert.deepEqual(begin.tagsBefore[0], ["TransactionId", second.transactionId]);
    const stored = fragmentsOf(streamArn);
    for (const [index, fragment] of stored.entries()) {
      if (index > 0) assert.ok(BigInt(fragment.number) > BigInt(stored[index - 1]!.number));
    }
  });

  it("calls at the same time take streams of their own", async () => {
    const request = {
      voiceConnectorId: office.voiceConnectorId,
      callerWav: office.caller.wav,
      calleeWav: office.callee.wav,
      speed: 1,
    };
    const calls = [office.aws.control.startCall(request), office.aws.control.startCall(request)];
    while (calls.some((call) => !call.isOver)) {
      clock.advance(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const results = await Promise.all(calls.map((call) => call.ended));
    assert.equal(new Set(results.flatMap((result) => result.legs.map((leg) => leg.streamArn))).size, 4);
  });

  it("a stream keeps the retention that was configured when it was made", async () => {
    const [leg] = (await office.call()).legs;
    await office.putStreaming({ DataRetentionInHours: 48 });
    await office.call();
    const state = office.aws.control.state();
    assert.equal(state.streams.find((stream) => stream.arn === leg!.streamArn)!.dataRetentionInHours, 24);
  });

  it("without streaming there is no call, no stream and no event", async () => {
    await office.clients.chime.send(
      new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: office.voiceConnectorId }),
    );
    await assert.rejects(office.call(), (error) => error instanceof CallRefused && error.reason === "streamingOff");
    await office.putStreaming({ Disabled: true });
    await assert.rejects(office.call(), /Streaming is off/);
    assert.deepEqual(office.aws.control.state().streams, []);
    assert.deepEqual(office.events(), []);
  });

  it("events go to EventBridge only where it is a target", async () => {
    await office.putStreaming({ StreamingNotificationTargets: [{ NotificationTarget: "SQS" }] });
    assert.equal((await office.call()).legs.length, 2);
    assert.deepEqual(office.events(), []);
  });

  it("unknown connectors and other audio are refused", async () => {
    await assert.rejects(office.call({ voiceConnectorId: "nobody" }), /There is no Voice Connector nobody/);
    await assert.rejects(office.call({ region: "us-east-1" }), /in us-east-1/);
    await assert.rejects(office.call({ calleeWav: Buffer.from("text") }), /The audio of the callee is not a WAV file/);
  });

  it("in real time, fragments arrive as they are spoken, and hanging up keeps what was said", async () => {
    const begunMs = clock.nowMs();
    const { wav, pcm } = wavFile(9, 8_000 * 60);
    const call = office.aws.control.startCall({
      voiceConnectorId: office.voiceConnectorId,
      callerWav: wav,
      calleeWav: office.callee.wav,
      speed: 1,
    });
    const tick = async (ms: number) => {
      clock.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
    };
    await tick(1_023);
    assert.deepEqual(call.result().legs, []);
    await tick(1);
    assert.equal(call.result().legs.length, 1);
    assert.equal(Date.parse(call.result().legs[0]!.startTime), begunMs);
    await tick(1_024);
    await tick(500);
    const { legs } = await call.hangUp();
    assert.deepEqual(
      legs.map((leg) => Date.parse(leg.endTime) - begunMs),
      [2_548, 2_548],
    );
    assert.ok(pcmOf(await mediaOf(legs[0]!.streamArn)).equals(pcm.subarray(0, 2_548 * 16)));
    assert.deepEqual(
      office
        .events()
        .map((event) => event.detail.streamingStatus)
        .sort(),
      ["ENDED", "ENDED", "STARTED", "STARTED"],
    );
  });

  it("a leg that is hung up before it starts leaves nothing", async () => {
    const call = office.aws.control.startCall({
      voiceConnectorId: office.voiceConnectorId,
      callerWav: office.caller.wav,
      calleeWav: office.callee.wav,
      speed: 1,
    });
    clock.advance(1_200);
    const { legs } = await call.hangUp();
    assert.deepEqual(
      legs.map((leg) => leg.isCaller),
      [true],
    );
    assert.equal(office.events().length, 2);
  });

  it("a producer's session ends and begins anew, and what is sent again has new numbers", async () => {
    office.aws.control.change({ producerSessionMs: 10_240, producerReplayMs: 2_000 });
    const leg = await office.longLeg(15);
    const fragments = await dumped(leg.streamArn);
    const times = fragments.map((fragment) => (fragment.timecodeMs! - Date.parse(leg.startTime)) / 1_024);
    assert.deepEqual(times, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11, 12, 13, 14]);
    const withTagsBefore = fragments.flatMap((fragment, index) =>
      fragment.tagsBefore.some(([name]) => name === "TransactionId") ? [index] : [],
    );
    assert.deepEqual(withTagsBefore, [0, 10]);
    assert.equal(new Set(fragments.map((fragment) => tagOf(fragment, "AWS_KINESISVIDEO_FRAGMENT_NUMBER"))).size, 17);
  });

  it("a session can begin with fragments that are cut anew from where the replay begins", async () => {
    office.aws.control.change({ producerSessionMs: 10_240, producerReplayMs: 1_500, producerReplayCut: "anew" });
    const leg = await office.longLeg(15);
    const fragments = await dumped(leg.streamArn);
    const times = fragments.map((fragment) => fragment.timecodeMs! - Date.parse(leg.startTime));
    const firstAgain = 10_240 - Math.floor(1_500 / 64) * 64;
    assert.deepEqual(times, [
      ...Array.from({ length: 10 }, (_, i) => i * 1_024),
      ...Array.from({ length: 7 }, (_, i) => firstAgain + i * 1_024).filter((ms) => ms < 15_000),
    ]);
    assert.equal(fragments[10]!.tagsBefore.filter(([name]) => name === "TransactionId").length, 1);
  });

  describe("with holds", () => {
    const holds = [{ atMs: 1_500, durationMs: 60_000 }];
    const timesOf = (arn: string) => {
      const begun = fragmentsOf(arn)[0]!.producerTimestampMs;
      return fragmentsOf(arn).map((fragment) => [fragment.producerTimestampMs - begun, fragment.durationMs]);
    };

    it("producer time goes on while nothing is spoken, and no audio is lost", async () => {
      const [caller, callee] = (await office.call({ holds })).legs;
      assert.deepEqual(timesOf(caller!.streamArn), [
        [0, 1_024],
        [1_024, 476],
        [61_500, 1_024],
        [62_524, 1_024],
        [63_548, 465],
      ]);
      for (const [leg, { pcm }] of [
        [caller!, office.caller],
        [callee!, office.callee],
      ] as const) {
        assert.ok(pcmOf(await mediaOf(leg.streamArn)).equals(pcm));
        assert.equal(Date.parse(leg.endTime) - Date.parse(leg.startTime), Math.round(pcm.length / 16) + 60_000);
      }
    });

    it("one leg alone can be on hold", async () => {
      const [caller, callee] = (await office.call({ holds: [{ ...holds[0]!, leg: "callee" }] })).legs;
      assert.equal(timesOf(caller!.streamArn).length, 4);
      assert.equal(timesOf(callee!.streamArn)[2]![0], 61_500);
    });

    it("a call in real time is silent until it is over, and can be hung up in it", async () => {
      const call = office.aws.control.startCall({
        voiceConnectorId: office.voiceConnectorId,
        callerWav: office.caller.wav,
        calleeWav: office.callee.wav,
        speed: 1,
        holds,
      });
      const tick = async (ms: number) => {
        clock.advance(ms);
        for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
      };
      for (const ms of [1_024, 476, 30_000]) await tick(ms);
      const { streamArn } = call.result().legs[0]!;
      assert.equal(timesOf(streamArn).length, 2);
      const { legs } = await call.hangUp();
      assert.equal(timesOf(streamArn).length, 2);
      assert.equal(Date.parse(legs[0]!.endTime) - Date.parse(legs[0]!.startTime), 31_500);
    });
  });

  describe("with faults", () => {
    const fault = (input: Parameters<Office["aws"]["control"]["addFault"]>[0]) => office.aws.control.addFault(input);
    const transactionIds = async (arn: string) =>
      (await dumped(arn)).map((fragment) => fragment.tagsAfter.find(([name]) => name === "TransactionId")?.[1]);

    it("fragments of a leg are dropped, counted from either end", async () => {
      fault({ kind: "dropFragments", leg: "caller", fragments: [1, -1] });
      const [caller, callee] = (await office.call()).legs;
      assert.deepEqual(
        fragmentsOf(caller!.streamArn).map((fragment) => fragment.producerTimestampMs - Date.parse(caller!.startTime)),
        [0, 2_048],
      );
      assert.equal(fragmentsOf(callee!.streamArn).length, 3);
    });

    it("tags are missing where that is asked for", async () => {
      fault({ kind: "missingTags", leg: "caller", fragments: [-1] });
      const { legs, transactionId } = await office.call();
      assert.deepEqual(await transactionIds(legs[0]!.streamArn), [
        transactionId,
        transactionId,
        transactionId,
        undefined,
      ]);
    });

    it("tags are late where that is asked for", async () => {
      fault({ kind: "lateTags", leg: "caller" });
      const { legs, transactionId } = await office.call();
      const [first] = await dumped(legs[0]!.streamArn);
      assert.ok(!first!.tagsBefore.some(([name]) => name === "TransactionId"));
      assert.deepEqual(first!.tagsAfter[0], ["TransactionId", transactionId]);
    });

    it("the last fragment of a call can carry the tags of the next, which then has no session of its own", async () => {
      fault({ kind: "nextCallTags", leg: "caller", times: 1 });
      const first = await office.call();
      const second = await office.call();
      const { streamArn } = first.legs[0]!;
      assert.deepEqual(await transactionIds(streamArn), [
        ...Array(3).fill(first.transactionId),
        ...Array(5).fill(second.transactionId),
      ]);
      const before = (await dumped(streamArn)).filter((fragment) =>
        fragment.tagsBefore.some(([name]) => name === "TransactionId"),
      );
      assert.equal(before.length, 1);
    });

    it("a leg that cannot be streamed is told of as FAILED, the other goes on", async () => {
      fault({ kind: "streamingFailure", leg: "callee", reason: "no capacity" });
      const result: CallResult = await office.call();
      assert.deepEqual(result.failures, [{ isCaller: false, reason: "no capacity" }]);
      assert.deepEqual(
        result.legs.map((leg) => leg.isCaller),
        [true],
      );
      const [failed] = office.events();
      assert.equal(failed.detail.streamingStatus, "FAILED");
      assert.equal(failed.detail.failureReason, "no capacity");
      assert.equal(failed.detail.streamArn, undefined);
      assert.equal(failed.detail.transactionId, result.transactionId);
    });

    it("events are lost, doubled, reordered and bereft of isCaller", async () => {
      const statuses = () => office.events().map((event) => `${event.detail.streamingStatus} ${event.detail.isCaller}`);
      fault({ kind: "loseEvent", streamingStatus: "ENDED", leg: "callee", times: 1 });
      fault({ kind: "doubleEvent", streamingStatus: "STARTED", leg: "callee", times: 1 });
      fault({ kind: "reorderEvents", streamingStatus: "STARTED", leg: "caller", times: 1 });
      await office.call();
      assert.deepEqual(statuses(), ["STARTED false", "STARTED false", "STARTED true", "ENDED true"]);
      fault({ kind: "eventWithoutIsCaller", streamingStatus: "STARTED", times: 2 });
      fault({ kind: "eventIsCallerAsString", streamingStatus: "ENDED", times: 2 });
      await office.call();
      assert.deepEqual(statuses().slice(4), ["STARTED undefined", "STARTED undefined", "ENDED True", "ENDED False"]);
    });

    it("a leg is updated after its start, in an event that names no stream", async () => {
      fault({ kind: "updatedEvent", leg: "caller", times: 1 });
      const { transactionId } = await office.call();
      const [started, updated] = office.events();
      assert.deepEqual([started.detail.streamingStatus, updated.detail.streamingStatus], ["STARTED", "UPDATED"]);
      assert.equal(updated.detail.transactionId, transactionId);
      assert.equal(updated.detail.streamArn, undefined);
      assert.equal(updated.detail.updateHeaders.cseq, "2 UPDATE");
    });

    it("an event that waits for a later one is delivered at the end of the call at the latest", async () => {
      fault({ kind: "reorderEvents", streamingStatus: "ENDED", leg: "callee", times: 1 });
      await office.call();
      assert.equal(office.events().length, 4);
    });
  });
});
