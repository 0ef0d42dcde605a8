import assert from "node:assert/strict";
import { type AwsCli, awsCli } from "../aws-cli.js";
import { printed, Stack } from "./stack.js";

describe("streams that Chime has made before, on the real engine", function () {
  this.timeout(240_000);
  let stack: Stack;
  let aws: AwsCli;
  let connector: string;
  let names: string[];

  before(async function () {
    stack = await Stack.open();
    aws = await awsCli(this, { ...stack.aws.env });
    connector = await stack.cloud.createConnector("us-east-1");
    names = [1, 2, 3].map((i) => `ChimeVoiceConnector-${connector}-0000000${i}`);
    for (const [i, name] of names.entries()) await makeStream(name, [0, 24, 48][i]!);
    await makeStream("ChimeVoiceConnector-another-1", 5);
  });
  after(() => stack?.close());

  const makeStream = (name: string, hours: number) =>
    aws("kinesisvideo", "create-stream", "--stream-name", name, "--data-retention-in-hours", `${hours}`);
  /** Asked of AWS by a client that is not ours. */
  const retentions = async (): Promise<Record<string, number>> => {
    const { StreamInfoList } = await aws("kinesisvideo", "list-streams");
    const entries = StreamInfoList.map((stream: { StreamName: string; DataRetentionInHours: number }) => [
      stream.StreamName,
      stream.DataRetentionInHours,
    ]);
    return Object.fromEntries(entries);
  };
  const describeOffice = (args: object = {}) =>
    stack.describe({
      kind: "VoiceConnectorStreaming",
      name: "calls",
      args: { dataRetentionInHours: 24, connectors: [{ voiceConnectorId: connector, name: "office" }], ...args },
    });
  const streams = (first: number, second: number, third: number) => ({
    [names[0]!]: first,
    [names[1]!]: second,
    [names[2]!]: third,
    "ChimeVoiceConnector-another-1": 5,
  });

  it("are left as they are unless it is asked for", async () => {
    await describeOffice();
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    const actions = stack.aws.control.calls().map(({ action }) => action);
    assert.ok(!actions.includes("kinesisvideo:UpdateDataRetention"));
    assert.deepEqual(await retentions(), streams(0, 24, 48));
  });

  it("are not shortened unseen: up stops before it has changed anything", async () => {
    await describeOffice({ dataRetentionInHours: 30, applyRetentionToExistingStreams: true });
    const refused = await stack.up();
    assert.notEqual(refused.exitCode, 0);
    assert.match(printed(refused), /1 of 3 existing streams .* Set allowRetentionDecrease to true/);
    assert.deepEqual(await retentions(), streams(0, 24, 48));
    assert.equal((await stack.cloud.streaming("us-east-1", connector))?.DataRetentionInHours, 24);
  });

  it("get the retention, and up says how many did; one that was refused is taken up by the next up", async () => {
    await describeOffice({ dataRetentionInHours: 48, applyRetentionToExistingStreams: true });
    stack.aws.control.addFault({ kind: "deny", actions: ["kinesisvideo:UpdateDataRetention"], resource: names[1] });
    const denied = await stack.up();
    stack.aws.control.clearFaults();
    assert.notEqual(denied.exitCode, 0);
    assert.match(printed(denied), /kinesisvideo:UpdateDataRetention/);
    assert.deepEqual(await retentions(), streams(48, 24, 48));
    // Throttled as AWS does it, without an HTTP status that says so.
    stack.aws.control.addFault({ kind: "throttle", actions: ["kinesisvideo:*"], times: 3 });
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    assert.match(printed(up), /the retention of 1 of 3 existing streams was changed to 48 h/);
    assert.deepEqual(await retentions(), streams(48, 48, 48));
    const preview = await stack.preview("--expect-no-changes");
    assert.equal(preview.exitCode, 0, printed(preview));
  });

  it("are shortened where that is allowed; at preview it is refused already where it is known", async () => {
    const lower = { dataRetentionInHours: 12, applyRetentionToExistingStreams: true };
    await describeOffice(lower);
    const refused = await stack.preview();
    assert.notEqual(refused.exitCode, 0);
    assert.match(printed(refused), /dataRetentionInHours .*is lower than before.*allowRetentionDecrease/);
    await describeOffice({ ...lower, allowRetentionDecrease: true });
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    assert.deepEqual(await retentions(), streams(12, 12, 12));
  });

  it("go with the resource where that is asked for, and no other stream does", async () => {
    await describeOffice({ dataRetentionInHours: 12, deleteStreamsOnDestroy: true });
    const up = await stack.up();
    assert.equal(up.exitCode, 0, printed(up));
    const destroy = await stack.destroy();
    assert.equal(destroy.exitCode, 0, printed(destroy));
    assert.match(printed(destroy), /3 streams were deleted, with their media/);
    assert.deepEqual(await retentions(), { "ChimeVoiceConnector-another-1": 5 });
    assert.equal(await stack.cloud.streaming("us-east-1", connector), undefined);
  });
});
