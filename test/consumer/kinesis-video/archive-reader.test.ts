import assert from "node:assert/strict";
import { AwsCallError } from "../../../aws/call-error.js";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import {
  type ArchiveEnd,
  type ArchiveOptions,
  ArchiveReader,
  type ArchiveRequest,
} from "../../../consumer/kinesis-video/archive-reader.js";
import { ArchiveUnavailable, listFragments } from "../../../consumer/kinesis-video/fragment-listing.js";
import type { ReadFragment } from "../../../consumer/kinesis-video/fragment-media.js";
import type { CallLeg, FaultInput } from "../../../local-aws/index.js";
import { speech, startTelephone, type Telephone } from "../telephone.js";

const QUICK: ArchiveOptions = { quiescenceMs: 60, settlingMs: 40, endLimitMs: 2_000, relistMs: 20 };
const always = { switchedAway: () => false, hasBegun: () => true };

interface Read {
  pcm: Buffer;
  reads: ReadFragment[];
  end: ArchiveEnd;
}

describe("ArchiveReader", () => {
  let telephone: Telephone;
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  beforeEach(async () => {
    telephone = await startTelephone();
  });

  afterEach(() => telephone.close());

  function requestOf(leg: CallLeg, more: Partial<ArchiveRequest> = {}): ArchiveRequest {
    const fromMs = Date.parse(leg.startTime) - 60_000;
    const toMs = Date.parse(leg.endTime) + 60_000;
    const bounds = { startFragmentNumber: leg.startFragmentNumber };
    return { stream: parseStreamArn(leg.streamArn)!, range: { by: "server", fromMs, toMs }, bounds, ...more };
  }

  async function read(
    request: ArchiveRequest,
    options = QUICK,
    progress = always,
    signal?: AbortSignal,
  ): Promise<Read> {
    const reads: ReadFragment[] = [];
    const reading = new ArchiveReader(telephone.access, request, progress, options).fragments(signal);
    for (;;) {
      const step = await reading.next();
      if (step.done) {
        const blocks = reads.flatMap(({ fragment }) => fragment?.blocks ?? []);
        return { reads, pcm: Buffer.concat(blocks.map(({ data }) => data)), end: step.value };
      }
      reads.push(step.value);
    }
  }

  async function lastNumber(leg: CallLeg): Promise<string> {
    const { stream, range } = requestOf(leg);
    return (await listFragments(telephone.access, stream, range)).at(-1)!.fragmentNumber;
  }

  async function callerLeg(): Promise<CallLeg> {
    return (await telephone.call(caller, callee)).legs.find((leg) => leg.isCaller)!;
  }

  function callsOf(action: string): number {
    return telephone.aws.control.calls().filter((call) => call.action.endsWith(action)).length;
  }

  /** As if a fragment lasted longer than the media that comes of it. */
  function tellLength(fragmentNumber: string, FragmentLengthInMilliseconds: number) {
    const { clients } = telephone.access;
    const archived = clients.archived.bind(clients);
    clients.archived = (...where) => {
      const client = archived(...where);
      const send = client.send.bind(client) as (...given: unknown[]) => Promise<Record<string, unknown>>;
      return Object.assign(Object.create(client), {
        send: async (...given: unknown[]) => {
          const answer = await send(...given);
          const fragments = answer.Fragments as { FragmentNumber: string }[] | undefined;
          const Fragments = fragments?.map((one) =>
            one.FragmentNumber === fragmentNumber ? { ...one, FragmentLengthInMilliseconds } : one,
          );
          return { ...answer, ...(Fragments && { Fragments }) };
        },
      });
    };
    return { mediaCalls: () => callsOf("GetMediaForFragmentList") };
  }

  it("gives the leg's audio as it was spoken, in order", async () => {
    const leg = await callerLeg();
    const bounds = { startFragmentNumber: leg.startFragmentNumber, endFragmentNumber: await lastNumber(leg) };
    const { pcm, end } = await read(requestOf(leg, { bounds }));
    assert.deepEqual(pcm, caller);
    assert.equal(end.endProof, "endedEvent");
    assert.equal(end.listed.length, 11);
  });

  it("waits for the fragment that ENDED names, and reads each fragment once", async () => {
    const leg = await callerLeg();
    const bounds = { startFragmentNumber: leg.startFragmentNumber, endFragmentNumber: await lastNumber(leg) };
    telephone.aws.control.change({ listFragmentsLagMs: 300 });
    const { pcm, end, reads } = await read(requestOf(leg, { bounds }), { ...QUICK, quiescenceMs: 5_000 });
    assert.deepEqual(pcm, caller);
    assert.equal(end.endProof, "endedEvent");
    assert.equal(reads.length, 11);
  });

  it("believes the time of the end only after the listing has settled", async () => {
    const leg = await callerLeg();
    const settlingMs = 80;
    const { end } = await read(requestOf(leg, { endTimeMs: Date.parse(leg.endTime) }), { ...QUICK, settlingMs });
    assert.equal(end.endProof, "endTime");
    assert(end.unchangedMs >= settlingMs);
  });

  it("believes the next transaction only after the listing has settled", async () => {
    const leg = await callerLeg();
    const settlingMs = 80;
    const switched = { switchedAway: () => true, hasBegun: () => true };
    const { end } = await read(requestOf(leg), { ...QUICK, settlingMs }, switched);
    assert.equal(end.endProof, "nextTransaction");
    assert(end.unchangedMs >= settlingMs);
  });

  it("does not take silence for an end that is still to be told", async () => {
    const leg = await callerLeg();
    const { pcm, end } = await read(requestOf(leg, { silenceProves: false }));
    assert.deepEqual(pcm, caller);
    assert.equal(end.endProof, "none");
  });

  it("does not count the time that reading takes against the wait for the end", async () => {
    const leg = await callerLeg();
    telephone.aws.control.change({ archiveFragmentsPerSecond: 50 });
    const { pcm, end } = await read(requestOf(leg), { ...QUICK, quiescenceMs: 90, endLimitMs: 100 });
    assert.deepEqual(pcm, caller);
    assert.equal(end.endProof, "quiescence");
  });

  it("asks again for a fragment that is shorter than it is listed, and then says that it is", async () => {
    const leg = await callerLeg();
    const bounds = { startFragmentNumber: leg.startFragmentNumber, endFragmentNumber: await lastNumber(leg) };
    const send = tellLength(leg.startFragmentNumber!, 2_000);
    const { pcm, reads } = await read(requestOf(leg, { bounds }));
    assert.deepEqual(pcm, caller);
    assert.deepEqual(
      reads.map(({ failure }) => failure?.code),
      ["shorterThanListed", ...Array.from({ length: 10 })],
    );
    assert(send.mediaCalls() > 1);
  });

  it("takes two equal listings for the end where no event names one", async () => {
    const leg = await callerLeg();
    const { pcm, end } = await read(requestOf(leg));
    assert.deepEqual(pcm, caller);
    assert.equal(end.endProof, "quiescence");
    assert(callsOf("ListFragments") >= 2);
  });

  it("takes media up to the time of the end for a proof", async () => {
    const leg = await callerLeg();
    const { end } = await read(requestOf(leg, { endTimeMs: Date.parse(leg.endTime) }), {
      ...QUICK,
      quiescenceMs: 9_000,
    });
    assert.equal(end.endProof, "endTime");
  });

  it("says that the end is not proven when its time is over", async () => {
    const leg = await callerLeg();
    const bounds = { startFragmentNumber: leg.startFragmentNumber, endFragmentNumber: "9".repeat(47) };
    const { pcm, end } = await read(requestOf(leg, { bounds }), { ...QUICK, quiescenceMs: 9_000, endLimitMs: 50 });
    assert.deepEqual(pcm, caller);
    assert.equal(end.endProof, "none");
  });

  it("confirms a hole in the listing before it believes the end", async () => {
    telephone.aws.control.addFault({ kind: "dropFragments", leg: "caller", fragments: [4] });
    const leg = await callerLeg();
    const bounds = { startFragmentNumber: leg.startFragmentNumber, endFragmentNumber: await lastNumber(leg) };
    const { end, reads } = await read(requestOf(leg, { bounds }));
    assert.equal(end.endProof, "endedEvent");
    assert.equal(reads.length, 10);
    assert(callsOf("ListFragments") >= 2);
  });

  const troubles: [title: string, fault: FaultInput][] = [
    ["a connection that breaks in the middle of a block", { kind: "reset", atFragment: 3, times: 1 }],
    ["an answer that ends early", { kind: "endOfFile", atFragment: 5, times: 1 }],
    ["error tags in place of a fragment", { kind: "errorTags", sequence: 2, times: 2 }],
    ["an answer that ends between two blocks", { kind: "cutBetweenBlocks", atFragment: 2, times: 2 }],
    ["an answer that ends inside the tags", { kind: "cutInTags", atFragment: 2, times: 2 }],
    ["an answer that stops inside a fragment", { kind: "stall", atFragment: 2, times: 2 }],
    ["an answer that comes byte by byte", { kind: "trickle", atFragment: 1, times: 1 }],
    ["an answer that is no HTTP any more", { kind: "garbledTransfer", atFragment: 2, times: 2 }],
    ["an endpoint that is dead", { kind: "deadEndpoint", times: 1 }],
    ["a fragment that is missing at first", { kind: "errorTags", sequence: 4, errorId: 4000, times: 2 }],
    ["throttling", { kind: "throttle", actions: ["kinesisvideo:*"], times: 5 }],
    ["internal failures", { kind: "failure", actions: ["kinesisvideo:*"], times: 5 }],
    ["an answer that is lost", { kind: "lostAnswer", actions: ["kinesisvideo:ListFragments"], times: 1 }],
  ];
  for (const [title, fault] of troubles) {
    it(`loses and doubles nothing through ${title}`, async () => {
      const leg = await callerLeg();
      const bounds = { startFragmentNumber: leg.startFragmentNumber, endFragmentNumber: await lastNumber(leg) };
      telephone.aws.control.addFault(fault);
      const { pcm, reads } = await read(requestOf(leg, { bounds }), { ...QUICK, stallMs: 100 });
      assert.deepEqual(pcm, caller);
      assert.deepEqual(telephone.aws.control.faults(), [], "it has struck as often as it was to");
      assert.deepEqual(
        reads.filter(({ failure }) => failure),
        [],
      );
    });
  }

  it("reports a fragment that Kinesis keeps answering with an error, and gives all others", async () => {
    const leg = await callerLeg();
    const bounds = { startFragmentNumber: leg.startFragmentNumber, endFragmentNumber: await lastNumber(leg) };
    // Asked for alone, it is the first of every later answer.
    telephone.aws.control.addFault({ kind: "errorTags", api: "GetMediaForFragmentList", atFragment: 0, errorId: 3002 });
    const { reads } = await read(requestOf(leg, { bounds }));
    assert.equal(reads.length, 11);
    const failed = reads.filter(({ failure }) => failure);
    assert.deepEqual(
      failed.map(({ listed, failure }) => [listed.fragmentNumber, failure!.code]),
      [[leg.startFragmentNumber, "kinesis-3002"]],
    );
  });

  const breakages = ["reset", "endOfFile", "cutInTags", "garbledTransfer", "errorTags", "stall"] as const;
  for (const kind of breakages) {
    it(`gives all others where the answer always breaks off at three fragments (${kind})`, async () => {
      const leg = await callerLeg();
      const bounds = { startFragmentNumber: leg.startFragmentNumber, endFragmentNumber: await lastNumber(leg) };
      const { stream, range } = requestOf(leg);
      const numbers = (await listFragments(telephone.access, stream, range)).map((one) => one.fragmentNumber);
      for (const sequence of [3, 4, 8]) {
        telephone.aws.control.addFault({ kind, api: "GetMediaForFragmentList", sequence });
      }
      const { reads } = await read(requestOf(leg, { bounds }), { ...QUICK, stallMs: 30, fruitlessAttempts: 2 });
      const isWhole = (one: ReadFragment) => one.fragment !== undefined && one.failure === undefined;
      assert.deepEqual(
        reads.map((one) => one.listed.fragmentNumber),
        numbers,
      );
      assert.deepEqual(
        reads.flatMap((one, i) => (isWhole(one) ? [] : [i])),
        [3, 4, 8],
      );
      assert(callsOf("GetMediaForFragmentList") <= 3 * 2 + 8);
    });
  }

  it("does not ask for ever where every answer breaks off", async () => {
    const { legs } = await telephone.call(speech(1, 100_000), callee);
    const leg = legs.find(({ isCaller }) => isCaller)!;
    telephone.aws.control.addFault({ kind: "endOfFile", api: "GetMediaForFragmentList", atFragment: 0 });
    const bounds = { startFragmentNumber: leg.startFragmentNumber, endFragmentNumber: await lastNumber(leg) };
    const { reads } = await read(requestOf(leg, { bounds }));
    assert.equal(reads.filter(({ failure }) => failure).length, 98);
    assert.equal(callsOf("GetMediaForFragmentList"), 64);
  });

  it("waits longer for a listing whose beginning was not told than for one that begins as told", async () => {
    const leg = await callerLeg();
    let nowMs = Date.now();
    const clock = {
      now: () => nowMs,
      sleep: async (ms: number) => {
        nowMs += ms;
      },
    };
    Object.assign(telephone.access, { clock });
    const waited: number[] = [];
    for (const startFragmentNumber of [leg.startFragmentNumber, undefined]) {
      const bounds = { startFragmentNumber };
      const { end } = await read(requestOf(leg, { bounds, endTimeMs: Date.parse(leg.endTime) }), {});
      assert.equal(end.endProof, "endTime");
      waited.push(end.unchangedMs);
    }
    assert.deepEqual(waited, [2_000, 5_000]);
  });

  it("names kms:Decrypt when the stream's key may not be used", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "errorTags", api: "GetMediaForFragmentList", errorId: 4500 });
    await assert.rejects(
      read(requestOf(leg)),
      (error) => error instanceof AwsCallError && error.action === "kms:Decrypt" && error.kind === "accessDenied",
    );
  });

  it("names the action that is denied", async () => {
    const leg = await callerLeg();
    telephone.aws.control.addFault({ kind: "deny", actions: ["kinesisvideo:GetMediaForFragmentList"] });
    await assert.rejects(
      read(requestOf(leg)),
      (error) => error instanceof AwsCallError && error.action === "kinesisvideo:GetMediaForFragmentList",
    );
  });

  it("says of a stream without retention that nothing is archived", async () => {
    await telephone.setRetention(0);
    const leg = await callerLeg();
    await assert.rejects(
      read(requestOf(leg)),
      (error) => error instanceof ArchiveUnavailable && error.reason === "retentionZero",
    );
  });

  it("reads on after what a live reader has received", async () => {
    const leg = await callerLeg();
    const { stream, range } = requestOf(leg);
    const listed = await listFragments(telephone.access, stream, range);
    const fragmentNumbers = new Set(listed.slice(0, 7).map(({ fragmentNumber }) => fragmentNumber));
    const received = { fragmentNumbers, last: listed[6]!.fragmentNumber };
    const { reads } = await read(requestOf(leg, { received }));
    assert.deepEqual(
      reads.map((one) => one.listed.fragmentNumber),
      listed.slice(7).map(({ fragmentNumber }) => fragmentNumber),
    );
  });

  it("refuses to go on where a live reader missed something", async () => {
    const leg = await callerLeg();
    const { stream, range } = requestOf(leg);
    const listed = await listFragments(telephone.access, stream, range);
    const fragmentNumbers = new Set([...listed.slice(0, 3), ...listed.slice(4, 7)].map((one) => one.fragmentNumber));
    const received = { fragmentNumbers, last: listed[6]!.fragmentNumber };
    await assert.rejects(read(requestOf(leg, { received })), { name: "ListingChanged" });
  });

  it("gives up its connection when aborted", async () => {
    const leg = await callerLeg();
    telephone.aws.control.change({ archiveFragmentsPerSecond: 10 });
    const controller = new AbortController();
    const reading = new ArchiveReader(telephone.access, requestOf(leg), always, QUICK).fragments(controller.signal);
    await reading.next();
    controller.abort(new Error("enough"));
    await assert.rejects(async () => {
      for (let step = await reading.next(); !step.done; step = await reading.next());
    }, /enough/);
  });
});

describe("listFragments", () => {
  it("collects all pages, in order, each fragment once", async () => {
    const telephone = await startTelephone({ settings: { fragmentMs: 64 } });
    try {
      const { legs } = await telephone.call(speech(1, 100_000), speech(2, 1_000));
      const leg = legs.find(({ isCaller }) => isCaller)!;
      const stream = parseStreamArn(leg.streamArn)!;
      const range = { by: "producer", fromMs: 0, toMs: Date.parse(leg.endTime) } as const;
      const listed = await listFragments(telephone.access, stream, range);
      assert.equal(listed.length, Math.ceil(100_000 / 64));
      const numbers = listed.map(({ fragmentNumber }) => BigInt(fragmentNumber));
      assert(numbers.every((number, i) => i === 0 || number > numbers[i - 1]!));
    } finally {
      await telephone.close();
    }
  });
});
