import assert from "node:assert/strict";
import { Proofs } from "../../demo/proofs.js";

describe("Proofs", () => {
  it("hold only where every line does, and at least one was tried", () => {
    const proofs = new Proofs();
    assert.equal(proofs.allHold, false);
    proofs.add("streams", true, "2");
    assert.equal(proofs.allHold, true);
    proofs.add("is exact", false, "differs at sample 7");
    assert.equal(proofs.allHold, false);
    assert.match(`${proofs}`, /NO {3}is exact {2}differs at sample 7/);
  });
});
