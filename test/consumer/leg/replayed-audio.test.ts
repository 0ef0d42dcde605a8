import assert from "node:assert/strict";
import fc from "fast-check";
import { LegAssembler, type LegReport } from "../../../consumer/leg/leg-assembler.js";
import type { Fragment } from "../../../consumer/matroska/fragment.js";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { openOffice } from "../../local-aws/office.js";
import { noise } from "../../streams/call.js";

const START_MS = 1_700_000_000_000;
const BLOCK_MS = 64;
const BYTES_PER_MS = 16;

/** With a WAVEFORMATEX: A-law, one channel, 8 kHz, 8 bits. */
const ALAW_TRACK = {
  number: 1,
  type: 2,
  codecId: "A_MS/ACM",
  codecPrivate: Buffer.from("06000100401f0000401f0000010008000000", "hex"),
};

interface Cut {
  fromMs: number;
  toMs: number;
  /** Producer time of `fromMs`, if it is not what the audio's place says. */
  atMs?: number;
  blockMs?: number;
}

type Cuts = readonly (Cut | readonly [fromMs: number, toMs: number])[];

function fragmentsOf(pcm: Buffer, cuts: Cuts, bytesPerMs = BYTES_PER_MS): Fragment[] {
  return cuts.map((given, index) => {
    const cut: Cut = "fromMs" in given ? given : { fromMs: given[0], toMs: given[1] };
    const { fromMs, toMs, atMs = fromMs, blockMs = BLOCK_MS } = cut;
    const blocks = [];
    for (let ms = fromMs; ms < toMs; ms += blockMs) {
      const data = pcm.subarray(ms * bytesPerMs, Math.min(ms + blockMs, toMs) * bytesPerMs);
      blocks.push({ trackNumber: 1, timecodeMs: START_MS + atMs + ms - fromMs, data });
    }
    return {
      fragmentNumber: String(1000 + index),
      producerTimestampMs: START_MS + atMs,
      clusterTimecodeMs: START_MS + atMs,
      tracks: [{ number: 1, type: 2 }],
      tagsBefore: new Map([["TransactionId", "call-one"]]),
      tagsAfter: new Map(),
      offset: 10_000 * index,
      bytes: 10_000,
      blocks,
    };
  });
}

function assemble(fragments: readonly Fragment[]): { pcm: Buffer; report: LegReport; codes: string[] } {
  const assembler = new LegAssembler({ transactionId: "call-one" });
  const pcm = Buffer.concat(fragments.flatMap((fragment) => assembler.push(fragment)));
  const report = assembler.report();
  return { pcm, report, codes: report.errors.map(({ code }) => code) };
}

describe("ReplayedAudio", () => {
  const pcm = noise(8 * 8192, 5);

  it("leaves out what is sent again in fragments that are cut elsewhere", () => {
    const cuts = [
      [0, 1024],
      [1024, 2048],
      [1536, 2560],
      [2560, 4096],
    ] as const;
    const { pcm: out, report } = assemble(fragmentsOf(pcm, cuts));
    assert.ok(out.equals(pcm.subarray(0, 4096 * BYTES_PER_MS)));
    assert.equal(report.replayedSamples, 512 * 8);
    assert.deepEqual(report.clockSteps, []);
    assert.equal(report.complete, true);
  });

  it("leaves out the last of it, too, where that is as short as a clock's jitter", () => {
    const { pcm: out, report } = assemble(
      fragmentsOf(pcm, [
        [0, 1024],
        [1024, 2048],
        [960, 1984],
        [1984, 3008],
      ]),
    );
    assert.ok(out.equals(pcm.subarray(0, 3008 * BYTES_PER_MS)));
    assert.equal(report.replayedFragments, 1);
    assert.equal(report.complete, true);
  });

  it("leaves out what is sent again in blocks that are cut elsewhere, a part of a block among it", () => {
    const { pcm: out, report } = assemble(
      fragmentsOf(pcm, [
        [0, 1024],
        [1024, 2048],
        { fromMs: 1000, toMs: 3000, blockMs: 50 },
        { fromMs: 3000, toMs: 4000, blockMs: 50 },
      ]),
    );
    assert.ok(out.equals(pcm.subarray(0, 4000 * BYTES_PER_MS)));
    assert.equal(report.complete, true);
  });

  it("keeps other audio at the same times, as after a clock was set back, and says that it may be there twice", () => {
    const cuts: Cut[] = [];
    for (let fromMs = 0; fromMs < 8192; fromMs += 1024) {
      cuts.push({ fromMs, toMs: fromMs + 1024, atMs: fromMs < 4096 ? fromMs : fromMs - 2048 });
    }
    const { pcm: out, report, codes } = assemble(fragmentsOf(pcm, cuts));
    assert.ok(out.equals(pcm));
    assert.deepEqual(codes, ["overlap"]);
    assert.equal(report.errors[0]!.offset, 40_000);
    assert.deepEqual(report.clockSteps, [{ atMs: 4096, byMs: -2048 }]);
    assert.equal(report.complete, false);
  });

  it("leaves out what is sent again after a clock was set back", () => {
    const { pcm: out, codes } = assemble(
      fragmentsOf(pcm, [[0, 2048], { fromMs: 2048, toMs: 3072, atMs: 1024 }, { fromMs: 2560, toMs: 3584, atMs: 1536 }]),
    );
    assert.ok(out.equals(pcm.subarray(0, 3584 * BYTES_PER_MS)));
    assert.deepEqual(codes, ["overlap"]);
  });

  it("does not take silence before other speech for silence that is sent again", () => {
    const audio = Buffer.from(pcm);
    audio.fill(0, 0, 512 * BYTES_PER_MS);
    audio.fill(0, 1024 * BYTES_PER_MS, 1536 * BYTES_PER_MS);
    // The clock is set back so that the fragment begins when an earlier one did, and both begin with silence.
    const { pcm: out, codes } = assemble(
      fragmentsOf(audio, [[0, 1024], { fromMs: 1024, toMs: 2048, atMs: 0 }, { fromMs: 2048, toMs: 3072, atMs: 1024 }]),
    );
    assert.ok(out.equals(audio.subarray(0, 3072 * BYTES_PER_MS)));
    assert.deepEqual(codes, ["overlap"]);
  });

  it("says where a replay brings what was missing, which comes too late for its place", () => {
    const { pcm: out, codes } = assemble(
      fragmentsOf(pcm, [
        [0, 1024],
        [2048, 3072],
        [1024, 2048],
        [2048, 3072],
        [3072, 4096],
      ]),
    );
    assert.ok(out.includes(pcm.subarray(1024 * BYTES_PER_MS, 2048 * BYTES_PER_MS)));
    assert.equal(out.indexOf(pcm.subarray(2048 * BYTES_PER_MS, 2100 * BYTES_PER_MS)), 2048 * BYTES_PER_MS);
    assert.deepEqual(codes, ["outOfOrder"]);
  });

  it("tells no error where a call is on hold after a clock was set back", () => {
    const { codes } = assemble(
      fragmentsOf(pcm, [
        [0, 1024],
        { fromMs: 1024, toMs: 2048, atMs: -9000 },
        { fromMs: 2048, toMs: 3072, atMs: -3000 },
      ]),
    );
    assert.deepEqual(codes, []);
  });

  it("tells no error where a clock is set back to times of which nothing was taken", () => {
    const cuts: Cut[] = [
      { fromMs: 0, toMs: 1024 },
      { fromMs: 1024, toMs: 2048, atMs: -9000 },
      { fromMs: 2048, toMs: 3072, atMs: -9000 + 1024 },
    ];
    const { pcm: out, codes, report } = assemble(fragmentsOf(pcm, cuts));
    assert.ok(out.equals(pcm.subarray(0, 3072 * BYTES_PER_MS)));
    assert.deepEqual(codes, []);
    assert.equal(report.clockSteps.length, 1);
  });

  it("keeps what is sent again later than it remembers, and says so", () => {
    const minutes = 10;
    const long = noise(8 * minutes * 60_000, 6);
    const cuts: (Cut | [number, number])[] = [];
    for (let fromMs = 0; fromMs < minutes * 60_000; fromMs += 10_000) cuts.push([fromMs, fromMs + 10_000]);
    cuts.push([5_000, 15_000]);
    const { pcm: out, codes, report } = assemble(fragmentsOf(long, cuts));
    assert.equal(out.length, long.length + 10_000 * BYTES_PER_MS);
    assert.deepEqual(codes, ["overlap"]);
    assert.match(report.errors[0]!.message, /too long ago/);
  });

  it("doubles no more than it has forgotten where a long replay meets a small memory", () => {
    const seconds: [number, number][] = [];
    for (let fromMs = 0; fromMs < 20 * 1024; fromMs += 1024) seconds.push([fromMs, fromMs + 1024]);
    const spoken = noise(8 * 21 * 1024, 8);
    const replay = seconds.slice(-6);
    const fragments = fragmentsOf(spoken, [...seconds, ...replay, [20 * 1024, 21 * 1024]]);
    const assembler = new LegAssembler({ transactionId: "call-one" }, { rememberedBytes: 64 * 1024, gaps: "none" });
    const out = Buffer.concat(fragments.flatMap((fragment) => assembler.push(fragment)));
    const doubledMs = (out.length - spoken.length) / BYTES_PER_MS;
    assert.ok(doubledMs > 0 && doubledMs <= 4 * 1024, `${doubledMs} ms`);
    assert.ok(out.subarray(-1024 * BYTES_PER_MS).equals(spoken.subarray(-1024 * BYTES_PER_MS)));
    assert.deepEqual([...new Set(assembler.report().errors.map(({ code }) => code))], ["overlap"]);
  });

  for (const producerReplayCut of ["sameFragments", "anew"] as const) {
    it(`gives what was spoken, once, where a producer's sessions begin with a replay (${producerReplayCut})`, async () => {
      const office = await openOffice({
        settings: { producerSessionMs: 2_000, producerReplayMs: 1_000, producerReplayCut },
      });
      try {
        const { legs, transactionId } = await office.call();
        const parser = new FragmentParser();
        const fragments = [...parser.feed(await office.media(legs[0]!.streamArn)), ...parser.end()];
        const assembler = new LegAssembler({ transactionId });
        const out = Buffer.concat(fragments.flatMap((fragment) => assembler.push(fragment)));
        assert.ok(out.equals(office.caller.pcm));
        const report = assembler.report();
        assert.ok(report.replayedSamples > 0);
        assert.deepEqual(report.clockSteps, []);
        assert.equal(report.complete, true);
      } finally {
        await office.close();
      }
    });
  }

  it("gives what was spoken, once, wherever replays begin and fragments and blocks are cut", () => {
    const session = fc.record({
      fragmentMs: fc.integer({ min: 101, max: 2000 }),
      blockMs: fc.integer({ min: 10, max: 120 }),
      fragments: fc.integer({ min: 1, max: 4 }),
      replayMs: fc.integer({ min: 101, max: 3000 }),
    });
    const silences = fc.array(fc.tuple(fc.integer({ min: 0, max: 6000 }), fc.integer({ min: 1, max: 2000 })), {
      maxLength: 3,
    });
    const property = fc.property(fc.array(session, { minLength: 1, maxLength: 5 }), silences, (sessions, quiet) => {
      const audio = Buffer.from(pcm);
      for (const [fromMs, ms] of quiet) audio.fill(0, fromMs * BYTES_PER_MS, (fromMs + ms) * BYTES_PER_MS);
      const cuts: Cut[] = [];
      let reachedMs = 0;
      for (const { fragmentMs, blockMs, fragments, replayMs } of sessions) {
        let fromMs = Math.max(0, reachedMs - replayMs);
        for (let i = 0; i < fragments && fromMs < 8192; i++) {
          const toMs = Math.min(8192, fromMs + fragmentMs);
          cuts.push({ fromMs, toMs, blockMs });
          fromMs = toMs;
        }
        reachedMs = Math.max(reachedMs, fromMs);
      }
      const { pcm: out, codes } = assemble(fragmentsOf(audio, cuts));
      assert.deepEqual(codes, []);
      assert.ok(out.equals(audio.subarray(0, reachedMs * BYTES_PER_MS)));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("compares nothing where times count from each session's beginning", () => {
    const sessions = [fragmentsOf(pcm, [[0, 2048]]), fragmentsOf(pcm, [{ fromMs: 2048, toMs: 4096, atMs: 0 }])].flatMap(
      (fragments, session) =>
        fragments.map((fragment) => ({
          ...fragment,
          fragmentNumber: String(session),
          producerTimestampMs: undefined,
          clusterTimecodeMs: 0,
          blocks: fragment.blocks.map((block) => ({ ...block, timecodeMs: block.timecodeMs - START_MS })),
        })),
    );
    const { pcm: out, codes } = assemble(sessions);
    assert.ok(out.equals(pcm.subarray(0, 4096 * BYTES_PER_MS)));
    assert.deepEqual(codes, []);
  });

  it("compares samples, whatever encoding they come in", () => {
    const cuts = [
      [0, 1024],
      [512, 1536],
    ] as const;
    const alaw = fragmentsOf(pcm, cuts, 8).map((fragment) => ({ ...fragment, tracks: [ALAW_TRACK] }));
    const { report } = assemble(alaw);
    assert.equal(report.samples, 1536 * 8);
    assert.equal(report.replayedSamples, 512 * 8);
    assert.equal(report.complete, true);
  });
});
