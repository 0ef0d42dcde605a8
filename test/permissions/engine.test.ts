import assert from "node:assert/strict";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { printed, Stack } from "../engine/stack.js";
import { documentedPolicy } from "./policies.js";

const DEPLOYER = "AKIADEPLOYER00000000";

describe("the documented policies on the real engine", function () {
  this.timeout(120_000);
  let aws: LocalAws;
  let stack: Stack;

  before(async () => {
    aws = await startLocalAws();
    stack = await Stack.open(aws, { AWS_ACCESS_KEY_ID: DEPLOYER });
  });
  after(() => stack.close());

  const enforce = (heading: string) => {
    aws.control.clearFaults();
    aws.control.clearCalls();
    aws.control.addFault({ kind: "policy", accessKeyId: DEPLOYER, document: documentedPolicy(heading) });
  };
  const deniedCalls = () => aws.control.calls().filter(({ status }) => status === 403);

  it("are enough for preview, up, drift check and destroy, with no call denied", async () => {
    const voiceConnectorId = await stack.cloud.createConnector("eu-central-1");
    await stack.describe({
      kind: "VoiceConnectorStreaming",
      name: "calls",
      args: { dataRetentionInHours: 24, connectors: [{ voiceConnectorId, region: "eu-central-1" }] },
    });
    aws.control.clearCalls();
    const preview = await stack.preview();
    assert.equal(preview.exitCode, 0, printed(preview));
    assert.deepEqual(aws.control.calls(), [], "a plain preview calls nothing");

    enforce("Deploy");
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    assert.doesNotMatch(printed(up), /warning/);
    assert.deepEqual(deniedCalls(), []);

    enforce("Preview and drift");
    const drift = await stack.drift();
    assert.equal(drift.exitCode, 0, printed(drift));
    assert.ok(aws.control.calls().length > 0);
    assert.deepEqual(deniedCalls(), []);

    enforce("Destroy");
    const destroy = await stack.destroy();
    assert.equal(destroy.exitCode, 0, printed(destroy));
    assert.deepEqual(deniedCalls(), []);
    aws.control.clearFaults();
    assert.equal(await stack.cloud.roleExists(), false);
  });
});
