import assert from "node:assert/strict";
import { UNKNOWN } from "../../../dynamic-providers/faults.js";
import type { StreamingConfigurationInputs } from "../../../dynamic-providers/streaming-configuration/arguments.js";
import {
  create,
  read,
  remove,
  type StreamingConfigurationState,
  update,
} from "../../../dynamic-providers/streaming-configuration/lifecycle.js";
import { check, diff } from "../../../dynamic-providers/streaming-configuration/plan.js";
import { type LocalAws, startLocalAws } from "../../../local-aws/index.js";
import { TestSession } from "../session.js";

describe("StreamingConfiguration lifecycle", () => {
  let localAws: LocalAws;
  let session: TestSession;
  let inputs: StreamingConfigurationInputs;

  beforeEach(async () => {
    localAws = await startLocalAws();
    session = new TestSession(localAws);
    inputs = await session.streamingInputs();
    session.takeActions();
  });
  afterEach(() => localAws.close());

  const held = async () => (await read(session.aws, "id", inputs)).props as StreamingConfigurationState | undefined;

  it("looks before it puts, and asks who it is once for all resources", async () => {
    await create(session.aws, inputs);
    const get = "chime:GetVoiceConnectorStreamingConfiguration";
    const put = "chime:PutVoiceConnectorStreamingConfiguration";
    const list = "chime:ListTagsForResource";
    const tag = "chime:TagResource";
    const [first, ...others] = session.takeActions();
    assert.equal(first, "sts:GetCallerIdentity");
    // The two looks are under way at once.
    assert.deepEqual([...others.slice(0, 2).sort(), ...others.slice(2)], [get, list, tag, put]);
    const voiceConnectorId = await session.createConnector();
    session.takeActions();
    await create(session.aws, { ...inputs, voiceConnectorId });
    assert.deepEqual(session.takeActions().sort(), [get, list, put, tag].sort());
  });

  it("stops with what it found when told to fail on an existing configuration", async () => {
    await session.putStreaming("us-east-1", inputs.voiceConnectorId, 3);
    await assert.rejects(
      create(session.aws, { ...inputs, onExisting: "fail" }),
      /has a streaming configuration already \(streaming enabled, retention 3 h/,
    );
    assert.equal((await held())?.dataRetentionInHours, 3);
  });

  it("takes what a create left that was cut off for its own, also when told to fail on an existing configuration", async () => {
    const failing = { ...inputs, onExisting: "fail" as const };
    await create(session.aws, failing);
    await create(session.aws, failing);
    assert.equal((await held())?.dataRetentionInHours, 24);
  });

  it("waits for a connector that was made a moment ago", async () => {
    const action = "chime:PutVoiceConnectorStreamingConfiguration";
    localAws.control.addFault({
      kind: "error",
      actions: [action],
      code: "NotFoundException",
      httpStatus: 404,
      times: 2,
    });
    await create(session.aws, inputs);
    assert.deepEqual(session.pausesMs, [500, 1_000]);
    assert.equal((await held())?.dataRetentionInHours, 24);
  });

  it("puts once more when the answer to a Put was lost", async () => {
    localAws.control.addFault({
      kind: "lostAnswer",
      actions: ["chime:PutVoiceConnectorStreamingConfiguration"],
      times: 1,
    });
    await create(session.aws, inputs);
    assert.equal((await held())?.dataRetentionInHours, 24);
  });

  it("rides out throttling and server errors", async () => {
    localAws.control.addFault({ kind: "throttle", actions: ["chime:*"], times: 2 });
    localAws.control.addFault({ kind: "failure", actions: ["sts:*"], times: 1 });
    await create(session.aws, inputs);
    assert.equal((await held())?.dataRetentionInHours, 24);
  });

  it("read takes an empty answer for no configuration, as it does NotFound", async () => {
    localAws.control.change({ missingStreamingConfiguration: "empty" });
    assert.deepEqual(await read(session.aws, "id", inputs), { id: "", props: undefined });
  });

  it("read does not take a denied call for a deletion", async () => {
    await create(session.aws, inputs);
    localAws.control.addFault({ kind: "deny", actions: ["chime:GetVoiceConnectorStreamingConfiguration"] });
    await assert.rejects(
      read(session.aws, "id", inputs),
      /Allow the action chime:GetVoiceConnectorStreamingConfiguration/,
    );
  });

  it("read gives drift back as inputs too, which is what names it in a diff", async () => {
    const { outs } = await create(session.aws, inputs);
    await session.putStreaming("us-east-1", inputs.voiceConnectorId, 2, true);
    const found = await read(session.aws, "id", outs);
    assert.equal(found.inputs?.dataRetentionInHours, 2);
    assert.equal(found.inputs?.disabled, true);
    assert.deepEqual(diff("id", found.props, { ...inputs }), {
      changes: true,
      replaces: [],
      deleteBeforeReplace: true,
    });
  });

  it("does not call the order of targets, an absent object or a default a change", () => {
    const state = { ...inputs, notificationTargets: ["SQS", "SNS"] };
    assert.equal(diff("id", state, { ...inputs, notificationTargets: ["SNS", "SQS"] }).changes, false);
    const insights = { configurationArn: "a" };
    assert.equal(
      diff("id", { ...inputs, mediaInsights: { ...insights, disabled: false } }, { ...inputs, mediaInsights: insights })
        .changes,
      false,
    );
    assert.equal(diff("id", { ...inputs, mediaInsights: null }, { ...inputs }).changes, false);
  });

  it("replaces for another connector or region, and updates for everything else", () => {
    assert.deepEqual(diff("id", { ...inputs }, { ...inputs, region: "eu-west-1" }).replaces, ["region"]);
    assert.deepEqual(diff("id", { ...inputs }, { ...inputs, voiceConnectorId: UNKNOWN }).replaces, [
      "voiceConnectorId",
    ]);
    for (const change of [
      { disabled: true },
      { onDelete: "retain" },
      { profile: "voice" },
      { dataRetentionInHours: 1 },
    ]) {
      const { changes, replaces } = diff("id", { ...inputs }, { ...inputs, ...change });
      assert.deepEqual({ changes, replaces }, { changes: true, replaces: [] });
    }
  });

  it("update puts the whole configuration, and keeps what create had found", async () => {
    await session.putStreaming("us-east-1", inputs.voiceConnectorId, 3);
    const { outs } = await create(session.aws, inputs);
    const news = { ...inputs, dataRetentionInHours: 48, notificationTargets: ["SQS" as const] };
    const updated = await update(session.aws, "id", outs, news);
    assert.deepEqual(updated.outs?.previous, outs?.previous);
    assert.deepEqual((await held())?.notificationTargets, ["SQS"]);
  });

  it("an update of what only we keep calls nothing of Chime's", async () => {
    const { outs } = await create(session.aws, inputs);
    session.takeActions();
    await update(session.aws, "id", outs, { ...inputs, onDelete: "retain" });
    assert.deepEqual(session.takeActions(), []);
  });

  it("stop deletes the configuration, restore puts back what was there, retain touches nothing", async () => {
    await session.putStreaming("us-east-1", inputs.voiceConnectorId, 3);
    const { outs } = await create(session.aws, inputs);
    await remove(session.aws, "id", { ...outs, onDelete: "restore" });
    assert.equal((await held())?.dataRetentionInHours, 3);
    await remove(session.aws, "id", { ...outs, onDelete: "retain" });
    assert.equal((await held())?.dataRetentionInHours, 3);
    await remove(session.aws, "id", outs);
    assert.equal(await held(), undefined);
    await remove(session.aws, "id", outs);
  });

  it("keeps the region of the resource when only the environment's is another, and says where there is none", async () => {
    const args = { voiceConnectorId: inputs.voiceConnectorId, dataRetentionInHours: 1 };
    const noRegion = new TestSession(localAws, { "aws:region": "" });
    const olds = { ...args, region: "eu-west-2" };
    assert.equal((await check(noRegion.aws, olds, args)).inputs.region, "eu-west-2");
    assert.equal((await check(session.aws, olds, args)).inputs.region, "eu-west-2", "a connector never moves");
    const another = { ...args, voiceConnectorId: "stuvwx5yzabc6defgh7ijk" };
    assert.equal((await check(session.aws, olds, another)).inputs.region, "us-east-1");
    const wrong = new TestSession(localAws, { "aws:region": "eu-north-1" });
    const { failures } = await check(wrong.aws, {}, args);
    assert.match(
      failures?.[0]?.reason ?? "",
      /must be a region that has Voice Connectors.*found in the stack configuration/,
    );
  });

  it("reads a state that knows nothing of what later versions added", async () => {
    const { voiceConnectorId, region, dataRetentionInHours, disabled, notificationTargets } = inputs;
    const old = { voiceConnectorId, region, dataRetentionInHours, disabled, notificationTargets } as typeof inputs;
    await session.putStreaming("us-east-1", voiceConnectorId, 24);
    const found = await read(session.aws, "id", old);
    assert.equal(found.id, "id");
    await remove(session.aws, "id", old);
    assert.equal(await held(), undefined);
  });

  it("touches nothing under another account's credentials", async () => {
    const { outs } = await create(session.aws, inputs);
    const foreign = { ...outs, accountId: "999999999999" };
    session.takeActions();
    await assert.rejects(read(session.aws, "id", foreign), /is in account 999999999999/);
    await assert.rejects(remove(session.aws, "id", foreign), /is in account 999999999999/);
    await assert.rejects(update(session.aws, "id", foreign, { ...inputs, disabled: true }), /999999999999/);
    assert.deepEqual(session.takeActions(), []);
  });

  it("uses the role that a resource assumes, with its external id", async () => {
    const assumeRole = { roleArn: "arn:aws:iam::123456789012:role/voice", externalId: "shared" };
    await create(session.aws, { ...inputs, assumeRole });
    const calls = localAws.control.calls();
    assert.ok(calls.some(({ action }) => action === "sts:AssumeRole"));
    const put = calls.find(({ action }) => action === "chime:PutVoiceConnectorStreamingConfiguration");
    assert.notEqual(put?.accessKeyId, "AKIATEST");
    assert.equal(calls.filter(({ action }) => action === "sts:AssumeRole").length, 1, "one answer serves all clients");
  });

  it("names sts:AssumeRole as the action to allow when that is what was denied", async () => {
    localAws.control.addFault({ kind: "deny", actions: ["sts:AssumeRole"] });
    const assumeRole = { roleArn: "arn:aws:iam::123456789012:role/voice" };
    await assert.rejects(create(session.aws, { ...inputs, assumeRole }), /Allow the action sts:AssumeRole for/);
  });

  it("finds drift of media insights in both directions", async () => {
    const mediaInsights = {
      configurationArn: "arn:aws:chime:us-east-1:123456789012:media-insights-pipeline-configuration/calls",
      disabled: false,
    };
    const { outs } = await create(session.aws, { ...inputs, mediaInsights });
    assert.deepEqual((await read(session.aws, "id", outs)).inputs?.mediaInsights, mediaInsights);
    await session.putStreaming("us-east-1", inputs.voiceConnectorId, 24);
    const found = await read(session.aws, "id", outs);
    assert.equal(found.inputs?.mediaInsights, undefined);
    assert.equal(diff("id", found.props, { ...inputs, mediaInsights }).changes, true);
  });
});
