import assert from "node:assert/strict";
import { assignChannels, type SideEvidence } from "../../../consumer/call/channel-assignment.js";

/** A recording of a stream from one second to another. */
function leg(streamArn: string, from: number, to: number, facts: Partial<SideEvidence> = {}): SideEvidence {
  return { streamArn, startMs: from * 1000, endMs: to * 1000, ...facts };
}

const CASES: { it: string; legs: SideEvidence[]; sides: string; by: string }[] = [
  {
    it: "goes by isCaller, whoever is heard first",
    legs: [leg("a", 0, 10, { isCaller: false, mediaIndex: "0" }), leg("b", 2, 10, { isCaller: true, mediaIndex: "1" })],
    sides: "callee caller",
    by: "isCaller",
  },
  {
    it: "takes one leg's word for both that are heard at the same time",
    legs: [leg("a", 0, 10), leg("b", 2, 10, { isCaller: true })],
    sides: "callee caller",
    by: "isCaller",
  },
  {
    it: "takes the word of a leg that is not the caller",
    legs: [leg("a", 0, 10, { isCaller: false }), leg("b", 2, 10)],
    sides: "callee caller",
    by: "isCaller",
  },
  {
    it: "believes neither of two legs that claim the same at the same time",
    legs: [leg("a", 0, 10, { isCaller: true, mediaIndex: "1" }), leg("b", 2, 10, { isCaller: true, mediaIndex: "0" })],
    sides: "callee caller",
    by: "mediaIndex",
  },
  {
    it: "guesses by time where both claim the same and nothing else is known",
    legs: [leg("b", 1, 10, { isCaller: false }), leg("a", 0, 10, { isCaller: false })],
    sides: "callee caller",
    by: "guessed",
  },
  {
    it: "has a side that goes on in another stream on one channel",
    legs: [
      leg("a", 0, 10, { isCaller: true }),
      leg("b", 1, 20, { isCaller: false }),
      leg("c", 9, 20, { isCaller: true }),
    ],
    sides: "caller callee caller",
    by: "isCaller",
  },
  {
    it: "has two streams of one side, one after the other, on one channel though the other leg is missing",
    legs: [leg("a", 0, 10, { isCaller: true }), leg("b", 11, 20, { isCaller: true })],
    sides: "caller caller",
    by: "isCaller",
  },
  {
    it: "finds the side of a stream of which nothing is known by who is silent meanwhile",
    legs: [leg("a", 0, 10, { isCaller: true }), leg("b", 0, 20, { isCaller: false }), leg("c", 10, 20)],
    sides: "caller callee caller",
    by: "isCaller",
  },
  {
    it: "guesses where a stream of which nothing is known is heard with neither side",
    legs: [leg("a", 0, 10, { isCaller: false }), leg("b", 11, 20)],
    sides: "callee caller",
    by: "guessed",
  },
  {
    it: "compares SIPREC's indexes as numbers",
    legs: [leg("a", 0, 10, { mediaIndex: "10" }), leg("b", 1, 10, { mediaIndex: "9" })],
    sides: "callee caller",
    by: "mediaIndex",
  },
  {
    it: "guesses where indexes are equal or no numbers",
    legs: [
      leg("a", 2, 10, { mediaIndex: "1" }),
      leg("b", 1, 10, { mediaIndex: "1" }),
      leg("c", 11, 12, { mediaIndex: "x" }),
    ],
    sides: "callee caller caller",
    by: "guessed",
  },
  {
    it: "guesses that one leg alone is the caller's, unless it says otherwise",
    legs: [leg("a", 0, 10)],
    sides: "caller",
    by: "guessed",
  },
  { it: "believes one leg alone", legs: [leg("a", 0, 10, { isCaller: false })], sides: "callee", by: "isCaller" },
  {
    it: "keeps all recordings of a stream together, whatever single ones say",
    legs: [leg("a", 0, 5), leg("b", 0, 20), leg("a", 6, 20, { isCaller: false })],
    sides: "callee caller callee",
    by: "isCaller",
  },
  {
    it: "goes by names where legs begin at the same moment",
    legs: [leg("b", 0, 10), leg("a", 0, 10)],
    sides: "callee caller",
    by: "guessed",
  },
];

describe("assignChannels", () => {
  for (const { it: title, legs, sides, by } of CASES) {
    it(title, () => {
      const assignment = assignChannels(legs);
      assert.deepEqual({ sides: assignment.sides.join(" "), by: assignment.by }, { sides, by });
    });
  }

  it("comes to the same result in whatever order the recordings are given", () => {
    for (const { legs } of CASES) {
      const expected = new Map(legs.map(({ streamArn }, i) => [streamArn, assignChannels(legs).sides[i]]));
      const reversed = [...legs].reverse();
      for (const [i, side] of assignChannels(reversed).sides.entries()) {
        assert.equal(side, expected.get(reversed[i]!.streamArn));
      }
    }
  });
});
