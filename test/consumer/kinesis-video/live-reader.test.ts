import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { AwsCallError } from "../../../aws/call-error.js";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
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

const QUICK: LiveOptions = { quiescenceMs: 80, holdLimitMs: 150, troubleLimitMs: 2_000 };
const never = { switchedAway: () => false, hasBegun: () => true };

interface Read {
  pcm: Buffer;
  reads: LiveFragment[];
  end: LiveEnd;
}

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

  function requestOf(leg: CallLeg, end: LegEnd): LiveRequest {
    const { startFragmentNumber } = leg;
    const stream = parseStreamArn(leg.streamArn)!;
    return { stream, startFragmentNumber, startTimeMs: Date.parse(leg.startTime), end };
  }

  async function read(
    request: LiveRequest,
    options: LiveOptions = QUICK,
    onFragment: (read: LiveFragment) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<Read> {
    const reads: LiveFragment[] = [];
    const reading = new LiveReader(telephone.access, request, never, options).fragments(signal);
    for (;;) {
      const step = await reading.next();
      if (step.done) {
        const blocks = reads.flatMap(({ fragment }) => fragment?.blocks ?? []);
        return { reads, pcm: Buffer.concat(blocks.map(({ data }) => data)), end: step.value };
      }
      reads.push(step.value);
      onFragment(step.value);
    }
  }

  function numbersOf(reads: readonly LiveFragment[]): string[] {
    return reads.map(({ fragment }) => fragment?.fragmentNumber ?? "none");
  }

  function callsOf(action: string): number {
    return telephone.aws.control.calls().filter((call) => call.action.endsWith(action)).length;
  }

  it("begins with the first fragment, and gives the leg's audio as it was spoken", async () => {
    const leg = await callerLeg();
    const { pcm, reads, end } = await read(requestOf(leg, new LegEnd()));
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
    const { pcm, reads } = await read(requestOf(leg, new LegEnd()));
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
    ["an endpoint that is refused", { kind: "throttle", actions: ["kinesisvideo:GetDataEndpoint"], times: 2 }],
  ];
  for (const [title, fault] of troubles) {
    it(`loses and doubles nothing through ${title}`, async () => {
      const leg = await callerLeg();
      telephone.aws.control.addFault(fault);
      const { pcm, reads } = await read(requestOf(leg, new LegEnd()));
      assert.deepEqual(pcm, caller);
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
      read(requestOf(leg, new LegEnd()), { ...QUICK, holdLimitMs: 800 }),
      read(requestOf(leg, new LegEnd()), { ...QUICK, holdLimitMs: 800 }),
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
      return assert.rejects(read(requestOf(leg, new LegEnd()), QUICK, onFragment, controller.signal), /all are read/);
    });
    await Promise.all(readings);
  });

  it("asks for the endpoint again when a connection failed", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "failure", actions: ["kinesisvideo:GetMedia"], times: 1 });
    await read(requestOf(leg, new LegEnd()));
    assert.equal(callsOf("GetDataEndpoint"), 2);
  });

  it("passes over a fragment that Kinesis keeps answering with an error", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "errorTags", api: "GetMedia", atFragment: 0, times: 4 });
    const { reads } = await read(requestOf(leg, new LegEnd()));
    assert.deepEqual(
      reads.filter(({ failure }) => failure).map(({ failure }) => failure!.code),
      ["kinesis-5000"],
    );
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
    const { pcm } = await read(requestOf(leg, new LegEnd()), { ...QUICK, holdLimitMs: 300 });
    assert.deepEqual(pcm, caller);
  });

  it("gives up after troubles that last", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "throttle", actions: ["kinesisvideo:GetMedia"] });
    await assert.rejects(
      read(requestOf(leg, new LegEnd()), { ...QUICK, troubleLimitMs: 60 }),
      (error) => error instanceof AwsCallError && error.kind === "throttled",
    );
  });

  it("does not repeat what is denied", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "deny", actions: ["kinesisvideo:GetMedia"] });
    await assert.rejects(
      read(requestOf(leg, new LegEnd())),
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
      const { pcm } = await read({ ...requestOf(here, new LegEnd()), startTimeMs: undefined });
      assert.deepEqual(pcm, caller);
    }
  });

  it("stops when aborted, and leaves no connection behind", async () => {
    telephone.aws.control.change({ getMediaIdleEndMs: 60_000 });
    const leg = await callerLeg();
    const controller = new AbortController();
    await assert.rejects(
      read(requestOf(leg, new LegEnd()), QUICK, () => controller.abort(new Error("enough")), controller.signal),
      /enough/,
    );
  });
});
