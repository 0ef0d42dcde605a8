import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { printed, Stack } from "../engine/stack.js";

/** What the first shape of the package, 0.1.0, left in state, connector ids aside. */
const FIXTURE = join(__dirname, "fixtures", "state-0.1.0.json");
const eventBridge = [{ NotificationTarget: "EventBridge" as const }];
const insights = "arn:aws:chime:us-east-1:123456789012:media-insights-pipeline-configuration/calls";

describe("state that the first version of the package wrote", function () {
  this.timeout(120_000);
  let stack: Stack;
  let ids: { VIRGINIA: string; FRANKFURT: string; OFFICE: string };

  before(async () => {
    stack = await Stack.open();
  });
  after(() => stack.close());

  /** AWS as that version left it, and its state as this stack's. */
  beforeEach(async () => {
    const { cloud } = stack;
    ids = {
      VIRGINIA: await cloud.createConnector("us-east-1"),
      FRANKFURT: await cloud.createConnector("eu-central-1"),
      OFFICE: await cloud.createConnector("us-east-1"),
    };
    const configuration = { Disabled: false, StreamingNotificationTargets: eventBridge };
    await cloud.putStreaming("us-east-1", ids.VIRGINIA, { ...configuration, DataRetentionInHours: 24 });
    await cloud.putStreaming("eu-central-1", ids.FRANKFURT, {
      DataRetentionInHours: 72,
      Disabled: false,
      StreamingNotificationTargets: [...eventBridge, { NotificationTarget: "SNS" }],
    });
    await cloud.putStreaming("us-east-1", ids.OFFICE, {
      ...configuration,
      DataRetentionInHours: 5,
      MediaInsightsConfiguration: { ConfigurationArn: insights, Disabled: false },
    });
    await describeProgram();
    const text = await readFile(FIXTURE, "utf8");
    const state = text.replace(/\{\{(VIRGINIA|FRANKFURT|OFFICE)\}\}/g, (_, name: keyof typeof ids) => ids[name]);
    await stack.project.write("state.json", state);
    const imported = await stack.project.pulumi("stack", "import", "--file", "state.json");
    assert.equal(imported.exitCode, 0, printed(imported));
  });

  const describeProgram = (dataRetentionInHours = 24) =>
    stack.describe(
      {
        kind: "VoiceConnectorStreaming",
        name: "calls",
        args: {
          dataRetentionInHours,
          connectors: [
            { voiceConnectorId: ids.VIRGINIA, region: "us-east-1" },
            {
              voiceConnectorId: ids.FRANKFURT,
              region: "eu-central-1",
              name: "frankfurt",
              dataRetentionInHours: 72,
              notificationTargets: ["EventBridge", "SNS"],
            },
          ],
        },
      },
      {
        kind: "StreamingConfiguration",
        name: "office",
        args: {
          voiceConnectorId: ids.OFFICE,
          region: "us-east-1",
          dataRetentionInHours: 5,
          onDelete: "restore",
          mediaInsights: { configurationArn: insights },
        },
      },
    );
  const succeeds = async (command: ReturnType<Stack["up"]>) => {
    const result = await command;
    assert.equal(result.exitCode, 0, printed(result));
    return printed(result);
  };
  const isAsBefore = async () => {
    const { cloud } = stack;
    assert.equal(await cloud.streaming("us-east-1", ids.VIRGINIA), undefined);
    assert.equal(await cloud.streaming("eu-central-1", ids.FRANKFURT), undefined);
    assert.deepEqual(await cloud.streaming("us-east-1", ids.OFFICE), {
      DataRetentionInHours: 7,
      Disabled: true,
      StreamingNotificationTargets: [{ NotificationTarget: "SQS" }],
    });
  };

  it("is refreshed, updated in place without a stop of streaming, and destroyed by this one", async () => {
    await succeeds(stack.refresh());
    await describeProgram(48);
    stack.aws.control.clearCalls();
    const up = await succeeds(stack.up());
    assert.doesNotMatch(up, /replaced|created|deleted/);
    const stops = stack.aws.control.calls().filter(({ action }) => action.startsWith("chime:DeleteVoice"));
    assert.deepEqual(stops, []);
    assert.equal((await stack.cloud.streaming("us-east-1", ids.VIRGINIA))?.DataRetentionInHours, 48);
    await succeeds(stack.preview("--refresh", "--expect-no-changes"));
    await succeeds(stack.destroy());
    await isAsBefore();
  });

  it("is destroyed as it is", async () => {
    await succeeds(stack.destroy());
    await isAsBefore();
  });
});
