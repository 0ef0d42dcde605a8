import assert from "node:assert/strict";
import { supersedes } from "../../../consumer/recordings/leg-recordings.js";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";

function recording(
  first: number,
  last: number,
  complete: boolean,
  samples: number,
  more: Partial<Sidecar> = {},
): Sidecar {
  const fragments = { received: 1, replayed: 0, unattributed: 0, first: String(first), last: String(last) };
  const of = { streamArn: "arn", recordingId: `${first}-${last}-${samples}`, silenceSamples: 0 };
  return { ...of, fragments, complete, samples, ...more } as Sidecar;
}

describe("supersedes", () => {
  it("needs all fragments of the other one, of the same stream", () => {
    const whole = recording(1, 100, true, 1_000);
    assert.equal(supersedes(whole, recording(9, 10, true, 20)), true);
    assert.equal(supersedes(recording(9, 10, true, 20), whole), false);
    assert.equal(supersedes(whole, recording(99, 101, false, 30)), false);
    assert.equal(supersedes(whole, recording(9, 10, true, 20, { streamArn: "another" })), false);
    assert.equal(
      supersedes(whole, { ...recording(9, 10, true, 20), fragments: { ...whole.fragments, first: undefined } }),
      false,
    );
  });

  it("does not give up what is complete for what is not, nor what was heard for silence", () => {
    const partial = recording(1, 100, false, 500);
    assert.equal(supersedes(partial, recording(9, 10, true, 20)), false);
    assert.equal(supersedes(partial, recording(9, 90, false, 500)), true);
    assert.equal(supersedes(partial, recording(9, 90, false, 501)), false);
    assert.equal(supersedes({ ...partial, silenceSamples: 1 }, recording(9, 90, false, 500)), false);
  });

  it("lets exactly one of two be, that have the same fragments", () => {
    const pairs: [Sidecar, Sidecar][] = [
      [recording(1, 9, true, 90), recording(1, 9, false, 91)],
      [recording(1, 9, false, 91), recording(1, 9, false, 90)],
      [recording(1, 9, true, 90, { recordingId: "a" }), recording(1, 9, true, 90, { recordingId: "b" })],
    ];
    for (const [better, other] of pairs) {
      assert.deepEqual([supersedes(better, other), supersedes(other, better)], [true, false]);
    }
    assert.equal(supersedes(pairs[0]![0], pairs[0]![0]), false);
  });
});
