import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { monitoring, topic, twoRegions } from "./monitored-consumer.js";
import { faultsOf } from "./registered.js";

describe("faults of StreamingMonitoring", () => {
  it("tells every fault at once", async () => {
    const connectors = [{ voiceConnectorId: "x" }];
    const args = { thresholds: { failedEvents: 0, age: 1 }, mediaLogs: 1, sipLogs: "no", alarmTopic: "x", connectors };
    const found = await faultsOf(monitoring(args as never));
    assert.deepEqual(found.map(([name]) => name).sort(), [
      "alarmTopic",
      "connectors[0].voiceConnectorId",
      "mediaLogs",
      "sipLogs",
      "thresholds.age",
      "thresholds.failedEvents",
    ]);
  });

  for (const [args, property, says] of [
    [{ consumer: undefined }, "consumer", /is required and must be a CallAudioConsumer/],
    [{ consumer: pulumi.output({}) }, "consumer", /must be a CallAudioConsumer/],
    [{ thresholds: { retentionUsedPercent: 101 } }, "thresholds.retentionUsedPercent", /at most 100/],
    [{ thresholds: { failedEvents: pulumi.output(1) } }, "thresholds.failedEvents", /must be a plain value/],
    [{ sipLogs: pulumi.output(true) }, "sipLogs", /must be a plain value/],
    [{ alarmTopicArn: "alarms" }, "alarmTopicArn", /must be the ARN of an SNS topic/],
    [{ alarmTopicArn: topic("eu-west-1") }, "alarmTopicArn", /must be a topic in us-east-1/],
    [{ alarmTopicArn: { "us-east-1": topic("eu-west-1") } }, "alarmTopicArn.us-east-1", /must be a topic in us-east-1/],
    [{ alarmTopicArn: {} }, "alarmTopicArn.us-east-1", /is required/],
  ] as [object, string, RegExp][]) {
    it(`refuses ${property}: ${says.source}`, async () => {
      const found = await faultsOf(monitoring(args));
      assert.deepEqual(
        found.map(([name]) => name),
        [property],
      );
      assert.match(found[0]![1], says);
    });
  }

  it("asks for a topic for each region, known or not", async () => {
    for (const alarmTopicArn of [topic("us-east-1"), pulumi.output(topic("us-east-1"))]) {
      const [fault] = await faultsOf(monitoring({ alarmTopicArn }, { connectors: twoRegions }));
      assert.match(
        fault!.join(" "),
        /^alarmTopicArn must be an object with a topic for each of us-east-1, eu-central-1/,
      );
    }
  });
});
