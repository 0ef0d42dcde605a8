import assert from "node:assert/strict";
import { parseReconcileConfig, ReconcileConfigError } from "../../../consumer/reconcile/reconcile-config.js";

const HOUR_MS = 3_600_000;
const given = {
  AWS_REGION: "eu-central-1",
  QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/events",
  DEAD_LETTER_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/events-dlq",
  OUTPUT: "s3://recordings/calls",
  VOICE_CONNECTOR_IDS: "abcdef1ghij2klmno3pqr4, stuvwx5yzabc6defgh7ijk",
};

describe("configuration of reconciliation", () => {
  it("has defaults for what need not be given", () => {
    assert.deepEqual(parseReconcileConfig({ ...given, STREAM_ACCOUNT_ID: "" }), {
      region: "eu-central-1",
      queueUrl: given.QUEUE_URL,
      deadLetterQueueUrl: given.DEAD_LETTER_QUEUE_URL,
      output: { kind: "s3", bucket: "recordings", prefix: "calls" },
      mode: "archive",
      voiceConnectorIds: ["abcdef1ghij2klmno3pqr4", "stuvwx5yzabc6defgh7ijk"],
      accountId: undefined,
      quietMs: 900_000,
      patienceMs: 2 * HOUR_MS,
      repeatMs: 8 * HOUR_MS,
      maxCallMs: 4 * HOUR_MS,
      recoveryWindowMs: 24 * HOUR_MS,
      detailRecordsBucket: undefined,
      requestsPerSecond: 4,
      metricsNamespace: undefined,
      logLevel: "info",
    });
  });

  it("takes ids as Chime takes them", () => {
    const VOICE_CONNECTOR_IDS = "5F2C9D6E-0000-4000-8000-00000000000A";
    assert.deepEqual(parseReconcileConfig({ ...given, VOICE_CONNECTOR_IDS }).voiceConnectorIds, [VOICE_CONNECTOR_IDS]);
  });

  it("names every variable that is missing or wrong", () => {
    const wrong = {
      MODE: "both",
      LIST_REQUESTS_PER_SECOND: "300",
      MAX_CALL_HOURS: "long",
      VOICE_CONNECTOR_IDS: "a,,b",
    };
    assert.throws(
      () => parseReconcileConfig(wrong),
      (error: unknown) => {
        assert(error instanceof ReconcileConfigError);
        const named = new Set(error.faults.map((fault) => fault.split(/[ .]/)[0]));
        const required = ["AWS_REGION", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "OUTPUT"];
        assert.deepEqual([...named].sort(), [...required, ...Object.keys(wrong)].sort());
        return true;
      },
    );
  });
});
