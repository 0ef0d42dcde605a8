import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { AwsCallError } from "../../../aws/call-error.js";
import { LegEnd } from "../../../consumer/kinesis-video/leg-end.js";
import {
  type LiveEnd,
  type LiveFragment,
  type LiveOptions,
  LiveReader,
  type LiveRequest,
} from "../../../consumer/kinesis-video/live-reader.js";
import type { CallLeg, FaultInput } from "../../../local-aws/index.js";
import { speech, startTelephone, type Telephone } from "../telephone.js";
import { callsOf as countCalls, numbersOf, QUICK, readLive, requestOf } from "./live-reading.js";

describe("LiveReader", () => {
  let telephone: Telephone;
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  beforeEach(async () => {
    telephone = await startTelephone({ dataRetentionInHours: 0 });
  });

  afterEach(() => telephone.close());

  async function callerLeg(): Promise<CallLeg> {
    return (await telephone.call(caller, callee)).legs.find((leg) => leg.isCaller)!;
  }

  const read = (
    request: LiveRequest,
    options?: LiveOptions,
    onFragment?: (read: LiveFragment) => void,
    signal?: AbortSignal,
  ) => readLive(telephone, request, options, onFragment, signal);
  const callsOf = (action: string) => countCalls(telephone, action);

  it("begins with the first fragment, and gives the leg's audio as it was spoken", async () => {
    const leg = await callerLeg();
    const { pcm, reads, end } = await read(requestOf(leg));
    assert.deepEqual(pcm, caller);
    assert.equal(numbersOf(reads)[0], leg.startFragmentNumber);
    assert.equal(end.endProof, "none");
  });

  it("leaves out what the stream carried before the leg, and stops at ENDED's last fragment", async () => {
    const first = await callerLeg();
    const second = await callerLeg();
    assert.equal(first.streamArn, second.streamArn);
    const all = await read(requestOf(first, new LegEnd()));
    const lastOfFirst = numbersOf(all.reads)[10]!;
    const { pcm, end } = await read(requestOf(first, new LegEnd({ fragmentNumber: lastOfFirst })));
    assert.deepEqual(pcm, caller);
    assert.equal(end.endProof, "endedEvent");
    assert.equal(numbersOf((await read(requestOf(second, new LegEnd()))).reads)[0], second.startFragmentNumber);
  });

  it("goes on after the last whole fragment when sessions end again and again", async () => {
    telephone.aws.control.change({ getMediaSessionMs: 60, getMediaFragmentsPerSecond: 50 });
    const leg = await callerLeg();
    const { pcm, reads } = await read(requestOf(leg));
    assert.deepEqual(pcm, caller);
    assert.equal(new Set(numbersOf(reads)).size, reads.length);
    assert(callsOf("GetMedia") > 3);
  });

  const troubles: [title: string, fault: FaultInput][] = [
    ["connections that break in the middle of a block", { kind: "reset", atFragment: 2, times: 3 }],
    ["answers that end early", { kind: "endOfFile", atFragment: 1, times: 3 }],
    ["error tags in place of a fragment", { kind: "errorTags", atFragment: 2, times: 2 }],
    ["throttling", { kind: "throttle", actions: ["kinesisvideo:GetMedia"], times: 4 }],
    ["internal failures", { kind: "failure", actions: ["kinesisvideo:GetMedia"], times: 4 }],
    [
      "a full house of connections, told as a throttle",
      {
        kind: "error",
        actions: ["kinesisvideo:GetMedia"],
        code: "ConnectionLimitExceededException",
        httpStatus: 400,
        times: 3,
      },
    ],
    ["an endpoint that is refused", { kind: "throttle", actions: ["kinesisvideo:GetDataEndpoint"], times: 2 }],
    ["an endpoint that is dead", { kind: "deadEndpoint", times: 2 }],
    [
      "an endpoint that has expired",
      {
        kind: "error",
        actions: ["kinesisvideo:GetMedia"],
        code: "InvalidEndpointException",
        httpStatus: 400,
        times: 2,
      },
    ],
    ["answers that end inside the trailing tags", { kind: "cutInTags", atFragment: 2, times: 3 }],
    ["answers that end between two blocks", { kind: "cutBetweenBlocks", atFragment: 2, times: 3 }],
    ["answers that stop inside a fragment", { kind: "stall", atFragment: 2, times: 3 }],
    ["answers that come byte by byte", { kind: "trickle", atFragment: 1, times: 2 }],
    ["answers that are no HTTP any more", { kind: "garbledTransfer", atFragment: 2, times: 3 }],
    ["answers that get lost", { kind: "lostAnswer", actions: ["kinesisvideo:GetMedia"], times: 3 }],
    [
      "a server that accepts and says nothing",
      { kind: "latency", actions: ["kinesisvideo:GetMedia"], ms: 60_000, times: 2 },
    ],
    ["a fragment that is an error at first", { kind: "errorTags", sequence: 3, times: 2 }],
  ];
  for (const [title, fault] of troubles) {
    it(`loses and doubles nothing through ${title}`, async () => {
      const leg = await callerLeg();
      telephone.aws.control.addFault(fault);
      const { pcm, reads } = await read(requestOf(leg), { ...QUICK, stallMs: 100 });
      assert.deepEqual(pcm, caller);
      assert.deepEqual(telephone.aws.control.faults(), [], "it has struck as often as it was to");
      assert.deepEqual(
        reads.filter(({ failure }) => failure),
        [],
      );
    });
  }

  it("waits for one of the stream's three connections", async () => {
    const leg = await callerLeg();
    telephone.aws.control.change({ getMediaConnectionsPerStream: 1, getMediaFragmentsPerSecond: 40 });
    const readings = await Promise.all([
      read(requestOf(leg), { ...QUICK, holdLimitMs: 800 }),
      read(requestOf(leg), { ...QUICK, holdLimitMs: 800 }),
    ]);
    for (const { pcm } of readings) assert.deepEqual(pcm, caller);
  });

  it("reads more legs at a time than the SDK opens connections by default", async () => {
    telephone.aws.control.change({ getMediaIdleEndMs: 60_000 });
    const legs: CallLeg[] = [];
    // Calls in progress, so that each has streams of its own.
    const calls = Array.from({ length: 30 }, () => telephone.startCall(caller, callee, 40));
    for (const call of calls) legs.push(...(await call.ended).legs);
    assert.equal(new Set(legs.map(({ streamArn }) => streamArn)).size, 60);
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    let reading = 0;
    const readings = legs.map((leg) => {
      const onFragment = ({ fragment }: LiveFragment) => {
        if (fragment?.fragmentNumber !== leg.startFragmentNumber) return;
        if (++reading === legs.length) controller.abort(new Error("all are read"));
      };
      return assert.rejects(read(requestOf(leg), QUICK, onFragment, controller.signal), /all are read/);
    });
    await Promise.all(readings);
  });

  it("asks for the endpoint again when a connection failed", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "failure", actions: ["kinesisvideo:GetMedia"], times: 1 });
    await read(requestOf(leg));
    assert.equal(callsOf("GetDataEndpoint"), 2);
  });

  it("passes over a fragment that Kinesis keeps answering with an error", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "errorTags", api: "GetMedia", atFragment: 0, times: 4 });
    const { reads } = await read(requestOf(leg));
    assert.deepEqual(
      reads.filter(({ failure }) => failure).map(({ failure }) => failure!.code),
      ["kinesis-5000"],
    );
  });

  it("passes over a fragment that cannot be had, and over nothing else", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "errorTags", sequence: 4 });
    const { pcm, reads } = await read(requestOf(leg), { ...QUICK, holdLimitMs: 500 });
    assert.deepEqual(
      reads.flatMap(({ failure }) => failure?.code ?? []),
      ["kinesis-5000"],
    );
    const lostAt = 4 * 16 * 1_024;
    assert.deepEqual(pcm, Buffer.concat([caller.subarray(0, lostAt), caller.subarray(lostAt + 16 * 1_024)]));
  });

  it("gives each fragment when it is there, without waiting for the next one", async () => {
    telephone.aws.control.change({ getMediaIdleEndMs: 60_000 });
    const leg = await callerLeg();
    const end = new LegEnd();
    let numberOfReads = 0;
    const { pcm } = await read(requestOf(leg, end), { ...QUICK, holdLimitMs: 60_000 }, () => {
      // Nothing follows the last one.
      if (++numberOfReads === 11) end.callOff();
    });
    assert.deepEqual(pcm, caller);
  });

  it("says how late its fragments were", async () => {
    telephone.aws.control.change({ ingestionLatencyMs: 0 });
    const leg = await callerLeg();
    const { end } = await read(requestOf(leg));
    const spokenMs = Date.now() - Date.parse(leg.startTime);
    assert(end.greatestLatenessMs! > 9_000 && end.greatestLatenessMs! <= spokenMs);
    assert(end.connections >= 1);
    assert.equal(end.backlogFragments, 0);
  });

  it("makes another connection where one stays silent, and takes that for silence of the call", async () => {
    telephone.aws.control.change({ getMediaIdleEndMs: 60_000 });
    const leg = await callerLeg();
    const { pcm, end } = await read(requestOf(leg), { ...QUICK, stallMs: 40, troubleLimitMs: 0 });
    assert.deepEqual(pcm, caller);
    assert.equal(end.endProof, "none");
    assert(callsOf("GetMedia") > 1);
  });

  it("does not count the time that its user takes for silence", async () => {
    telephone.aws.control.change({ getMediaIdleEndMs: 60_000 });
    const leg = await callerLeg();
    const stream = requestOf(leg);
    const reading = new LiveReader(
      telephone.access,
      stream,
      { switchedAway: () => false, hasBegun: () => true },
      {
        ...QUICK,
        stallMs: 50,
      },
    ).fragments();
    for (let i = 0; i < 5; i++) {
      await reading.next();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    assert.equal(callsOf("GetMedia"), 1);
    await reading.return({} as LiveEnd);
  });

  it("begins with what comes from now on, though connections end before it comes and this clock is an hour ahead", async () => {
    const { streamArn } = (await telephone.call(speech(3, 200), speech(4, 200))).legs.find((leg) => leg.isCaller)!;
    const { access } = telephone;
    const ahead = { ...access, clock: { ...access.clock, now: () => Date.now() + 3_600_000 } };
    const end = new LegEnd();
    const { stream } = requestOf({ streamArn } as CallLeg);
    const reading = readLive({ access: ahead }, { stream, end }, { ...QUICK, holdLimitMs: 60_000 });
    while (callsOf("GetMedia") < 3) await new Promise(setImmediate);
    const spoken = speech(5, 1_500);
    const { legs } = await telephone.call(spoken, speech(6, 100), 1);
    end.tell({}, ahead.clock.now());
    assert.equal(legs.find((leg) => leg.isCaller)!.streamArn, streamArn);
    const { pcm } = await reading;
    assert.deepEqual(pcm, spoken);
  });

  it("is told the end while it reads", async () => {
    const leg = await callerLeg();
    const end = new LegEnd();
    const { reads, end: known } = await read(requestOf(leg, end), { ...QUICK, holdLimitMs: 60_000 }, (one) => {
      if (one.fragment?.fragmentNumber === leg.startFragmentNumber) {
        end.tell({ fragmentNumber: leg.startFragmentNumber }, Date.now());
      }
    });
    assert.equal(reads.length, 1);
    assert.equal(known.endProof, "endedEvent");
  });

  it("is told the end while it waits, and stops at once", async () => {
    telephone.aws.control.change({ getMediaIdleEndMs: 60_000 });
    const leg = await callerLeg();
    const end = new LegEnd();
    let last: string | undefined;
    let numberOfReads = 0;
    const reading = read(requestOf(leg, end), { ...QUICK, holdLimitMs: 60_000 }, ({ fragment }) => {
      last = fragment?.fragmentNumber;
      // Nothing follows the tenth fragment but the last one, which only the end of the connection releases.
      if (last && numberOfReads++ === 9) setImmediate(() => end.tell({ fragmentNumber: last }, Date.now()));
    });
    assert.equal((await reading).end.endProof, "endedEvent");
  });

  it("takes silence for the end when the call is known to be over", async () => {
    const leg = await callerLeg();
    const end = new LegEnd();
    end.tell({}, Date.now());
    const { pcm, end: known } = await read(requestOf(leg, end), { ...QUICK, holdLimitMs: 60_000 });
    assert.deepEqual(pcm, caller);
    assert.equal(known.endProof, "none");
  });

  it("reads a leg while it is spoken", async () => {
    const call = telephone.startCall(caller, callee, 40);
    while (!call.result().legs.some((leg) => leg.isCaller)) await new Promise(setImmediate);
    const leg = call.result().legs.find(({ isCaller }) => isCaller)!;
    const { pcm } = await read(requestOf(leg), { ...QUICK, holdLimitMs: 300 });
    assert.deepEqual(pcm, caller);
  });

  it("waits for a short last fragment where it knows when the call ends, and not with which fragment", async () => {
    const call = telephone.startCall(caller, callee, 40);
    while (!call.result().legs.some((leg) => leg.isCaller)) await new Promise(setImmediate);
    const leg = call.result().legs.find(({ isCaller }) => isCaller)!;
    // The last fragment is 60 ms long, less than what clocks may differ by.
    const end = new LegEnd({ timeMs: Date.parse(leg.startTime) + 10_300 });
    const { pcm, end: known } = await read(requestOf(leg, end), { ...QUICK, holdLimitMs: 60_000 });
    assert.deepEqual(pcm, caller);
    assert.equal(known.endProof, "endTime");
  });

  it("gives up after troubles that last", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "throttle", actions: ["kinesisvideo:GetMedia"] });
    await assert.rejects(
      read(requestOf(leg), { ...QUICK, troubleLimitMs: 60 }),
      (error) => error instanceof AwsCallError && error.kind === "throttled",
    );
  });

  it("does not repeat what is denied", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "deny", actions: ["kinesisvideo:GetMedia"] });
    await assert.rejects(
      read(requestOf(leg)),
      (error) => error instanceof AwsCallError && error.kind === "accessDenied",
    );
    assert.equal(callsOf("GetMedia"), 1);
  });

  it("finds the first fragment without knowing when the leg began", async () => {
    const leg = await callerLeg();
    for (const hours of [0, 24]) {
      if (hours) {
        await telephone.close();
        telephone = await startTelephone({ dataRetentionInHours: hours });
      }
      const here = hours ? await callerLeg() : leg;
      const { pcm } = await read({ ...requestOf(here), startTimeMs: undefined });
      assert.deepEqual(pcm, caller);
    }
  });

  describe("when aborted", () => {
    function connections(): number {
      return telephone.aws.control.state().streams.reduce((sum, stream) => sum + stream.liveConnections, 0);
    }

    it("stops while it waits for an endpoint", async () => {
      const leg = await callerLeg();
      telephone.aws.control.addFault({ kind: "latency", actions: ["kinesisvideo:GetDataEndpoint"], ms: 60_000 });
      const controller = new AbortController();
      const reading = read(requestOf(leg), QUICK, undefined, controller.signal);
      while (telephone.aws.control.faults()[0]!.struck === 0) await new Promise(setImmediate);
      controller.abort(new Error("enough"));
      await assert.rejects(reading, /enough/);
    });

    it("stops while it waits for an answer", async () => {
      const leg = await callerLeg();
      telephone.aws.control.addFault({ kind: "latency", actions: ["kinesisvideo:GetMedia"], ms: 60_000 });
      const controller = new AbortController();
      const reading = read(requestOf(leg), QUICK, undefined, controller.signal);
      while (telephone.aws.control.faults()[0]!.struck === 0) await new Promise(setImmediate);
      controller.abort(new Error("enough"));
      await assert.rejects(reading, /enough/);
    });

    it("stops while it waits for media, and leaves no connection behind", async () => {
      telephone.aws.control.change({ getMediaIdleEndMs: 60_000 });
      const leg = await callerLeg();
      const controller = new AbortController();
      const reading = read(requestOf(leg), QUICK, undefined, controller.signal);
      while (connections() === 0) await new Promise(setImmediate);
      controller.abort(new Error("enough"));
      await assert.rejects(reading, /enough/);
      while (connections() > 0) await new Promise(setImmediate);
    });

    it("stops while it waits before another attempt", async () => {
      const leg = await callerLeg();
      telephone.aws.control.addFault({ kind: "throttle", actions: ["kinesisvideo:GetMedia"] });
      const controller = new AbortController();
      const patient = { access: { ...telephone.access, retry: { baseMs: 60_000, maxMs: 60_000 } } };
      const reading = readLive(patient, requestOf(leg), QUICK, undefined, controller.signal);
      while (callsOf("GetMedia") === 0) await new Promise(setImmediate);
      await new Promise(setImmediate);
      controller.abort(new Error("enough"));
      await assert.rejects(reading, /enough/);
    });

    it("stops between two fragments", async () => {
      telephone.aws.control.change({ getMediaIdleEndMs: 60_000 });
      const leg = await callerLeg();
      const controller = new AbortController();
      const abort = () => controller.abort(new Error("enough"));
      await assert.rejects(read(requestOf(leg), QUICK, abort, controller.signal), /enough/);
      while (connections() > 0) await new Promise(setImmediate);
    });
  });
});
