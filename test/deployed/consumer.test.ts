import assert from "node:assert/strict";
import { REGIONS } from "./cloud.js";
import { Deployment } from "./deployment.js";
import { destroyed } from "./destroy-proofs.js";
import { graphProofs } from "./graph-proofs.js";
import { monitoringProofs } from "./monitoring-proofs.js";
import { permissionProofs } from "./permission-proofs.js";
import { archiveProgram } from "./program.js";
import { reconciliationProofs } from "./reconciliation-proofs.js";
import { recordingProofs } from "./recording-proofs.js";

/** One deployment for all: later proofs stand on what earlier ones did. */
describe("CallAudioConsumer, deployed", function () {
  this.timeout(120_000);
  let deployment: Deployment;
  const deployed = () => deployment;

  before(async function () {
    deployment = await Deployment.open(this, { program: archiveProgram, regions: REGIONS, retainRecordings: true });
  });
  after(() => deployment?.close());
  afterEach(() => deployment.chime.control.clearFaults());

  it("makes all of it at once, and expects no changes right after", async () => {
    await deployment.pulumi("preview", "--expect-no-changes", "--refresh");
  });

  describe("the graph", () => graphProofs(deployed));
  describe("recordings", () => recordingProofs(deployed));
  describe("reconciliation", () => reconciliationProofs(deployed));
  describe("monitoring", () => monitoringProofs(deployed));
  describe("permissions", () => permissionProofs(deployed));

  // In a block of its own: mocha runs those after what stands beside them.
  describe("destroy", () => {
    it("leaves the bucket with its recordings, protected as before, and nothing else", async () => {
      const { bucket } = deployment.outputs;
      const before = await deployment.objects();
      assert.ok(Object.keys(before).length > 30);
      assert.deepEqual(await destroyed(deployment, REGIONS), [bucket]);
      assert.deepEqual(await deployment.objects(), before);
      for (const setting of ["get-public-access-block", "get-bucket-policy", "get-bucket-encryption"])
        assert.ok(await deployment.cli("s3api", setting, "--bucket", bucket));
    });
  });
});
