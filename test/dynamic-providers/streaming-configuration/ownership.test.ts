import assert from "node:assert/strict";
import { ListTagsForResourceCommand } from "@aws-sdk/client-chime-sdk-voice";
import type { StreamingConfigurationInputs } from "../../../dynamic-providers/streaming-configuration/arguments.js";
import {
  create,
  read,
  remove,
  type StreamingConfigurationState,
  update,
} from "../../../dynamic-providers/streaming-configuration/lifecycle.js";
import { markOf } from "../../../dynamic-providers/streaming-configuration/mark-tags.js";
import { diff } from "../../../dynamic-providers/streaming-configuration/plan.js";
import { type LocalAws, startLocalAws } from "../../../local-aws/index.js";
import { TestSession } from "../session.js";

const PUT = "chime:PutVoiceConnectorStreamingConfiguration";

describe("StreamingConfiguration and the mark on its connector", () => {
  let localAws: LocalAws;
  let session: TestSession;
  let inputs: StreamingConfigurationInputs;

  beforeEach(async () => {
    localAws = await startLocalAws();
    session = new TestSession(localAws);
    inputs = await session.streamingInputs();
  });
  afterEach(() => localAws.close());

  const make = async (args: object = {}) =>
    (await create(session.aws, { ...inputs, ...args })).outs as StreamingConfigurationState;
  const mark = async () => {
    const ResourceARN = `arn:aws:chime:us-east-1:123456789012:vc/${inputs.voiceConnectorId}`;
    const { Tags } = await session.aws.chime("us-east-1", {}).send(new ListTagsForResourceCommand({ ResourceARN }));
    return markOf(Tags ?? []);
  };
  const retention = async () => {
    const { props } = await read(session.aws, "id", inputs);
    return (props as StreamingConfigurationState | undefined)?.dataRetentionInHours;
  };

  it("is as it was after a create that AWS refused, so that what is replaced can still be destroyed", async () => {
    const replaced = await make();
    localAws.control.addFault({ kind: "deny", actions: [PUT] });
    await assert.rejects(make({ owner: { stack: "acme/calls/prod", name: "renamed" } }), /AWS denied/);
    localAws.control.clearFaults();
    assert.equal((await mark())?.nonce, replaced.ownershipNonce);
    await remove(session.aws, "id", replaced);
    assert.equal(await retention(), undefined);
    assert.equal(await mark(), undefined);

    localAws.control.addFault({ kind: "deny", actions: [PUT] });
    await assert.rejects(make(), /AWS denied/);
    assert.equal(await mark(), undefined, "nothing of a first create that was refused stays");
  });

  it("keeps what was there before through a create that was cut off at any point", async () => {
    await session.putStreaming("us-east-1", inputs.voiceConnectorId, 3);
    await make();
    // What was cut off has left its mark and its configuration, and no state.
    const again = await make({ dataRetentionInHours: 30, onExisting: "fail" });
    assert.equal(again.previous?.dataRetentionInHours, 3);
    await remove(session.aws, "id", { ...again, onDelete: "restore" });
    assert.equal(await retention(), 3);
  });

  it("is not taken over from a stack of another organization, project or name", async () => {
    await make();
    for (const stack of ["other/calls/prod", "acme/office/prod", "acme/calls/dev"]) {
      await assert.rejects(
        make({ owner: { stack, name: "office" }, dataRetentionInHours: 1 }),
        /is managed by the stack acme\/calls\/prod, as "office"\. Nothing was changed/,
      );
    }
    assert.equal(await retention(), 24);
  });

  it("goes with a stack that was renamed, by an update that puts nothing", async () => {
    const olds = await make();
    const news = { ...inputs, owner: { stack: "acme/calls/production", name: "office" } };
    assert.equal(diff("id", { ...olds }, { ...news }).changes, true);
    session.takeActions();
    const { outs } = await update(session.aws, "id", olds, news);
    assert.ok(!session.takeActions().includes(PUT));
    assert.equal((await mark())?.stack, "acme/calls/production");
    assert.equal(outs?.ownershipNonce, olds.ownershipNonce);
  });

  it("is put on a connector whose state knows no marks yet", async () => {
    const { owner: _owner, ...older } = inputs;
    await session.putStreaming("us-east-1", inputs.voiceConnectorId, 24);
    const { outs } = await update(session.aws, "id", { ...older, accountId: "123456789012" }, inputs);
    assert.deepEqual(await mark(), { ...inputs.owner, nonce: outs?.ownershipNonce });
  });

  it("is told by refresh where it is another's or gone, by the owner in the diff", async () => {
    const first = await make();
    await make();
    const found = await read(session.aws, "id", first);
    assert.equal(diff("id", found.props, { ...inputs }).changes, true);
    const { outs } = await update(session.aws, "id", found.props, inputs);
    assert.equal((await mark())?.nonce, outs?.ownershipNonce, "the next up marks it again");
  });

  it("leaves with a resource that is retained, and stays where another has it", async () => {
    const replaced = await make();
    const kept = await make({ onDelete: "retain" });
    await remove(session.aws, "id", { ...replaced, onDelete: "retain" });
    assert.equal((await mark())?.nonce, kept.ownershipNonce);
    await remove(session.aws, "id", kept);
    assert.equal(await mark(), undefined);
    assert.equal(await retention(), 24);
  });

  it("does without where a connector has fifty tags already", async () => {
    const Tags = Array.from({ length: 49 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
    await session.tag(inputs.voiceConnectorId, Tags);
    const outs = await make();
    assert.match(session.told.join(), /is not protected.*ResourceLimitExceededException/);
    await remove(session.aws, "id", outs);
    assert.equal(await retention(), undefined);
  });

  it("says that it is not protected once, not for every connector", async () => {
    localAws.control.addFault({ kind: "deny", actions: ["chime:TagResource"] });
    await make();
    await make({ voiceConnectorId: await session.createConnector() });
    assert.equal(session.told.length, 1);
    assert.match(session.told[0] ?? "", /chime:TagResource/);
  });

  const TAG = "chime:TagResource";
  /** As a stack of 0.1 has it, which knows neither owner nor mark. */
  const unmarked = async () => {
    await session.putStreaming("us-east-1", inputs.voiceConnectorId, 24);
    const { owner: _owner, ...args } = inputs;
    return { ...args, accountId: "123456789012", previous: { ...args, dataRetentionInHours: 7 } };
  };

  it("is known to what was destroyed after an update that AWS refused, or that was killed before its state was saved", async () => {
    const olds = await unmarked();
    localAws.control.addFault({ kind: "deny", actions: [PUT] });
    const refused = update(session.aws, "id", olds, { ...inputs, dataRetentionInHours: 5 });
    const { properties } = await refused.then(
      () => assert.fail("the update was not refused"),
      (error: { properties: StreamingConfigurationState }) => error,
    );
    localAws.control.clearFaults();
    assert.equal(properties.ownershipNonce, (await mark())?.nonce);

    await update(session.aws, "id", olds, { ...inputs, dataRetentionInHours: 5 });
    await remove(session.aws, "id", { ...olds, onDelete: "restore" });
    assert.equal(await retention(), 7, "what was there before is put back");
    assert.equal(await mark(), undefined);
  });

  it("is not forgotten where an update may not write it", async () => {
    const olds = await make();
    localAws.control.addFault({ kind: "deny", actions: [TAG] });
    const renamed = { ...inputs, owner: { stack: "acme/calls/prod", name: "renamed" } };
    const { outs } = await update(session.aws, "id", olds, renamed);
    localAws.control.clearFaults();
    await remove(session.aws, "id", outs as StreamingConfigurationState);
    assert.equal(await retention(), undefined);
  });

  it("is looked at by every update that puts: another stack's stops it, a lost one is written again", async () => {
    const olds = await make();
    const foreign = [{ Key: "pulumi-chime-voice-streaming:stack", Value: "acme/calls/test" }];
    await session.tag(inputs.voiceConnectorId, [
      ...foreign,
      { Key: "pulumi-chime-voice-streaming:nonce", Value: "theirs" },
    ]);
    session.takeActions();
    const change = { ...inputs, dataRetentionInHours: 5 };
    await assert.rejects(update(session.aws, "id", olds, change), /managed by the stack acme\/calls\/test/);
    assert.ok(!session.takeActions().includes(PUT));

    await session.untag(inputs.voiceConnectorId, ["stack", "name", "nonce", "previous"]);
    await update(session.aws, "id", olds, change);
    assert.equal((await mark())?.nonce, olds.ownershipNonce);
    session.takeActions();
    await update(session.aws, "id", { ...olds, dataRetentionInHours: 5 }, inputs);
    assert.ok(!session.takeActions().includes(TAG), "one that is right is left as it is");
  });

  it("counts as its stack's own where its nonce was taken off", async () => {
    const outs = await make();
    await session.untag(inputs.voiceConnectorId, ["nonce"]);
    await remove(session.aws, "id", outs);
    assert.equal(await retention(), undefined);
  });
});
