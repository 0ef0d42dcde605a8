import assert from "node:assert/strict";
import { DeleteVoiceConnectorCommand, type StreamingConfiguration } from "@aws-sdk/client-chime-sdk-voice";
import type { FaultInput } from "../../local-aws/index.js";
import { type AwsCli, awsCli } from "../aws-cli.js";
import { printed, Stack } from "./stack.js";

const PUT = "chime:PutVoiceConnectorStreamingConfiguration";

describe("what state says under change, on the real engine", function () {
  this.timeout(240_000);
  let stack: Stack;
  let aws: AwsCli;
  let connector: string;
  const region = "us-east-1";

  before(async function () {
    stack = await Stack.open();
    aws = await awsCli(this, { ...stack.aws.env });
    connector = await stack.cloud.createConnector(region);
  });
  after(() => stack?.close());

  const describeOffice = (args: object = {}) =>
    stack.describe({
      kind: "StreamingConfiguration",
      name: "office",
      args: { voiceConnectorId: connector, region, dataRetentionInHours: 24, ...args },
    });
  const up = async (...flags: string[]) => {
    const result = await stack.up(...flags);
    assert.equal(result.exitCode, 0, printed(result));
    return result;
  };
  const change = (id: string, configuration: StreamingConfiguration) =>
    aws(
      "chime-sdk-voice",
      "put-voice-connector-streaming-configuration",
      ...["--voice-connector-id", id, "--streaming-configuration", JSON.stringify(configuration)],
    );
  const held = async (id = connector): Promise<StreamingConfiguration | undefined> => {
    const named = ["--voice-connector-id", id];
    const get = aws("chime-sdk-voice", "get-voice-connector-streaming-configuration", ...named);
    return (await get.catch(() => undefined))?.StreamingConfiguration;
  };

  const ConfigurationArn = "arn:aws:chime:us-east-1:123456789012:media-insights-pipeline-configuration/calls";
  const bare: StreamingConfiguration = { DataRetentionInHours: 0, Disabled: true };
  const full: StreamingConfiguration = {
    DataRetentionInHours: 72,
    Disabled: false,
    StreamingNotificationTargets: [{ NotificationTarget: "SNS" }, { NotificationTarget: "SQS" }],
    MediaInsightsConfiguration: { ConfigurationArn, Disabled: true },
  };

  it("is corrected in every field, in both directions, and each is named in the diff", async () => {
    const other = await stack.cloud.createConnector(region);
    const common = { region, onDelete: "stop" };
    const fullArgs = {
      dataRetentionInHours: 72,
      notificationTargets: ["SNS", "SQS"],
      mediaInsights: { configurationArn: ConfigurationArn, disabled: true },
    };
    const bareArgs = { dataRetentionInHours: 0, disabled: true, notificationTargets: ["EventBridge"] };
    await stack.describe(
      { kind: "StreamingConfiguration", name: "office", args: { ...common, voiceConnectorId: connector, ...fullArgs } },
      { kind: "StreamingConfiguration", name: "branch", args: { ...common, voiceConnectorId: other, ...bareArgs } },
    );
    await up();
    assert.deepEqual(await held(), full);
    const before = await held(other);
    await change(connector, bare);
    await change(other, full);
    const drift = await stack.drift("--diff");
    assert.equal(drift.exitCode, 7, printed(drift));
    const [first = "", second = ""] = printed(drift).split("StreamingConfiguration: (update)").slice(1);
    for (const field of ["dataRetentionInHours", "disabled", "mediaInsights", "notificationTargets"]) {
      assert.match(first, new RegExp(`[-+~] ${field}`), field);
      assert.match(second, new RegExp(`[-+~] ${field}`), field);
    }
    await up("--refresh");
    assert.deepEqual(await held(), full);
    assert.deepEqual(await held(other), before);
  });

  it("is kept from another account's credentials, which would read everything as gone", async () => {
    const { Credentials } = await aws(
      ...["sts", "assume-role", "--role-arn", "arn:aws:iam::999999999999:role/ops", "--role-session-name", "ops"],
    );
    const foreign = {
      AWS_ACCESS_KEY_ID: Credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: Credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: Credentials.SessionToken,
    };
    stack.aws.control.clearCalls();
    for (const command of ["refresh", "destroy"] as const) {
      const refused = await stack.project.withEnv(foreign, () => stack[command]());
      assert.notEqual(refused.exitCode, 0);
      assert.match(
        printed(refused),
        /credentials are of AWS account 999999999999, but .* is in account 123456789012\. Nothing was read or changed/,
      );
    }
    const chimeCalls = stack.aws.control.calls().filter(({ action }) => action.startsWith("chime:"));
    assert.deepEqual(chimeCalls, []);
  });

  it("ends with expired credentials in words that say how to use new ones", async () => {
    stack.aws.control.addFault({
      kind: "error",
      actions: ["sts:GetCallerIdentity"],
      code: "ExpiredToken",
      httpStatus: 403,
      message: "The security token included in the request is expired",
    });
    const refused = await stack.refresh();
    stack.aws.control.clearFaults();
    assert.notEqual(refused.exitCode, 0);
    assert.match(printed(refused), /is expired\)\. Sign in again or renew them\. .*--run-program/);
  });

  it("is replaced for another region, where the connector is looked for", async () => {
    await describeOffice({ region: "eu-west-1" });
    const preview = await stack.preview("--diff");
    assert.match(printed(preview), /region\s*: "us-east-1" => "eu-west-1"/);
    assert.match(printed(preview), /replace/);
  });

  it("ends with the connector: refresh sees it gone, and up says that there is none", async () => {
    await stack.cloud.chime(region).send(new DeleteVoiceConnectorCommand({ VoiceConnectorId: connector }));
    await describeOffice();
    const drift = await stack.drift();
    assert.equal(drift.exitCode, 7, printed(drift));
    assert.match(printed(drift), /StreamingConfiguration office delete/);
    const refresh = await stack.refresh();
    assert.equal(refresh.exitCode, 0, printed(refresh));
    assert.equal(await stack.outputs("office"), undefined);
  });

  it("holds a create whose outcome is not known, which refresh, up and destroy then take from there", async () => {
    connector = await stack.cloud.createConnector(region);
    await describeOffice({ onExisting: "fail" });
    const cutOff = async (fault: FaultInput) => {
      stack.aws.control.addFault(fault);
      const failed = await stack.up();
      stack.aws.control.clearFaults();
      assert.notEqual(failed.exitCode, 0);
      assert.equal((await stack.outputs("office"))?.isIncomplete, true, printed(failed));
    };
    await cutOff({ kind: "error", actions: [PUT], code: "ServiceFailureException", httpStatus: 501 });
    assert.equal(await held(), undefined);
    await up();
    assert.equal((await stack.outputs("office"))?.isIncomplete, undefined);
    assert.equal((await stack.destroy()).exitCode, 0);
    assert.equal(await held(), undefined);

    // Carried out by AWS, and never answered.
    await cutOff({ kind: "lostAnswer", actions: [PUT] });
    assert.ok(await held());
    const refresh = await stack.refresh();
    assert.equal(refresh.exitCode, 0, printed(refresh));
    assert.equal((await stack.outputs("office"))?.isIncomplete, undefined);
    const destroy = await stack.destroy();
    assert.equal(destroy.exitCode, 0, printed(destroy));
    assert.equal(await held(), undefined);
  });

  it("is not made at all in an account that the stack does not allow", async () => {
    const another = await stack.cloud.createConnector(region);
    await stack.project.pulumi("config", "set", "aws:allowedAccountIds", '["999999999999"]');
    await describeOffice({ voiceConnectorId: another });
    stack.aws.control.clearCalls();
    const refused = await stack.up();
    assert.match(printed(refused), /AWS account 123456789012 is not in aws:allowedAccountIds/);
    const chimeCalls = stack.aws.control.calls().filter(({ action }) => action.startsWith("chime:"));
    assert.deepEqual(chimeCalls, []);
  });
});
