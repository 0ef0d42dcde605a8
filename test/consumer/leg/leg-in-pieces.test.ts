import assert from "node:assert/strict";
import { LegAssembler } from "../../../consumer/leg/leg-assembler.js";
import { type CallPlan, fragmentNumber, plannedCall } from "../../streams/call.js";
import { documents } from "../../streams/matroska-stream.js";
import { parseInChunks } from "../../streams/parsing.js";

const START_MS = 1_700_000_000_000;
/** Of four fragments. */
const CALL_MS = 800;

describe("LegAssembler, of a leg that stops and goes on", () => {
  /** Four fragments each: the leg, somebody else's call on the same stream, the leg again, and again somebody else's. */
  function stream(tags: CallPlan["tags"]) {
    return ["call-one", "call-two", "call-one", "call-three"].map((transactionId, i) =>
      plannedCall({
        transactionId,
        fragments: 4,
        seed: i + 1,
        tags,
        firstNumber: 4 * i,
        startMs: START_MS + CALL_MS * i,
      }),
    );
  }

  function assemble(calls: ReturnType<typeof stream>, pieces: [first: number, last?: number][]) {
    const bytes = Buffer.concat(documents(calls.flatMap(({ fragments }) => fragments)));
    const numbered = pieces.map(([first, last]) => ({
      startFragmentNumber: fragmentNumber(first),
      endFragmentNumber: last === undefined ? undefined : fragmentNumber(last),
    }));
    const assembler = new LegAssembler({
      transactionId: "call-one",
      startFragmentNumber: numbered[0]!.startFragmentNumber,
      endFragmentNumber: numbered.at(-1)!.endFragmentNumber,
      pieces: numbered,
    });
    const switched: boolean[] = [];
    const pcm = parseInChunks(bytes, Number.POSITIVE_INFINITY).fragments.flatMap((fragment) => {
      const pieces = assembler.push(fragment).map((piece) => Buffer.from(piece));
      switched.push(assembler.switchedAway);
      return pieces;
    });
    return { pcm: Buffer.concat(pcm), report: assembler.report(), switched };
  }

  for (const tags of ["before", "session", "after"] as const) {
    it(`takes nothing of a call in between, with tags ${tags}`, () => {
      const calls = stream(tags);
      const { pcm, report } = assemble(calls, [
        [0, 3],
        [8, 11],
      ]);
      assert.ok(pcm.equals(Buffer.concat([calls[0]!.pcm, Buffer.alloc(16 * CALL_MS), calls[2]!.pcm])));
      assert.deepEqual(report.errors, []);
      assert.deepEqual(report.gaps, [{ atMs: CALL_MS, durationMs: CALL_MS }]);
    });
  }

  it("is not over when another call begins in between, but when one does after the last piece", () => {
    const { switched, pcm } = assemble(stream("session"), [[0, 3], [8]]);
    assert.equal(switched.indexOf(true), 12);
    assert.equal(pcm.length, 16 * 3 * CALL_MS);
  });

  it("takes what its tags say is the leg's, though it is in no piece", () => {
    const calls = stream("before");
    const { pcm } = assemble(calls, [
      [0, 1],
      [10, 11],
    ]);
    assert.ok(pcm.equals(Buffer.concat([calls[0]!.pcm, Buffer.alloc(16 * CALL_MS), calls[2]!.pcm])));
  });
});
