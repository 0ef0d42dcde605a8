import assert from "node:assert/strict";
import {
  LegAssembler,
  type LegAssemblerOptions,
  type LegReport,
  type LegSelection,
} from "../../../consumer/leg/leg-assembler.js";
import { LegError } from "../../../consumer/leg/leg-error.js";
import type { Fragment } from "../../../consumer/matroska/fragment.js";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { type CallPlan, fragmentNumber, noise, type PlannedCall, plannedCall } from "../../streams/call.js";
import { documents, errorDocument, type FragmentPlan } from "../../streams/matroska-stream.js";

const START_MS = 1_700_000_000_000;
const FRAGMENT_MS = 200;

function fragmentsOf(...streams: Uint8Array[]): Fragment[] {
  const parser = new FragmentParser();
  const fragments = streams.flatMap((stream) => parser.feed(stream));
  return [...fragments, ...parser.end()];
}

function parsed(plans: FragmentPlan[]): Fragment[] {
  return fragmentsOf(...documents(plans));
}

interface Assembled {
  pcm: Buffer;
  report: LegReport;
  assembler: LegAssembler;
}

function assemble(fragments: Fragment[], selection: LegSelection = {}, options?: LegAssemblerOptions): Assembled {
  const assembler = new LegAssembler(selection, options);
  const pcm = fragments.flatMap((fragment) => assembler.push(fragment));
  return { pcm: Buffer.concat(pcm), report: assembler.report(), assembler };
}

/** Two calls on one stream: five fragments each, the second right behind the first or `pauseMs` later. */
function twoCalls(
  tags: CallPlan["tags"],
  pauseMs = 0,
): { first: PlannedCall; second: PlannedCall; plans: FragmentPlan[] } {
  const first = plannedCall({ transactionId: "call-one", fragments: 5, tags, seed: 1 });
  const second = plannedCall({
    transactionId: "call-two",
    voiceConnectorId: "vc-two",
    fragments: 5,
    tags,
    seed: 2,
    firstNumber: 5,
    startMs: START_MS + 5 * FRAGMENT_MS + pauseMs,
  });
  return { first, second, plans: [...first.fragments, ...second.fragments] };
}

describe("LegAssembler", () => {
  describe("choosing fragments", () => {
    for (const tags of ["before", "after", "session"] as const) {
      it(`keeps two calls on one stream apart, tags ${tags} the cluster`, () => {
        const { first, second, plans } = twoCalls(tags);
        for (const [transactionId, call] of [
          ["call-one", first],
          ["call-two", second],
        ] as const) {
          const { pcm, report } = assemble(parsed(plans), { transactionId });
          assert.deepEqual(pcm, call.pcm);
          assert.equal(report.complete, tags !== "after");
          assert.deepEqual(report.transactions, [
            { transactionId: "call-one", voiceConnectorId: "vc-one", fragments: 5, samples: 8000 },
            { transactionId: "call-two", voiceConnectorId: "vc-two", fragments: 5, samples: 8000 },
          ]);
          // A session that begins with its tags leaves no doubt about where a call begins.
          assert.equal(report.boundaryUncertain, tags === "after");
        }
      });
    }

    it("takes the event's bounds for surer than tags that trail", () => {
      const { first, second, plans } = twoCalls("after");
      // The producer wrote the second call's tags before its first cluster: they are shown behind the first call's last one.
      plans[4]!.tagsAfter = plans[5]!.tagsAfter!;
      const end = plans[4]!.number!;
      const one = assemble(parsed(plans), {
        transactionId: "call-one",
        startFragmentNumber: plans[0]!.number!,
        endFragmentNumber: end,
      });
      assert.deepEqual(one.pcm, first.pcm);
      assert.equal(one.report.boundaryUncertain, false);
      assert.equal(one.report.complete, true);
      const two = assemble(parsed(plans), { transactionId: "call-two", startFragmentNumber: plans[5]!.number! });
      assert.deepEqual(two.pcm, second.pcm);
      assert.equal(two.report.boundaryUncertain, false);
    });

    it("takes fragments inside both bounds without any tags", () => {
      const call = plannedCall({ transactionId: "x", fragments: 6, tags: "none" });
      const [from, to] = [call.fragments[1]!.number!, call.fragments[4]!.number!];
      const selection = { transactionId: "call-one", startFragmentNumber: from, endFragmentNumber: to };
      const { pcm, report } = assemble(parsed(call.fragments), selection);
      assert.deepEqual(pcm, call.pcm.subarray(call.pcm.length / 6, (call.pcm.length * 5) / 6));
      assert.equal(report.firstFragmentNumber, from);
      assert.equal(report.lastFragmentNumber, to);
    });

    it("reports a fragment inside the bounds whose session began as another call's", () => {
      const call = plannedCall({ transactionId: "call-one", fragments: 3, tags: "before" });
      call.fragments[1]!.tagsBefore = { TransactionId: "call-two" };
      const selection = {
        transactionId: "call-one",
        startFragmentNumber: call.fragments[0]!.number!,
        endFragmentNumber: call.fragments[2]!.number!,
      };
      const { report } = assemble(parsed(call.fragments), selection);
      assert.deepEqual(
        report.errors.map(({ code }) => code),
        ["transactionConflict"],
      );
    });

    it("compares fragment numbers by value", () => {
      const call = plannedCall({ transactionId: "call-one", fragments: 3 });
      for (const [i, number] of ["9", "10", "11"].entries()) call.fragments[i]!.number = number;
      const { report } = assemble(parsed(call.fragments), { transactionId: "call-one", startFragmentNumber: "10" });
      assert.equal(report.fragments, 2);
    });

    it("follows the first call where none is asked for, and notices the next one", () => {
      const { first, plans } = twoCalls("session");
      const fragments = parsed(plans);
      const assembler = new LegAssembler({});
      for (const fragment of fragments.slice(0, 5)) assembler.push(fragment);
      assert.equal(assembler.switchedAway, false);
      assembler.push(fragments[5]!);
      assert.equal(assembler.switchedAway, true);
      assert.equal(assembler.report().transactionId, "call-one");
      assert.equal(assembler.report().samples, first.pcm.length / 2);
    });

    it("notices the next call also where the bounds exclude it", () => {
      const { plans } = twoCalls("session");
      const selection = {
        transactionId: "call-one",
        startFragmentNumber: plans[0]!.number!,
        endFragmentNumber: plans[4]!.number!,
      };
      assert.equal(assemble(parsed(plans), selection).assembler.switchedAway, true);
    });

    it("counts an untagged beginning to the call that it runs into, and calls that uncertain", () => {
      const call = plannedCall({ transactionId: "call-one", fragments: 4, tags: "after" });
      delete call.fragments[0]!.tagsAfter;
      const { pcm, report } = assemble(parsed(call.fragments));
      assert.deepEqual(pcm, call.pcm);
      assert.equal(report.boundaryUncertain, true);
      assert.equal(assemble(parsed(call.fragments), { transactionId: "call-one" }).report.fragments, 3);
    });

    it("does not join an untagged beginning and a call whose session begins after it", () => {
      const stray = plannedCall({ transactionId: "x", fragments: 2, tags: "none" });
      const call = plannedCall({ transactionId: "call-one", fragments: 3, firstNumber: 2, startMs: START_MS + 400 });
      const { pcm, report, assembler } = assemble(parsed([...stray.fragments, ...call.fragments]));
      assert.deepEqual(pcm, stray.pcm);
      assert.equal(report.transactions.length, 2);
      assert.equal(assembler.switchedAway, true);
    });
  });

  describe("on the time axis", () => {
    const call = plannedCall({ transactionId: "call-one", fragments: 6 });
    const fragmentBytes = call.pcm.length / 6;

    function withoutFragments(...indexes: number[]): Fragment[] {
      return parsed(call.fragments.filter((_, i) => !indexes.includes(i)));
    }

    it("puts silence where a fragment is missing, to the millisecond", () => {
      const { pcm, report } = assemble(withoutFragments(2, 3));
      const expected = Buffer.from(call.pcm);
      expected.fill(0, 2 * fragmentBytes, 4 * fragmentBytes);
      assert.deepEqual(pcm, expected);
      assert.deepEqual(report.gaps, [{ atMs: 400, durationMs: 400 }]);
      assert.equal(report.silenceSamples, 3200);
      assert.equal(report.samples, 9600);
      assert.equal(report.durationMs, 1200);
      assert.equal(report.driftMs, 0);
    });

    it("fills a lag that has grown beyond 100 ms from short blocks on an even grid", () => {
      const plans = structuredClone(call.fragments);
      for (const plan of plans) plan.blocks[3]!.data = plan.blocks[3]!.data.subarray(0, 16);
      const { pcm, report } = assemble(parsed(plans));
      // 19 ms are missing from each fragment: after six, 114.
      assert.deepEqual(report.gaps, [{ atMs: 966, durationMs: 114 }]);
      assert.equal(pcm.length / 2, 1200 * 8);
    });

    it("keeps what was said after a clock was set back onto the grid of earlier fragments", () => {
      const plans = structuredClone(call.fragments);
      for (const plan of plans.slice(3)) plan.producerMs! -= 2 * FRAGMENT_MS;
      const { pcm, report } = assemble(parsed(plans));
      assert.deepEqual(pcm, call.pcm);
      assert.equal(report.replayedFragments, 0);
    });

    it("gives hours of silence without taking memory for them", () => {
      const plans = structuredClone(call.fragments.slice(0, 2));
      plans[1]!.producerMs! += 3 * 3_600_000;
      const assembler = new LegAssembler({});
      const pieces = parsed(plans).flatMap((fragment) => assembler.push(fragment));
      const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
      assert.equal(bytes, 2 * 8 * (3 * 3_600_000 + 400));
      assert.ok(new Set(pieces.map((piece) => piece.buffer)).size <= 4);
    });

    it("goes by the producer's time where cluster timecodes count from the session's beginning", () => {
      const plans = call.fragments.map((plan) => ({ ...plan, timecodeMs: plan.timecodeMs - START_MS }));
      plans.splice(2, 1);
      const { report } = assemble(parsed(plans));
      assert.deepEqual(report.gaps, [{ atMs: 400, durationMs: 200 }]);
      assert.equal(report.firstProducerTimestampMs, START_MS);
      assert.equal(report.lastProducerTimestampMs, START_MS + 1000);
      assert.equal(report.mediaEndMs, START_MS + 1200);
    });
  });

  describe("on what comes twice", () => {
    const call = plannedCall({ transactionId: "call-one", fragments: 6 });

    for (const again of ["under its number", "under a new number"] as const) {
      it(`takes the rest of a fragment that was cut off from the copy that comes ${again}`, () => {
        const cut = documents(call.fragments);
        const third = cut[2]!;
        const half = third.indexOf(call.pcm.subarray(25 * 320, 26 * 320)) + 100;
        const number = again === "under its number" ? call.fragments[2]!.number! : fragmentNumber(9);
        const copy = documents([{ ...call.fragments[2]!, number }])[0]!;
        const fragments = [
          ...fragmentsOf(cut[0]!, cut[1]!, third.subarray(0, half)),
          ...fragmentsOf(
            copy,
            ...documents(call.fragments.slice(3).map((plan, i) => ({ ...plan, number: fragmentNumber(10 + i) }))),
          ),
        ];
        const { pcm, report } = assemble(fragments);
        assert.deepEqual(pcm, call.pcm);
        assert.deepEqual(report.gaps, []);
        assert.equal(report.errors[0]?.code, "truncated");
      });
    }

    it("says where an earlier fragment comes after a later one, and keeps it", () => {
      const fragments = parsed(call.fragments);
      const { pcm, report } = assemble([fragments[0]!, fragments[2]!, fragments[1]!]);
      assert.ok(pcm.length > (call.pcm.length * 3) / 6);
      assert.deepEqual(
        report.errors.map(({ code }) => code),
        ["outOfOrder"],
      );
      assert.equal(report.complete, false);
    });
  });

  describe("on errors", () => {
    it("lists error chunks and damage with their offsets, and claims no completeness", () => {
      const call = plannedCall({ transactionId: "call-one", fragments: 3 });
      const [a, b, c] = documents(call.fragments);
      const error = errorDocument({
        AWS_KINESISVIDEO_ERROR_ID: "4501",
        AWS_KINESISVIDEO_ERROR_CODE: "KMS_KEY_DISABLED",
      });
      const { pcm, report } = assemble(fragmentsOf(a!, error, b!, c!.subarray(0, c!.length - 400)));
      assert.ok(call.pcm.subarray(0, pcm.length).equals(pcm));
      assert.deepEqual(
        report.errors.map(({ code, offset }) => [code, offset]),
        [
          ["KMS_KEY_DISABLED", a!.length],
          ["truncated", report.errors[1]!.offset],
        ],
      );
      assert.equal(report.complete, false);
    });

    it("leaves out half a sample at a block's end, and says so", () => {
      const call = plannedCall({ transactionId: "call-one", fragments: 1 });
      call.fragments[0]!.tracks = [{ number: 1 }];
      call.fragments[0]!.blocks[4]!.data = call.fragments[0]!.blocks[4]!.data.subarray(0, 319);
      const { pcm, report } = assemble(parsed(call.fragments));
      assert.equal(pcm.length, call.pcm.length - 2);
      assert.equal(report.errors[0]!.code, "halfSample");
    });

    it("claims nothing where nothing was found", () => {
      const { report } = assemble([], { transactionId: "call-one" });
      assert.equal(report.complete, false);
      assert.equal(report.samples, 0);
    });
  });

  describe("on tracks", () => {
    const tracks = [
      { number: 1, name: "AUDIO_FROM_CUSTOMER" },
      { number: 2, name: "AUDIO_TO_CUSTOMER" },
    ];
    const audio = [noise(1600, 21), noise(1600, 22)];
    const plan = (timecodeMs: number, order: typeof tracks, numbers: [number, number]): FragmentPlan => ({
      timecodeMs,
      producerMs: timecodeMs,
      tracks: order.map((track) => ({ ...track, number: numbers[tracks.indexOf(track)]! })),
      blocks: numbers.map((track, i) => ({ track, relativeMs: 0, data: audio[i]! })),
    });
    // The second fragment has the tracks in another order, with other numbers.
    const fragments = parsed([plan(START_MS, tracks, [1, 2]), plan(START_MS + 200, [tracks[1]!, tracks[0]!], [2, 1])]);

    it("refuses to choose between audio tracks, and lists them", () => {
      assert.throws(
        () => assemble(fragments),
        (error: unknown) => {
          assert.ok(error instanceof LegError);
          assert.equal(error.code, "severalTracks");
          assert.match(error.message, /AUDIO_FROM_CUSTOMER \(1\), AUDIO_TO_CUSTOMER \(2\)/);
          return true;
        },
      );
    });

    it("puts out nothing for a track that is not there, and tells which are", () => {
      const { report } = assemble(fragments, { track: "nobody" });
      assert.equal(report.samples, 0);
      assert.equal(report.track, undefined);
      assert.deepEqual(
        report.tracks.slice(0, 2).map(({ name }) => name),
        ["AUDIO_FROM_CUSTOMER", "AUDIO_TO_CUSTOMER"],
      );
    });
  });

  it("reads fragments that no parser made", () => {
    const data = [noise(160, 31), noise(160, 32)];
    const fragment: Fragment = {
      offset: 0,
      bytes: 1000,
      fragmentNumber: "1",
      producerTimestampMs: START_MS,
      tracks: [{ number: 1, type: 2 }],
      tagsBefore: new Map([["TransactionId", "call-one"]]),
      tagsAfter: new Map(),
      blocks: data.map((bytes, i) => ({ trackNumber: 1, timecodeMs: START_MS + 20 * i, data: bytes })),
    };
    const { pcm, report } = assemble([fragment], { transactionId: "call-one" });
    assert.deepEqual(pcm, Buffer.concat(data));
    assert.equal(report.mediaEndMs, START_MS + 40);
  });
});
