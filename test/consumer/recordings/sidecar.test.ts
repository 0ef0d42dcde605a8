import assert from "node:assert/strict";
import { isBetterRecording, parseSidecar, type RecordingQuality } from "../../../consumer/recordings/sidecar.js";

function recording(from: number, to: number, more: Partial<RecordingQuality> = {}): RecordingQuality {
  const fragments = { received: to - from + 1, replayed: 0, unattributed: 0, first: String(from), last: String(to) };
  return {
    complete: false,
    samples: 100 * (to - from + 1),
    silenceSamples: 0,
    errors: [],
    fragments,
    bounds: {},
    ...more,
  };
}

const error = { code: "x", message: "x" };
const bounds = { startFragmentNumber: "10", endFragmentNumber: "30" };

describe("isBetterRecording", () => {
  it("prefers what is complete, then more samples that were heard, then fewer errors", () => {
    const partial = recording(10, 30);
    assert.equal(isBetterRecording(recording(10, 30, { complete: true }), partial), true);
    assert.equal(isBetterRecording(partial, recording(10, 30, { silenceSamples: 100 })), true);
    assert.equal(isBetterRecording(partial, recording(10, 30, { errors: [error] })), true);
  });

  it("replaces nothing by the same, or by something worse", () => {
    const partial = recording(10, 30);
    const complete = recording(10, 30, { complete: true });
    assert.equal(isBetterRecording(partial, complete), false);
    assert.equal(isBetterRecording(complete, complete), false);
    assert.equal(isBetterRecording(partial, partial), false);
    assert.equal(isBetterRecording(recording(10, 29), partial), false);
  });

  it("takes audio beyond a complete recording for a proof that it is not", () => {
    const short = recording(10, 20, { complete: true });
    assert.equal(isBetterRecording(recording(10, 30, { complete: true }), short), true);
    assert.equal(isBetterRecording(recording(10, 30, { errors: [error] }), short), true);
    assert.equal(isBetterRecording(short, recording(10, 30, { errors: [error] })), false);
  });

  it("lets nothing unbounded replace a complete recording whose bounds events have named", () => {
    const bounded = recording(10, 30, { complete: true, bounds });
    assert.equal(isBetterRecording(recording(10, 31, { complete: true }), bounded), false);
    assert.equal(isBetterRecording(bounded, recording(10, 31)), true);
  });

  it("gives up no audio that the candidate does not reach", () => {
    assert.equal(isBetterRecording(recording(20, 90), recording(10, 30)), false);
    assert.equal(isBetterRecording(recording(10, 90), recording(20, 30)), true);
  });
});

describe("parseSidecar", () => {
  it("takes what is no sidecar for none", () => {
    for (const text of ["", "{", "null", "{}", '{"version":2}']) assert.equal(parseSidecar(text), undefined);
  });
});
