import assert from "node:assert/strict";
import { join } from "node:path";
import { canListProcesses, processesWith } from "../processes.js";
import { printed, Stack } from "./stack.js";

const PUT = "chime:PutVoiceConnectorStreamingConfiguration";

describe("the engine, killed while it creates", function () {
  this.timeout(120_000);
  let stack: Stack;

  before(function () {
    if (canListProcesses) return;
    console.error("      skipped: processes are looked for in /proc, which this system does not have");
    this.skip();
  });
  beforeEach(async () => {
    stack = await Stack.open();
  });
  afterEach(() => stack.close());

  /** Kills everything of a `pulumi up` when AWS has carried out the Put, whose answer it does not get. */
  async function killedUp(): Promise<void> {
    stack.aws.control.clearCalls();
    stack.aws.control.addFault({ kind: "lostAnswer", actions: [PUT] });
    const up = stack.up().catch(() => undefined);
    const isPut = () => stack.aws.control.calls().some(({ action }) => action === PUT);
    for (let look = 0; look < 3_000 && !isPut(); look++) await new Promise((resolve) => setTimeout(resolve, 20));
    const home = join(stack.project.directory, "..", "home");
    for (const { pid } of processesWith(`PULUMI_HOME=${home}`)) process.kill(pid, "SIGKILL");
    await up;
    stack.aws.control.clearFaults();
  }

  for (const onExisting of ["adopt", "fail"]) {
    it(`converges after pulumi cancel with onExisting "${onExisting}", and destroys to what there was before`, async () => {
      const voiceConnectorId = await stack.cloud.createConnector("us-east-1");
      // What was there is known in AWS alone until the create is recorded.
      if (onExisting === "adopt") {
        await stack.cloud.putStreaming("us-east-1", voiceConnectorId, { DataRetentionInHours: 7, Disabled: true });
      }
      const describeOne = (dataRetentionInHours: number) =>
        stack.describe({
          kind: "VoiceConnectorStreaming",
          name: "calls",
          args: {
            dataRetentionInHours,
            onExisting,
            onDelete: "restore",
            connectors: [{ voiceConnectorId, region: "us-east-1" }],
          },
        });
      await describeOne(24);
      await killedUp();
      const refused = await stack.up();
      assert.notEqual(refused.exitCode, 0);
      assert.match(printed(refused), /pulumi cancel/);

      assert.equal((await stack.project.pulumi("cancel", "--yes")).exitCode, 0);
      await describeOne(48);
      const up = await stack.up();
      assert.equal(up.exitCode, 0, printed(up));
      assert.equal((await stack.cloud.streaming("us-east-1", voiceConnectorId))?.DataRetentionInHours, 48);
      const destroy = await stack.destroy();
      assert.equal(destroy.exitCode, 0, printed(destroy));
      const before = onExisting === "adopt" ? { DataRetentionInHours: 7, Disabled: true } : undefined;
      assert.deepEqual(await stack.cloud.streaming("us-east-1", voiceConnectorId), before);
      // What is back may stream again: then the role is not ours to remove.
      assert.equal(await stack.cloud.roleExists(), before !== undefined);
    });
  }
});
