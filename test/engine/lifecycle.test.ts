import assert from "node:assert/strict";
import {
  DeleteVoiceConnectorCommand,
  DeleteVoiceConnectorStreamingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { printed, Stack } from "./stack.js";

const eventBridge = [{ NotificationTarget: "EventBridge" as const }];

describe("VoiceConnectorStreaming on the real engine", function () {
  this.timeout(120_000);
  let stack: Stack;
  let virginia: string;
  let frankfurt: string;

  before(async () => {
    stack = await Stack.open();
    virginia = await stack.cloud.createConnector("us-east-1");
    frankfurt = await stack.cloud.createConnector("eu-central-1");
  });
  after(() => stack.close());

  const describeBoth = (args: object = {}, ...connectors: object[]) =>
    stack.describe({
      kind: "VoiceConnectorStreaming",
      name: "calls",
      args: {
        dataRetentionInHours: 24,
        connectors: [
          { voiceConnectorId: virginia },
          { voiceConnectorId: frankfurt, region: "eu-central-1" },
          ...connectors,
        ],
        ...args,
      },
    });

  it("up makes the role first, then starts streaming on connectors of two regions", async () => {
    await describeBoth();
    const result = await stack.up();
    assert.equal(result.exitCode, 0, printed(result));
    const expected = { DataRetentionInHours: 24, Disabled: false, StreamingNotificationTargets: eventBridge };
    assert.deepEqual(await stack.cloud.streaming("us-east-1", virginia), expected);
    assert.deepEqual(await stack.cloud.streaming("eu-central-1", frankfurt), expected);
    const actions = stack.aws.control.calls().map(({ action }) => action);
    const created = actions.indexOf("iam:CreateServiceLinkedRole");
    assert.ok(created >= 0, "the role is made by us, not left to Chime");
    assert.ok(created < actions.indexOf("chime:PutVoiceConnectorStreamingConfiguration"));
    assert.deepEqual((await stack.outputs("calls"))?.serviceLinkedRoleArn, (await stack.outputs("calls-role"))?.arn);
  });

  it("state holds what the program gave, and no default", async () => {
    const { deployment } = await stack.project.state();
    const inputs = deployment.resources?.find(({ urn }) => urn.endsWith(`::calls-${virginia}`))?.inputs ?? {};
    const given = ["__provider", "dataRetentionInHours", "owner", "region", "voiceConnectorId"];
    assert.deepEqual(Object.keys(inputs).sort(), given);
    assert.match(String(inputs.owner), new RegExp(`^organization/calls/dev::calls-${virginia}$`));
  });

  it("a preview right after expects no changes, also after a refresh", async () => {
    const preview = await stack.preview("--expect-no-changes", "--refresh");
    assert.equal(preview.exitCode, 0, printed(preview));
  });

  it("drift in every setting is named by refresh and repaired by up", async () => {
    await stack.cloud.putStreaming("us-east-1", virginia, {
      DataRetentionInHours: 2,
      Disabled: true,
      StreamingNotificationTargets: [{ NotificationTarget: "SQS" }],
    });
    const drift = await stack.drift();
    assert.equal(drift.exitCode, 7, printed(drift));
    assert.match(printed(drift), /\[diff: \+disabled,notificationTargets~dataRetentionInHours\]/);
    const refresh = await stack.refresh();
    assert.equal(refresh.exitCode, 0, printed(refresh));
    const repair = await stack.up();
    assert.equal(repair.exitCode, 0, printed(repair));
    assert.match(printed(repair), /~ 1 updated/);
    assert.deepEqual(await stack.cloud.streaming("us-east-1", virginia), {
      DataRetentionInHours: 24,
      Disabled: false,
      StreamingNotificationTargets: eventBridge,
    });
  });

  it("a retention change updates in place, and a preview of it says so", async () => {
    await describeBoth({ dataRetentionInHours: 48 });
    const preview = await stack.preview("--diff");
    assert.match(printed(preview), /~ dataRetentionInHours\s*: 24 => 48/);
    assert.doesNotMatch(printed(preview), /replace/);
    const up = await stack.up();
    assert.match(printed(up), /~ 2 updated/);
    assert.equal((await stack.cloud.streaming("eu-central-1", frankfurt))?.DataRetentionInHours, 48);
  });

  it("a configuration removed out of band is seen as gone and made again", async () => {
    await stack.cloud
      .chime("us-east-1")
      .send(new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: virginia }));
    const drift = await stack.drift();
    assert.equal(drift.exitCode, 7, printed(drift));
    const up = await stack.up("--refresh");
    assert.equal(up.exitCode, 0, printed(up));
    assert.equal((await stack.cloud.streaming("us-east-1", virginia))?.DataRetentionInHours, 48);
  });

  it("an entry taken out of the list stops streaming on that connector alone", async () => {
    await stack.describe({
      kind: "VoiceConnectorStreaming",
      name: "calls",
      args: { dataRetentionInHours: 48, connectors: [{ voiceConnectorId: virginia }] },
    });
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    assert.equal(await stack.cloud.streaming("eu-central-1", frankfurt), undefined);
    assert.ok(await stack.cloud.streaming("us-east-1", virginia));
    assert.ok(await stack.cloud.roleExists(), "a connector still streams");
  });

  it("a connector that is given a name goes on streaming under it, untouched", async () => {
    const args = { dataRetentionInHours: 48, connectors: [{ voiceConnectorId: virginia, name: "virginia" }] };
    await stack.describe({ kind: "VoiceConnectorStreaming", name: "calls", args });
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    assert.doesNotMatch(printed(up), /created|deleted/);
    assert.ok(await stack.cloud.streaming("us-east-1", virginia));
  });

  it("another region in the stack's configuration does not stop a connector, which cannot move", async () => {
    await stack.project.pulumi("config", "set", "aws:region", "eu-central-1");
    const preview = await stack.preview("--expect-no-changes");
    assert.equal(preview.exitCode, 0, printed(preview));
    await stack.project.pulumi("config", "rm", "aws:region");
  });

  it("a replaced role is there afterwards", async () => {
    const { deployment } = await stack.project.state();
    const role = deployment.resources?.find(({ urn }) => urn.endsWith("::calls-role"))?.urn ?? "";
    const up = await stack.up("--replace", role);
    assert.equal(up.exitCode, 0, printed(up));
    assert.ok(await stack.cloud.roleExists());
    assert.ok(await stack.cloud.streaming("us-east-1", virginia));
  });

  it("destroy stops streaming and removes the role, asked of AWS; a second destroy is quiet", async () => {
    const destroy = await stack.destroy();
    assert.equal(destroy.exitCode, 0, printed(destroy));
    assert.equal(await stack.cloud.streaming("us-east-1", virginia), undefined);
    assert.equal(await stack.cloud.roleExists(), false);
    const again = await stack.destroy();
    assert.equal(again.exitCode, 0, printed(again));
  });

  it("destroy keeps the role while a connector of another region streams, and says which", async () => {
    await stack.describe({
      kind: "VoiceConnectorStreaming",
      name: "calls",
      args: { dataRetentionInHours: 1, connectors: [{ voiceConnectorId: virginia }] },
    });
    assert.equal((await stack.up()).exitCode, 0);
    await stack.cloud.putStreaming("eu-central-1", frankfurt, { DataRetentionInHours: 1, Disabled: false });
    const destroy = await stack.destroy();
    assert.equal(destroy.exitCode, 0, printed(destroy));
    assert.ok(await stack.cloud.roleExists());
    assert.match(printed(destroy), new RegExp(`is kept, not deleted.*eu-central-1/${frankfurt}`));
  });

  it("destroy succeeds when the connector is gone altogether", async () => {
    assert.equal((await stack.up()).exitCode, 0);
    await stack.cloud
      .chime("us-east-1")
      .send(new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: virginia }));
    await stack.cloud.chime("us-east-1").send(new DeleteVoiceConnectorCommand({ VoiceConnectorId: virginia }));
    const destroy = await stack.destroy();
    assert.equal(destroy.exitCode, 0, printed(destroy));
  });
});

describe("StreamingConfiguration on the real engine", function () {
  this.timeout(120_000);
  let stack: Stack;
  let first: string;
  let second: string;

  before(async () => {
    stack = await Stack.open();
    first = await stack.cloud.createConnector("us-east-1");
    second = await stack.cloud.createConnector("us-east-1");
  });
  after(() => stack.close());

  const describeOne = (voiceConnectorId: string, args: object = {}) =>
    stack.describe({
      kind: "StreamingConfiguration",
      name: "office",
      args: { voiceConnectorId, dataRetentionInHours: 24, ...args },
    });

  it("adopts a configuration made elsewhere and keeps it as previous", async () => {
    await stack.cloud.putStreaming("us-east-1", first, {
      DataRetentionInHours: 7,
      Disabled: false,
      StreamingNotificationTargets: eventBridge,
    });
    await describeOne(first, { onDelete: "restore" });
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    const { previous, accountId } = (await stack.outputs("office")) ?? {};
    assert.deepEqual(previous, { dataRetentionInHours: 7, disabled: false, notificationTargets: ["EventBridge"] });
    assert.equal(accountId, "123456789012");
  });

  it("another connector replaces the resource, the old one first, and restores what it had", async () => {
    await describeOne(second);
    const preview = await stack.preview("--diff");
    assert.match(printed(preview), /voiceConnectorId\s*: "\w+" => "\w+"/);
    assert.match(printed(preview), /replace/);
    stack.aws.control.clearCalls();
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    assert.equal((await stack.cloud.streaming("us-east-1", first))?.DataRetentionInHours, 7);
    assert.equal((await stack.cloud.streaming("us-east-1", second))?.DataRetentionInHours, 24);
  });

  it("onDelete alone is a change in the diff that calls nothing of Chime's but is kept", async () => {
    await describeOne(second, { onDelete: "retain" });
    stack.aws.control.clearCalls();
    const up = await stack.up();
    assert.match(printed(up), /~ 1 updated/);
    const put = stack.aws.control.calls().filter(({ action }) => action.includes("Put"));
    assert.deepEqual(put, []);
    const destroy = await stack.destroy();
    assert.equal(destroy.exitCode, 0, printed(destroy));
    assert.ok(await stack.cloud.streaming("us-east-1", second), "retain leaves streaming on");
  });

  it("the region of the stack configuration is used, and is sticky once it is gone", async () => {
    const seoul = await stack.cloud.createConnector("ap-northeast-2");
    await describeOne(seoul);
    await stack.project.pulumi("config", "set", "aws:region", "ap-northeast-2");
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    assert.equal((await stack.outputs("office"))?.region, "ap-northeast-2");
    await stack.project.pulumi("config", "rm", "aws:region");
    const preview = await stack.preview("--expect-no-changes");
    assert.equal(preview.exitCode, 0, printed(preview));
    assert.equal((await stack.destroy()).exitCode, 0);
    assert.equal(await stack.cloud.streaming("ap-northeast-2", seoul), undefined);
  });

  it("endpoints and credentials of the stack configuration are used", async () => {
    const project = stack.project;
    const connector = await stack.cloud.createConnector("us-east-1");
    await describeOne(connector, { region: "us-east-1" });
    const { endpoint } = stack.aws;
    const endpoints = JSON.stringify([{ chimesdkvoice: endpoint, iam: endpoint, sts: endpoint }]);
    await project.pulumi("config", "set", "aws:endpoints", endpoints);
    await project.pulumi("config", "set", "aws:accessKey", "AKIAFROMCONFIG");
    await project.pulumi("config", "set", "--secret", "aws:secretKey", "very-secret");
    const up = await project.withEnv({ AWS_ENDPOINT_URL: "", AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" }, () =>
      stack.up(),
    );
    assert.equal(up.exitCode, 0, printed(up));
    assert.ok(await stack.cloud.streaming("us-east-1", connector));
    for (const key of ["aws:endpoints", "aws:accessKey", "aws:secretKey"]) await project.pulumi("config", "rm", key);
    const exported = await project.pulumi("stack", "export");
    assert.doesNotMatch(exported.stdout, /very-secret/);
    assert.equal((await stack.destroy()).exitCode, 0);
  });

  it("values that are not known at preview are no faults, and up goes on with what they turn out to be", async () => {
    const connector = await stack.cloud.createConnector("us-east-1");
    await stack.project.write(
      "index.js",
      `const { ServiceLinkedRole, StreamingConfiguration } = require("pulumi-chime-voice-streaming");
       const role = new ServiceLinkedRole("role");
       new StreamingConfiguration("office", {
         voiceConnectorId: role.arn.apply(() => "${connector}"),
         region: role.arn.apply(() => "us-east-1"),
         dataRetentionInHours: role.arn.apply(() => 5),
         notificationTargets: [role.arn.apply(() => "SQS")],
       });`,
    );
    const preview = await stack.preview();
    assert.equal(preview.exitCode, 0, printed(preview));
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    assert.equal((await stack.cloud.streaming("us-east-1", connector))?.DataRetentionInHours, 5);
    assert.equal((await stack.destroy()).exitCode, 0);
  });
});

describe("ServiceLinkedRole on the real engine", function () {
  this.timeout(120_000);

  it("is there after it was replaced while nothing streams, and gone after destroy", async () => {
    const stack = await Stack.open();
    try {
      await stack.describe({ kind: "ServiceLinkedRole", name: "role", args: {} });
      assert.equal((await stack.up()).exitCode, 0);
      const { deployment } = await stack.project.state();
      const role = deployment.resources?.find(({ urn }) => urn.endsWith("::role"))?.urn ?? "";
      const up = await stack.up("--replace", role);
      assert.equal(up.exitCode, 0, printed(up));
      assert.ok(await stack.cloud.roleExists());
      assert.equal((await stack.destroy()).exitCode, 0);
      assert.equal(await stack.cloud.roleExists(), false);
    } finally {
      await stack.close();
    }
  });
});
