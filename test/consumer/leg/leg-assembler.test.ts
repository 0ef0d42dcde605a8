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
import { documents, errorDocument, type FragmentPlan, oneDocument } from "../../streams/matroska-stream.js";

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
          assert.equal(report.complete, true);
          assert.deepEqual(report.transactions, [
            { transactionId: "call-one", voiceConnectorId: "vc-one", fragments: 5, samples: 8000 },
            { transactionId: "call-two", voiceConnectorId: "vc-two", fragments: 5, samples: 8000 },
          ]);
          // A session that begins with its tags leaves no doubt about where a call begins.
          assert.equal(report.boundaryUncertain, tags === "after");
        }
      });
    }

    it("keeps calls apart in one document, where tags come before their cluster", () => {
      const { second, plans } = twoCalls("session");
      const stripped = plans.map(({ timecodeMs, blocks, tagsBefore }) => ({ timecodeMs, blocks, tagsBefore }));
      const { pcm } = assemble(fragmentsOf(oneDocument(stripped)), { transactionId: "call-two" });
      assert.deepEqual(pcm, second.pcm);
    });

    it("lets a fragment without tags continue the run before it", () => {
      const { first, plans } = twoCalls("session", 30_000);
      delete plans[2]!.tagsAfter;
      delete plans[4]!.tagsAfter;
      const { pcm, report } = assemble(parsed(plans), { transactionId: "call-one" });
      assert.deepEqual(pcm, first.pcm);
      assert.equal(report.errors.length, 0);
    });

    it("leaves out a fragment without tags that is apart in time, and says so", () => {
      const call = plannedCall({ transactionId: "call-one", fragments: 3 });
      const stray = plannedCall({
        transactionId: "x",
        fragments: 1,
        tags: "none",
        firstNumber: 3,
        startMs: START_MS + 5000,
      });
      const { pcm, report } = assemble(parsed([...call.fragments, ...stray.fragments]), { transactionId: "call-one" });
      assert.deepEqual(pcm, call.pcm);
      assert.equal(report.unattributedFragments, 1);
      assert.deepEqual(
        report.errors.map(({ code }) => code),
        ["unattributed"],
      );
      assert.equal(report.complete, false);
    });

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

    it("calls the boundary uncertain where only trailing tags tell of the next call", () => {
      const { first, plans } = twoCalls("after");
      plans[4]!.tagsAfter = plans[5]!.tagsAfter!;
      const { pcm, report } = assemble(parsed(plans), { transactionId: "call-one" });
      assert.deepEqual(pcm, first.pcm.subarray(0, (first.pcm.length * 4) / 5));
      assert.equal(report.boundaryUncertain, true);
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

    it("goes by the Voice Connector, too", () => {
      const { second, plans } = twoCalls("before");
      assert.deepEqual(assemble(parsed(plans), { voiceConnectorId: "vc-two" }).pcm, second.pcm);
      assert.equal(
        assemble(parsed(plans), { transactionId: "call-one", voiceConnectorId: "vc-two" }).report.fragments,
        0,
      );
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

    it("takes a stream without any tags for one leg", () => {
      const call = plannedCall({ transactionId: "x", fragments: 4, tags: "none" });
      const { pcm, report } = assemble(parsed(call.fragments));
      assert.deepEqual(pcm, call.pcm);
      assert.equal(report.transactionId, undefined);
      assert.equal(report.complete, true);
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

    it("reports a gap and leaves it out with gaps: none", () => {
      const { pcm, report } = assemble(withoutFragments(2), {}, { gaps: "none" });
      assert.equal(pcm.length, call.pcm.length - fragmentBytes);
      assert.deepEqual(report.gaps, [{ atMs: 400, durationMs: 200 }]);
      assert.equal(report.silenceSamples, 0);
      assert.equal(report.samples, pcm.length / 2);
    });

    it("puts silence for blocks missing inside a fragment", () => {
      const plans = structuredClone(call.fragments);
      plans[1]!.blocks.splice(2, 6);
      const { pcm, report } = assemble(parsed(plans));
      const expected = Buffer.from(call.pcm);
      expected.fill(0, fragmentBytes + 2 * 320, fragmentBytes + 8 * 320);
      assert.deepEqual(pcm, expected);
      assert.deepEqual(report.gaps, [{ atMs: 240, durationMs: 120 }]);
    });

    it("puts nothing where the lag is 100 ms or less, and tells it as drift", () => {
      const plans = structuredClone(call.fragments);
      plans[5]!.blocks.splice(0, 5);
      const { pcm, report } = assemble(parsed(plans));
      assert.equal(pcm.length, call.pcm.length - 5 * 320);
      assert.deepEqual(report.gaps, []);
      assert.equal(report.driftMs, 100);
    });

    it("fills a lag that has grown beyond 100 ms from short blocks on an even grid", () => {
      const plans = structuredClone(call.fragments);
      for (const plan of plans) plan.blocks[3]!.data = plan.blocks[3]!.data.subarray(0, 16);
      const { pcm, report } = assemble(parsed(plans));
      // 19 ms are missing from each fragment: after six, 114.
      assert.deepEqual(report.gaps, [{ atMs: 966, durationMs: 114 }]);
      assert.equal(pcm.length / 2, 1200 * 8);
    });

    it("never drops samples where there are more of them than time, and tells it as negative drift", () => {
      const plans = structuredClone(call.fragments);
      for (const [i, plan] of plans.entries()) plan.producerMs! -= 15 * i;
      const { pcm, report } = assemble(parsed(plans));
      assert.deepEqual(pcm, call.pcm);
      assert.deepEqual(report.gaps, []);
      assert.equal(report.driftMs, -75);
    });

    it("goes on without a seam where the producer's clock is set back", () => {
      const plans = structuredClone(call.fragments);
      for (const plan of plans.slice(3)) plan.producerMs! -= 5000;
      const { pcm, report } = assemble(parsed(plans));
      assert.deepEqual(pcm, call.pcm);
      assert.deepEqual(report.clockSteps, [{ atMs: 600, byMs: -5000 }]);
      assert.equal(report.driftMs, 0);
    });

    it("keeps what was said after a clock was set back onto the grid of earlier fragments", () => {
      const plans = structuredClone(call.fragments);
      for (const plan of plans.slice(3)) plan.producerMs! -= 2 * FRAGMENT_MS;
      const { pcm, report } = assemble(parsed(plans));
      assert.deepEqual(pcm, call.pcm);
      assert.equal(report.replayedFragments, 0);
    });

    it("takes a gap beyond the longest one for a clock set forward", () => {
      const plans = structuredClone(call.fragments);
      for (const plan of plans.slice(3)) plan.producerMs! += 10_000_000;
      const { pcm, report } = assemble(parsed(plans), {}, { maxGapMs: 3_600_000 });
      assert.deepEqual(pcm, call.pcm);
      assert.deepEqual(report.gaps, []);
      assert.deepEqual(report.clockSteps, [{ atMs: 600, byMs: 10_000_000 }]);
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

    it("goes by the cluster's timecode where Kinesis says nothing of time", () => {
      const plans = call.fragments.map(({ timecodeMs, blocks }) => ({ timecodeMs: timecodeMs - START_MS, blocks }));
      plans.splice(2, 1);
      const { report } = assemble(fragmentsOf(oneDocument(plans)));
      assert.deepEqual(report.gaps, [{ atMs: 400, durationMs: 200 }]);
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

    it("drops fragments that were seen before", () => {
      const fragments = parsed(call.fragments);
      const { pcm, report } = assemble([...fragments.slice(0, 4), ...fragments.slice(2)]);
      assert.deepEqual(pcm, call.pcm);
      assert.equal(report.duplicateFragments, 2);
      assert.equal(report.fragments, 6);
      assert.equal(report.complete, true);
    });

    it("drops what the producer sends again under new numbers", () => {
      const replayed = call.fragments.slice(2, 4).map((plan, i) => ({ ...plan, number: fragmentNumber(10 + i) }));
      const rest = call.fragments.slice(4).map((plan, i) => ({ ...plan, number: fragmentNumber(12 + i) }));
      const { pcm, report } = assemble(parsed([...call.fragments.slice(0, 4), ...replayed, ...rest]));
      assert.deepEqual(pcm, call.pcm);
      assert.equal(report.replayedFragments, 2);
      assert.deepEqual(report.clockSteps, []);
      assert.deepEqual(report.gaps, []);
    });

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

    it("takes the track that is named, wherever it is in each fragment", () => {
      for (const [i, track] of ["AUDIO_FROM_CUSTOMER", "AUDIO_TO_CUSTOMER"].entries()) {
        const { pcm, report } = assemble(fragments, { track });
        assert.deepEqual(pcm, Buffer.concat([audio[i]!, audio[i]!]));
        assert.equal(report.blocks, 2);
      }
    });

    it("takes a track by number", () => {
      assert.deepEqual(assemble(fragments.slice(0, 1), { track: 2 }).pcm, audio[1]);
      assert.deepEqual(assemble(fragments.slice(0, 1), { track: "2" }).pcm, audio[1]);
    });

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
