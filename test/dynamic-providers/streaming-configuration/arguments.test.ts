import assert from "node:assert/strict";
import { UNKNOWN } from "../../../dynamic-providers/faults.js";
import {
  streamingConfigurationFaults,
  withDefaults,
} from "../../../dynamic-providers/streaming-configuration/arguments.js";

const right = { voiceConnectorId: "abcdef1ghij2klmno3pqr4", dataRetentionInHours: 24 };
const properties = (args: object) =>
  streamingConfigurationFaults({ ...right, ...args }).map(({ property }) => property);

describe("streamingConfigurationFaults", () => {
  it("finds nothing wrong with the least that is needed", () => assert.deepEqual(properties({}), []));

  it("takes ids of 21 and 22 characters and UUIDs, and no others", () => {
    for (const id of ["abcdef1ghij2klmno3pqr", "abcdef1ghij2klmno3pqr4", "0b5e2f0c-7a44-4c3e-9a55-0123456789ab"]) {
      assert.deepEqual(properties({ voiceConnectorId: id }), [], id);
    }
    for (const id of ["", "abc", "ABCDEF1GHIJ2KLMNO3PQR4", "abcdef1ghij2klmno3pqr45", 7, null, undefined, ["a"]]) {
      assert.deepEqual(properties({ voiceConnectorId: id }), ["voiceConnectorId"], String(id));
    }
  });

  it("takes 0 and whole hours up to ten years as retention", () => {
    for (const hours of [0, 1, 87_600]) assert.deepEqual(properties({ dataRetentionInHours: hours }), []);
    for (const hours of [-1, 0.5, 87_601, Number.NaN, "24", undefined]) {
      assert.deepEqual(properties({ dataRetentionInHours: hours }), ["dataRetentionInHours"], String(hours));
    }
  });

  it("knows the ten regions of Voice Connectors", () => {
    assert.deepEqual(properties({ region: "eu-west-2" }), []);
    assert.deepEqual(properties({ region: "eu-north-1" }), ["region"]);
  });

  it("refuses more than three, doubled and unknown targets, each by its position", () => {
    assert.deepEqual(properties({ notificationTargets: ["SQS", "SNS", "EventBridge"] }), []);
    assert.deepEqual(properties({ notificationTargets: [] }), ["notificationTargets"]);
    assert.deepEqual(properties({ notificationTargets: ["SQS", "SNS", "EventBridge", "SQS"] }), [
      "notificationTargets",
    ]);
    assert.deepEqual(properties({ notificationTargets: ["SQS", "SQS", "Kafka"] }), [
      "notificationTargets[1]",
      "notificationTargets[2]",
    ]);
  });

  it("refuses ARNs that are none", () => {
    const arn = "arn:aws:chime:us-east-1:123456789012:media-insights-pipeline-configuration/calls";
    assert.deepEqual(properties({ mediaInsights: { configurationArn: arn } }), []);
    assert.deepEqual(properties({ mediaInsights: { configurationArn: "arn:aws:s3:::bucket", disable: true } }), [
      "mediaInsights.disable",
      "mediaInsights.configurationArn",
    ]);
    assert.deepEqual(properties({ assumeRole: { roleArn: "admin" } }), ["assumeRole.roleArn"]);
    assert.deepEqual(properties({ assumeRole: {} }), ["assumeRole.roleArn"]);
  });

  it("names misspelt arguments and wrong choices, all at once", () => {
    const args = { retentionInHours: 3, onDelete: "keep", onExisting: "overwrite", disabled: "no" };
    assert.deepEqual(properties(args).sort(), ["disabled", "onDelete", "onExisting", "retentionInHours"]);
  });

  it("finds no fault in values that are not known yet, whatever their type will be", () => {
    const names = ["voiceConnectorId", "region", "dataRetentionInHours", "disabled", "notificationTargets", "onDelete"];
    assert.deepEqual(properties(Object.fromEntries(names.map((name) => [name, UNKNOWN]))), []);
    assert.deepEqual(properties({ notificationTargets: [UNKNOWN, "SQS"] }), []);
    assert.deepEqual(properties({ mediaInsights: { configurationArn: UNKNOWN } }), []);
    assert.deepEqual(properties({ voiceConnectorId: Promise.resolve("x") }), []);
  });

  it("never repeats a value, which may be a secret", () => {
    const faults = streamingConfigurationFaults({ voiceConnectorId: "s3cret", profile: "" });
    assert.doesNotMatch(JSON.stringify(faults), /s3cret/);
  });
});

describe("withDefaults", () => {
  it("fills in what was left out and nothing else", () => {
    assert.deepEqual(withDefaults(right, "us-east-1"), {
      ...right,
      region: "us-east-1",
      disabled: false,
      notificationTargets: ["EventBridge"],
      onExisting: "adopt",
      onDelete: "stop",
      applyRetentionToExistingStreams: false,
      allowRetentionDecrease: false,
      deleteStreamsOnDestroy: false,
    });
  });
});
