import assert from "node:assert/strict";
import { parseWorkerConfig, WorkerConfigError } from "../../../consumer/queue/worker-config.js";

const QUEUE_URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/events";

describe("parseWorkerConfig", () => {
  it("needs a queue and an output, and has a default for the rest", () => {
    const config = parseWorkerConfig({ QUEUE_URL, OUTPUT: "recordings", CONCURRENCY: "" });
    assert.deepEqual(config, {
      queueUrl: QUEUE_URL,
      output: { kind: "directory", path: "recordings" },
      mode: "archive",
      stereo: true,
      concurrency: 4,
      exitWhenEmpty: false,
      waitTimeSeconds: 20,
      visibilityTimeoutSeconds: 60,
      quiescenceMs: 30_000,
      endLimitMs: 90_000,
      holdLimitMs: 900_000,
      retryDelayMs: 15_000,
      shutdownGraceMs: 20_000,
      logLevel: "info",
      region: "eu-central-1",
      deadLetter: undefined,
      includeNumbers: false,
      origin: { accountId: undefined, regions: undefined, voiceConnectorIds: undefined },
      metricsNamespace: undefined,
      spoolDirectory: undefined,
      handoverMs: 21_600_000,
      healthFile: undefined,
      endedMarkMs: 15_000,
    });
  });

  it("takes what a deployment knows", () => {
    const config = parseWorkerConfig({
      QUEUE_URL,
      OUTPUT: "s3://bucket",
      DEAD_LETTER_QUEUE_URL: `${QUEUE_URL}-dead`,
      MAX_RECEIVE_COUNT: "20",
      INCLUDE_NUMBERS: "true",
      STREAM_ACCOUNT_ID: "123456789012",
      STREAM_REGIONS: "eu-central-1, us-east-1",
      VOICE_CONNECTOR_IDS: "abcdef1ghij2klmno3pqr4",
      METRICS_NAMESPACE: "CallAudio/calls",
      SPOOL_DIRECTORY: "/tmp/spool",
    });
    assert.deepEqual(config.deadLetter, { queueUrl: `${QUEUE_URL}-dead`, maxReceiveCount: 20 });
    assert.deepEqual(config.origin, {
      accountId: "123456789012",
      regions: ["eu-central-1", "us-east-1"],
      voiceConnectorIds: ["abcdef1ghij2klmno3pqr4"],
    });
    const { includeNumbers, metricsNamespace, spoolDirectory } = config;
    assert.deepEqual(
      { includeNumbers, metricsNamespace, spoolDirectory },
      {
        includeNumbers: true,
        metricsNamespace: "CallAudio/calls",
        spoolDirectory: "/tmp/spool",
      },
    );
  });

  it("names what a deployment got wrong", () => {
    const wrong = {
      QUEUE_URL,
      OUTPUT: "s3://bucket",
      MAX_RECEIVE_COUNT: "0",
      INCLUDE_NUMBERS: "yes",
      STREAM_ACCOUNT_ID: "12345",
      STREAM_REGIONS: "us-east-1,,eu-central-1",
      METRICS_NAMESPACE: "AWS/Lambda",
    };
    assert.throws(
      () => parseWorkerConfig(wrong),
      (error: unknown) => {
        assert(error instanceof WorkerConfigError);
        const named = error.faults.map((fault) => /^[A-Z_]+/.exec(fault)?.[0]).sort();
        assert.deepEqual(named, Object.keys(wrong).slice(2).sort());
        return true;
      },
    );
  });

  it("mixes no calls with STEREO=false", () => {
    assert.equal(parseWorkerConfig({ QUEUE_URL, OUTPUT: "recordings", STEREO: "false" }).stereo, false);
    assert.throws(
      () => parseWorkerConfig({ QUEUE_URL, OUTPUT: "recordings", STEREO: "no" }),
      /STEREO must be "true" or/,
    );
  });

  it("prefers AWS_REGION to the queue's URL, and takes more legs when live", () => {
    const config = parseWorkerConfig({ QUEUE_URL, OUTPUT: "s3://bucket/a/b", AWS_REGION: "us-west-2", MODE: "live" });
    assert.equal(config.region, "us-west-2");
    assert.equal(config.concurrency, 100);
  });

  it("names every fault at once", () => {
    const environment = { QUEUE_URL: "http://127.0.0.1:1/q", OUTPUT: "s3://A", MODE: "both", CONCURRENCY: "1.5" };
    assert.throws(
      () => parseWorkerConfig(environment),
      (error: unknown) => {
        assert(error instanceof WorkerConfigError);
        const named = error.faults.map((fault) => fault.split(" ")[0]);
        assert.deepEqual(named.sort(), ["AWS_REGION", "CONCURRENCY", "MODE", "OUTPUT"]);
        return true;
      },
    );
    assert.throws(() => parseWorkerConfig({}), /QUEUE_URL .*OUTPUT .*AWS_REGION/);
  });
});
