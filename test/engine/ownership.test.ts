import assert from "node:assert/strict";
import { type AwsCli, awsCli } from "../aws-cli.js";
import { printed, projectFile, Stack } from "./stack.js";

const STOP = "chime:DeleteVoiceConnectorStreamingConfiguration";
const mark = "pulumi-chime-voice-streaming";

describe("a connector's owner, on the real engine", function () {
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

  const arn = () => `arn:aws:chime:${region}:123456789012:vc/${connector}`;
  const describeAs = (name: string, args: object = {}, options: object = {}) =>
    stack.describe({
      kind: "StreamingConfiguration",
      name,
      args: { voiceConnectorId: connector, dataRetentionInHours: 24, onDelete: "restore", ...args },
      options,
    });
  const up = async (...flags: string[]) => {
    stack.aws.control.clearCalls();
    const result = await stack.up(...flags);
    assert.equal(result.exitCode, 0, printed(result));
    return result;
  };
  const actions = () => stack.aws.control.calls().map(({ action }) => action);
  const urn = async (name: string) => {
    const { deployment } = await stack.project.state();
    return deployment.resources?.find((resource) => resource.urn.endsWith(`::${name}`))?.urn ?? "";
  };
  /** Asked of AWS by a client that is not ours. */
  const tags = async (): Promise<Record<string, string>> => {
    const { Tags } = await aws("chime-sdk-voice", "list-tags-for-resource", "--resource-arn", arn());
    return Object.fromEntries(Tags.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value]));
  };
  const streams = async (): Promise<number | undefined> => {
    const answer = await aws(
      "chime-sdk-voice",
      "get-voice-connector-streaming-configuration",
      "--voice-connector-id",
      connector,
    ).catch(() => undefined);
    return answer?.StreamingConfiguration.DataRetentionInHours;
  };

  it("is marked before streaming starts, in four calls, with what was there before", async () => {
    await stack.cloud.putStreaming(region, connector, { DataRetentionInHours: 7, Disabled: false });
    await describeAs("office");
    await up();
    assert.deepEqual(actions().slice(-2), ["chime:TagResource", "chime:PutVoiceConnectorStreamingConfiguration"]);
    assert.equal(actions().filter((action) => action.startsWith("chime:")).length, 4);
    const { [`${mark}:nonce`]: nonce, ...others } = await tags();
    assert.ok(nonce);
    assert.deepEqual(others, {
      [`${mark}:stack`]: "organization/calls/dev",
      [`${mark}:name`]: "office",
      [`${mark}:previous`]: "7 on -",
    });
  });

  it("goes on streaming through a rename without an alias, and never stops meanwhile", async () => {
    await describeAs("headquarters", { dataRetentionInHours: 25 });
    const result = await up();
    assert.match(printed(result), /goes on streaming: this stack manages it as "headquarters" now/);
    assert.ok(!actions().includes(STOP));
    assert.equal(await streams(), 25);
    const { previous } = (await stack.outputs("headquarters")) ?? {};
    assert.deepEqual(previous, { dataRetentionInHours: 7, disabled: false, notificationTargets: [] });
  });

  it("streams after --replace and after taint, whichever goes first", async () => {
    await up("--replace", await urn("headquarters"));
    assert.equal(await streams(), 25);
    // Without the resource's own default the engine creates first, and the deletion must not stop what was created.
    await describeAs("headquarters", {}, { deleteBeforeReplace: false });
    await up("--replace", await urn("headquarters"));
    assert.ok(!actions().includes(STOP));
    assert.equal(await streams(), 24);
    const taint = await stack.project.pulumi("state", "taint", await urn("headquarters"), "--yes");
    assert.equal(taint.exitCode, 0, printed(taint));
    await up();
    assert.ok(!actions().includes(STOP));
    assert.equal(await streams(), 24);
  });

  it("has marks that are put back where somebody took them off", async () => {
    const keys = Object.keys(await tags());
    await aws("chime-sdk-voice", "untag-resource", "--resource-arn", arn(), "--tag-keys", ...keys);
    const drift = await stack.drift();
    assert.equal(drift.exitCode, 7, printed(drift));
    assert.match(printed(drift), /\[diff: [-~]owner\]/);
    await up("--refresh");
    assert.equal((await tags())[`${mark}:name`], "headquarters");
    assert.ok(!actions().includes("chime:PutVoiceConnectorStreamingConfiguration"));
  });

  it("is told to a second stack, which changes nothing and can take over when the mark is taken away", async () => {
    const other = await Stack.open(stack.aws);
    try {
      await other.project.write("Pulumi.yaml", projectFile.replace("calls", "takeover"));
      await other.project.pulumi("stack", "init", "dev");
      const args = { voiceConnectorId: connector, dataRetentionInHours: 48 };
      await other.describe({ kind: "StreamingConfiguration", name: "theirs", args });
      const refused = await other.up();
      assert.notEqual(refused.exitCode, 0);
      assert.match(printed(refused), /is managed by the stack organization\/calls\/dev, as "headquarters"/);
      assert.equal(await streams(), 24);

      const [, command = ""] = /mark away: aws (.*)/.exec(printed(refused)) ?? [];
      await aws(...command.trim().split(" "));
      const taken = await other.up();
      assert.equal(taken.exitCode, 0, printed(taken));
      assert.equal((await tags())[`${mark}:stack`], "organization/takeover/dev");

      const destroy = await stack.destroy();
      assert.equal(destroy.exitCode, 0, printed(destroy));
      assert.match(printed(destroy), /warning: .*the stack organization\/takeover\/dev manages it as "theirs" now/);
      assert.equal(await streams(), 48, "a stack does not stop what another one has taken over");
      assert.equal((await other.destroy()).exitCode, 0);
      assert.equal(await streams(), undefined);
      assert.deepEqual(await tags(), {}, "nothing of ours stays");
    } finally {
      await other.project.dispose();
    }
  });

  it("may have no permission to tag: everything works, and what is not protected is said", async () => {
    stack.aws.control.addFault({
      kind: "deny",
      actions: ["chime:TagResource", "chime:UntagResource", "chime:ListTagsForResource"],
    });
    await stack.cloud.putStreaming(region, connector, { DataRetentionInHours: 7, Disabled: false });
    await describeAs("office");
    const result = await up();
    assert.match(
      printed(result),
      /warning: .*is not protected: a rename without an alias, --replace or taint can end with streaming off/,
    );
    assert.match(printed(result), /chime:ListTagsForResource/);
    const preview = await stack.preview("--expect-no-changes", "--refresh");
    assert.equal(preview.exitCode, 0, printed(preview));
    assert.equal((await stack.destroy()).exitCode, 0);
    assert.equal(await streams(), 7, "what was there before is back");
    stack.aws.control.clearFaults();
  });

  it("stops, at up and with what it found, on a configuration that is not the stack's", async () => {
    await describeAs("office", { onExisting: "fail" });
    const refused = await stack.up();
    assert.notEqual(refused.exitCode, 0);
    assert.match(printed(refused), /has a streaming configuration already \(streaming enabled, retention 7 h/);
    assert.deepEqual(await tags(), {});
  });

  it("is claimed once in a program, by a known id or by one that only up knows", async () => {
    const program = (id: string) => `
      const pulumi = require("@pulumi/pulumi");
      const { StreamingConfiguration } = require("pulumi-chime-voice-streaming");
      new StreamingConfiguration("one", { voiceConnectorId: "${connector}", region: "${region}", dataRetentionInHours: 1 });
      new StreamingConfiguration("two", { voiceConnectorId: ${id}, dataRetentionInHours: 2 });`;
    for (const id of [`"${connector}"`, `pulumi.output(Promise.resolve("${connector}"))`]) {
      await stack.project.write("index.js", program(id));
      const preview = await stack.preview();
      assert.notEqual(preview.exitCode, 0);
      assert.match(printed(preview), /is managed twice in this program, by "one" and by "two"/);
      assert.doesNotMatch(printed(preview), /\n\s+at /);
    }
  });
});
