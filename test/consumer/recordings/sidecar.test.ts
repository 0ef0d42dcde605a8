import assert from "node:assert/strict";
import { isBetterRecording, parseSidecar } from "../../../consumer/recordings/sidecar.js";

describe("isBetterRecording", () => {
  const partial = { complete: false, samples: 100, errors: [] };
  const complete = { complete: true, samples: 90, errors: [] };

  it("prefers what is complete, then more samples, then fewer errors", () => {
    assert.equal(isBetterRecording(complete, partial), true);
    assert.equal(isBetterRecording({ ...partial, samples: 101 }, partial), true);
    assert.equal(isBetterRecording(partial, { ...partial, errors: [{ code: "x", message: "x" }] }), true);
  });

  it("replaces nothing by the same, or by something worse", () => {
    assert.equal(isBetterRecording(partial, complete), false);
    assert.equal(isBetterRecording(complete, complete), false);
    assert.equal(isBetterRecording(partial, partial), false);
    assert.equal(isBetterRecording({ ...partial, samples: 99 }, partial), false);
  });
});

describe("parseSidecar", () => {
  it("takes what is no sidecar for none", () => {
    for (const text of ["", "{", "null", "{}", '{"version":2}']) assert.equal(parseSidecar(text), undefined);
  });
});
