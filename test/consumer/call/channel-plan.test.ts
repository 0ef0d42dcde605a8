import assert from "node:assert/strict";
import fc from "fast-check";
import { planChannel } from "../../../consumer/call/channel-plan.js";

describe("planChannel", () => {
  const plan = (recordings: [id: string, at: number, samples: number][], samples: number) => {
    const { stretches, overlaps } = planChannel(
      recordings.map(([id, at, length]) => ({ id, at, samples: length })),
      samples,
    );
    return {
      stretches: stretches.map(({ from, to, recording }) => [from, to, recording?.id]),
      overlaps: overlaps.map(({ from, to, heard, leftOut }) => [from, to, heard, leftOut]),
    };
  };

  it("is silent before, between and after recordings", () => {
    assert.deepEqual(
      plan(
        [
          ["b", 50, 10],
          ["a", 5, 20],
        ],
        100,
      ),
      {
        stretches: [
          [0, 5, undefined],
          [5, 25, "a"],
          [25, 50, undefined],
          [50, 60, "b"],
          [60, 100, undefined],
        ],
        overlaps: [],
      },
    );
    assert.deepEqual(plan([], 10).stretches, [[0, 10, undefined]]);
    assert.deepEqual(plan([["a", 0, 0]], 0).stretches, []);
  });

  it("lets the one be heard that began later, then again the earlier one, and says so", () => {
    assert.deepEqual(
      plan(
        [
          ["a", 0, 30],
          ["b", 10, 10],
        ],
        30,
      ),
      {
        stretches: [
          [0, 10, "a"],
          [10, 20, "b"],
          [20, 30, "a"],
        ],
        overlaps: [[10, 20, "b", "a"]],
      },
    );
    assert.deepEqual(
      plan(
        [
          ["a", 0, 30],
          ["b", 20, 20],
          ["c", 25, 5],
        ],
        40,
      ).overlaps,
      [
        [20, 25, "b", "a"],
        [25, 30, "c", "a"],
        [25, 30, "c", "b"],
      ],
    );
  });

  it("covers every sample once, whatever the recordings", () => {
    const recording = fc.record({ id: fc.uuid(), at: fc.nat(50), samples: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(recording, { maxLength: 6 }), fc.nat(20), (recordings, more) => {
        const samples = Math.max(0, ...recordings.map(({ at, samples: length }) => at + length)) + more;
        const { stretches, overlaps } = planChannel(recordings, samples);
        let at = 0;
        for (const { from, to, recording: heard } of stretches) {
          assert(from === at && to > from);
          if (heard) assert(heard.at <= from && heard.at + heard.samples >= to);
          for (let sample = from; sample < to; sample++) {
            const there = recordings.filter((one) => one.at <= sample && one.at + one.samples > sample);
            assert.equal(heard === undefined, there.length === 0);
            assert(there.every((one) => one.at <= heard!.at));
            const told = overlaps.filter((overlap) => overlap.from <= sample && overlap.to > sample);
            assert.equal(told.length, Math.max(0, there.length - 1));
          }
          at = to;
        }
        assert.equal(at, samples);
      }),
      { seed: 4 },
    );
  });
});
