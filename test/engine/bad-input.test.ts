import assert from "node:assert/strict";
import { printed, Stack } from "./stack.js";

describe("bad input on the real engine", function () {
  this.timeout(120_000);
  let stack: Stack;
  let connector: string;

  before(async () => {
    stack = await Stack.open();
    connector = await stack.cloud.createConnector("us-east-1");
  });
  after(() => stack.close());
  afterEach(() => stack.aws.control.clearFaults());

  it("check reports every fault of a resource at once, by property", async () => {
    await stack.describe({
      kind: "StreamingConfiguration",
      name: "office",
      args: {
        voiceConnectorId: "NOT AN ID",
        region: "eu-north-1",
        dataRetentionInHours: 1.5,
        notificationTargets: ["EventBridge", "EventBridge", "Pigeon"],
        mediaInsights: { configurationArn: "arn:nothing" },
        retention: 3,
      },
    });
    const preview = await stack.preview();
    const text = printed(preview);
    assert.notEqual(preview.exitCode, 0);
    for (const property of [
      "voiceConnectorId",
      "region",
      "dataRetentionInHours",
      "notificationTargets\\[1\\]",
      "notificationTargets\\[2\\]",
      "mediaInsights.configurationArn",
      "retention",
    ]) {
      assert.match(text, new RegExp(`property ${property} `), text);
    }
    assert.doesNotMatch(text, /\n\s+at /, "no stack trace for a user's mistake");
  });

  it("the component reports the faults of all connectors before it registers any", async () => {
    await stack.describe({
      kind: "VoiceConnectorStreaming",
      name: "calls",
      args: {
        dataRetentionInHours: 24,
        connectors: [
          { voiceConnectorId: "x" },
          { voiceConnectorId: connector, region: "mars-1" },
          { voiceConnectorId: connector, dataRetentionInHours: 90_000 },
        ],
        serviceLinkedRole: { onDelete: "perhaps" },
      },
    });
    stack.aws.control.clearCalls();
    const up = await stack.up();
    const text = printed(up);
    assert.notEqual(up.exitCode, 0);
    for (const line of [
      /connectors\[0\]\.voiceConnectorId must be/,
      /connectors\[1\]\.region must be/,
      /connectors\[2\]\.dataRetentionInHours must be/,
      /connectors\[2\]\.voiceConnectorId is the same as that of connectors\[1\]/,
      /serviceLinkedRole\.onDelete must be/,
    ]) {
      assert.match(text, line);
    }
    assert.deepEqual(stack.aws.control.calls(), [], "nothing was asked of AWS");
    assert.doesNotMatch(text, /\n\s+at /);
  });

  it("a connector that does not exist is named, with its region", async () => {
    await describeOne("zzzzzzzzzzzzzzzzzzzzzz");
    const up = await stack.up();
    assert.notEqual(up.exitCode, 0);
    assert.match(printed(up), /There is no Voice Connector zzzzzzzzzzzzzzzzzzzzzz in us-east-1/);
  });

  it("access denied names the action to allow, and up succeeds once it is allowed", async () => {
    await describeOne(connector);
    stack.aws.control.addFault({ kind: "deny", actions: ["chime:PutVoiceConnectorStreamingConfiguration"] });
    const denied = await stack.up();
    assert.notEqual(denied.exitCode, 0);
    assert.match(printed(denied), /Allow the action chime:PutVoiceConnectorStreamingConfiguration/);
    stack.aws.control.clearFaults();
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
  });

  it("another account's credentials are refused before anything is read as gone", async () => {
    await stack.project.pulumi("config", "set", "aws:forbiddenAccountIds", '["123456789012"]');
    const up = await stack.up("--refresh", "--run-program");
    assert.notEqual(up.exitCode, 0);
    assert.match(printed(up), /123456789012 is in aws:forbiddenAccountIds/);
    await stack.project.pulumi("config", "rm", "aws:forbiddenAccountIds");
  });

  it("no credentials are told as such, with what to set", async () => {
    await describeOne(connector);
    assert.equal((await stack.up()).exitCode, 0);
    const env = {
      AWS_ACCESS_KEY_ID: "",
      AWS_SECRET_ACCESS_KEY: "",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/nonexistent",
      AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
    };
    const destroy = await stack.project.withEnv(env, () => stack.destroy());
    assert.notEqual(destroy.exitCode, 0);
    assert.match(printed(destroy), /No AWS credentials for .*: .* set AWS_PROFILE,/);
  });

  it("an endpoint that does not answer is named", async () => {
    await describeOne(connector);
    assert.equal((await stack.up()).exitCode, 0);
    const destroy = await stack.project.withEnv({ AWS_ENDPOINT_URL: "http://127.0.0.1:9" }, () => stack.destroy());
    assert.notEqual(destroy.exitCode, 0);
    assert.match(printed(destroy), /Cannot reach http:\/\/127\.0\.0\.1:9 for /);
    const right = await stack.destroy();
    assert.equal(right.exitCode, 0, printed(right));
  });

  it("stack configuration that cannot be honoured is told by its keys, all at once, before anything is asked of AWS", async () => {
    await describeOne(connector);
    await stack.project.pulumi("config", "set", "aws:assumeRole", '"arn:aws:iam::123456789012:role/x"');
    await stack.project.pulumi("config", "set", "aws:accessKey", "AKIA");
    stack.aws.control.clearCalls();
    const preview = await stack.preview();
    assert.notEqual(preview.exitCode, 0);
    assert.match(printed(preview), /aws:assumeRole .*must be an object with roleArn/);
    assert.match(printed(preview), /aws:secretKey .*must be set too/);
    assert.deepEqual(stack.aws.control.calls(), []);
    for (const key of ["aws:assumeRole", "aws:accessKey"]) await stack.project.pulumi("config", "rm", key);
  });

  it("an explicit provider is refused by name", async () => {
    await stack.project.write(
      "index.js",
      `const pulumi = require("@pulumi/pulumi");
       const { StreamingConfiguration } = require("pulumi-chime-voice-streaming");
       class Other extends pulumi.ProviderResource { constructor() { super("aws", "other", {}); } }
       new StreamingConfiguration("office", { voiceConnectorId: "${connector}", dataRetentionInHours: 1 }, { provider: new Other() });`,
    );
    const preview = await stack.preview();
    assert.notEqual(preview.exitCode, 0);
    assert.match(printed(preview), /The option "provider" cannot be honoured/);
  });

  function describeOne(voiceConnectorId: string): Promise<void> {
    const args = { voiceConnectorId, dataRetentionInHours: 24, region: "us-east-1" };
    return stack.describe({ kind: "StreamingConfiguration", name: "office", args });
  }
});
