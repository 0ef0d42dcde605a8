import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { checkedMode } from "../../components/deployment.js";
import { packageVersion } from "../../consumer/package-version.js";
import { CallAudioConsumer, type CallAudioConsumerArgs, VoiceConnectorStreaming } from "../../index.js";
import { deployed, statements, variables } from "./deployed-consumer.js";
import { a, account, b, resolved, run } from "./registered.js";

const two = [
  { voiceConnectorId: a, dataRetentionInHours: 48 },
  { voiceConnectorId: b, region: "eu-central-1", dataRetentionInHours: 72 },
];

describe("CallAudioConsumer in archive mode", () => {
  it("makes this and nothing else for one connector", async () => {
    const { graph } = await deployed();
    assert.deepEqual(graph.types, {
      Bucket: 1,
      BucketLifecycleConfiguration: 1,
      BucketOwnershipControls: 1,
      BucketPolicy: 1,
      BucketPublicAccessBlock: 1,
      BucketServerSideEncryptionConfiguration: 1,
      EventRule: 3,
      EventSourceMapping: 1,
      EventTarget: 3,
      Function: 2,
      LogGroup: 2,
      Permission: 2,
      Queue: 2,
      QueuePolicy: 2,
      Role: 2,
      RolePolicy: 2,
    });
    assert.deepEqual(graph.calls, ["aws:index/getCallerIdentity:getCallerIdentity"]);
  });

  it("makes a rule, a queue and functions in each region, and one bucket in the first", async () => {
    const { made, graph } = await deployed({ connectors: two });
    assert.deepEqual(made.regions, ["us-east-1", "eu-central-1"]);
    assert.equal(graph.types.Bucket, 1);
    assert.equal(graph.inputs("Bucket", "recorder-bucket").region, "us-east-1");
    assert.deepEqual([graph.types.Queue, graph.types.Function, graph.types.EventRule], [4, 4, 6]);
    const pattern = JSON.parse(graph.inputs("EventRule", "recorder-events-rule-eu-central-1").eventPattern);
    assert.deepEqual(pattern.detail.voiceConnectorId, [b]);
    assert.equal(variables(graph, "archive", "eu-central-1").STREAM_REGIONS, "eu-central-1");
    const streams = statements(graph, "archive", "eu-central-1").ReadStreams?.Resource;
    assert.deepEqual(streams, [`arn:aws:kinesisvideo:eu-central-1:${account}:stream/ChimeVoiceConnector-${b}-*/*`]);
    assert.equal(
      await resolved(made.queueUrls["eu-central-1"]!),
      `https://sqs.eu-central-1.amazonaws.com/${account}/calls-prod-recorder-eu-central-1-events`,
    );
  });

  it("asks EventBridge for these connectors' events of this account that something is done with, and for no others", async () => {
    const { graph } = await deployed({ connectors: [...two, { voiceConnectorId: "c".repeat(22) }] });
    assert.deepEqual(JSON.parse(graph.inputs("EventRule", "recorder-events-rule-us-east-1").eventPattern), {
      source: ["aws.chime"],
      account: [account],
      "detail-type": ["Chime VoiceConnector Streaming Status"],
      detail: { voiceConnectorId: [a, "c".repeat(22)], streamingStatus: ["STARTED", "ENDED", "FAILED"] },
    });
  });

  it("lets that rule alone write to the queues, over TLS, and keeps both encrypted for 14 days", async () => {
    const { graph } = await deployed();
    for (const kind of ["events", "dead-letters"]) {
      const queue = graph.inputs("Queue", `recorder-${kind}-us-east-1`);
      assert.equal(queue.sqsManagedSseEnabled, true);
      assert.equal(queue.messageRetentionSeconds, 1_209_600);
      const [allowed, denied] = JSON.parse(
        graph.inputs("QueuePolicy", `recorder-${kind}-policy-us-east-1`).policy,
      ).Statement;
      assert.deepEqual(allowed.Principal, { Service: "events.amazonaws.com" });
      assert.equal(allowed.Action, "sqs:SendMessage");
      const rule = `arn:aws:events:us-east-1:${account}:rule/calls-prod-recorder-us-east-1-events`;
      assert.deepEqual(allowed.Condition, { ArnEquals: { "aws:SourceArn": rule } });
      assert.deepEqual([denied.Effect, denied.Condition], ["Deny", { Bool: { "aws:SecureTransport": "false" } }]);
    }
  });

  it("gives a message six hours of tries, and takes in its dead-letter queue what comes from this queue", async () => {
    const { graph } = await deployed();
    const queue = graph.inputs("Queue", "recorder-events-us-east-1");
    const { maxReceiveCount, deadLetterTargetArn } = JSON.parse(queue.redrivePolicy);
    assert.match(deadLetterTargetArn, /:calls-prod-recorder-us-east-1-dead-letters$/);
    let seconds = 0;
    for (let tried = 1; tried < maxReceiveCount; tried++) seconds += Math.min(15 * 2 ** (tried - 1), 900);
    assert.ok(seconds > 4 * 3_600 && seconds < 8 * 3_600, `${seconds} s`);
    assert.equal(variables(graph, "archive").MAX_RECEIVE_COUNT, String(maxReceiveCount));
    const allowed = JSON.parse(graph.inputs("Queue", "recorder-dead-letters-us-east-1").redriveAllowPolicy);
    assert.deepEqual(allowed.sourceQueueArns, [
      `arn:aws:sqs:us-east-1:${account}:calls-prod-recorder-us-east-1-events`,
    ]);
    const target = graph.inputs("EventTarget", "recorder-events-target-us-east-1");
    assert.equal(target.deadLetterConfig.arn, deadLetterTargetArn);
  });

  it("records a message at a time, never by reserved concurrency, and hides messages for six timeouts", async () => {
    const { graph } = await deployed({ archive: { maximumConcurrency: 7, memoryMb: 2_048 } });
    const mapping = graph.inputs("EventSourceMapping", "recorder-archive-mapping-us-east-1");
    assert.equal(mapping.batchSize, 1);
    assert.deepEqual(mapping.functionResponseTypes, ["ReportBatchItemFailures"]);
    assert.deepEqual(mapping.scalingConfig, { maximumConcurrency: 7 });
    const made = graph.inputs("Function", "recorder-archive-us-east-1");
    assert.equal(made.reservedConcurrentExecutions, undefined);
    assert.deepEqual([made.handler, made.runtime, made.architectures], ["index.archive", "nodejs24.x", ["arm64"]]);
    assert.equal(made.memorySize, 2_048);
    const { visibilityTimeoutSeconds } = graph.inputs("Queue", "recorder-events-us-east-1");
    assert.ok(visibilityTimeoutSeconds >= 6 * made.timeout);
    assert.equal(variables(graph, "archive").VISIBILITY_TIMEOUT_SECONDS, String(visibilityTimeoutSeconds));
  });

  it("sizes disk and memory by the longest call", async () => {
    const sizes = async (args: Partial<CallAudioConsumerArgs>) => {
      const connectors = [{ voiceConnectorId: a, dataRetentionInHours: 200 }];
      const { graph } = await deployed({ connectors, ...args });
      const { memorySize, ephemeralStorage } = graph.inputs("Function", "recorder-archive-us-east-1");
      return [memorySize, ephemeralStorage.size];
    };
    assert.deepEqual(await sizes({ maxCallHours: 0.5 }), [1_024, 512]);
    // A leg of four hours is 219.7 MiB, the call's stereo file twice that, and a quarter more.
    assert.deepEqual(await sizes({ maxCallHours: 4 }), [1_024, 824]);
    assert.deepEqual(await sizes({ maxCallHours: 12, stereo: false }), [1_280, 824]);
    assert.deepEqual(await sizes({ maxCallHours: 48 }), [3_584, 9_888]);
  });

  it("tells the functions what they need, and no more", async () => {
    const { graph } = await deployed({
      stereo: false,
      includeNumbers: true,
      logLevel: "debug",
      keyPrefix: "calls/office",
      maxCallHours: 6,
      recoveryWindowHours: 12,
      reconcile: { hours: 3, detailRecordsBucket: "detail-records" },
    });
    const url = `https://sqs.us-east-1.amazonaws.com/${account}/calls-prod-recorder-us-east-1`;
    const both = {
      QUEUE_URL: `${url}-events`,
      DEAD_LETTER_QUEUE_URL: `${url}-dead-letters`,
      MAX_RECEIVE_COUNT: "30",
      OUTPUT: "s3://calls-prod-recorder-0001/calls/office",
      MODE: "archive",
      STEREO: "false",
      INCLUDE_NUMBERS: "true",
      STREAM_ACCOUNT_ID: account,
      STREAM_REGIONS: "us-east-1",
      VOICE_CONNECTOR_IDS: a,
      METRICS_NAMESPACE: "ChimeVoiceStreaming/calls-prod-recorder",
      LOG_LEVEL: "debug",
    };
    assert.deepEqual(variables(graph, "archive"), {
      ...both,
      SPOOL_DIRECTORY: "/tmp",
      VISIBILITY_TIMEOUT_SECONDS: "5400",
    });
    assert.deepEqual(variables(graph, "reconcile"), {
      ...both,
      RECONCILE_HOURS: "3",
      MAX_CALL_HOURS: "6",
      RECOVERY_WINDOW_HOURS: "12",
      DETAIL_RECORDS_BUCKET: "detail-records",
    });
  });

  it("looks for lost legs on two schedules that may invoke their function alone", async () => {
    const { graph } = await deployed({ reconcile: { hours: 3 } });
    const expression = (tier: string) =>
      graph.inputs("EventRule", `recorder-${tier}-rule-us-east-1`).scheduleExpression;
    assert.deepEqual([expression("marks"), expression("sweep")], ["rate(3 hours)", "cron(30 * * * ? *)"]);
    for (const tier of ["marks", "sweep"]) {
      const target = graph.inputs("EventTarget", `recorder-${tier}-target-us-east-1`);
      assert.match(target.arn, /:calls-prod-recorder-us-east-1-reconcile$/);
      assert.deepEqual(target.inputTransformer.inputPaths, { time: "$.time" });
      const input = target.inputTransformer.inputTemplate.replace("<time>", '"2026-11-23T08:00:00Z"');
      assert.deepEqual(JSON.parse(input), { tier, time: "2026-11-23T08:00:00Z" });
      const permission = graph.inputs("Permission", `recorder-${tier}-permission-us-east-1`);
      assert.equal(permission.principal, "events.amazonaws.com");
      assert.equal(
        permission.sourceArn,
        `arn:aws:events:us-east-1:${account}:rule/calls-prod-recorder-us-east-1-${tier}`,
      );
    }
  });

  it("sweeps nothing with dailySweep: false", async () => {
    const { graph } = await deployed({ reconcile: { dailySweep: false } });
    assert.deepEqual([graph.types.EventRule, graph.types.EventTarget, graph.types.Permission], [2, 2, 1]);
    assert.ok(!graph.resources.some(({ name }) => name.includes("sweep")));
  });

  it("takes a VoiceConnectorStreaming, or its connectors, with the regions and retention that it declares", async () => {
    for (const part of ["whole", "connectors"]) {
      const { graph } = await run((options) => {
        const streaming = new VoiceConnectorStreaming("streaming", {
          dataRetentionInHours: 30,
          connectors: [
            { voiceConnectorId: a },
            { name: "office", voiceConnectorId: pulumi.output(b), region: "eu-west-1" },
          ],
        });
        const connectors = part === "whole" ? streaming : streaming.connectors;
        return new CallAudioConsumer("recorder", { connectors }, options);
      });
      assert.equal(variables(graph, "archive", "us-east-1").VOICE_CONNECTOR_IDS, a);
      assert.equal(variables(graph, "archive", "eu-west-1").VOICE_CONNECTOR_IDS, b);
    }
  });

  it("takes the region of connectors that name none from the stack, then from the environment", async () => {
    const connectors = [{ voiceConnectorId: a }];
    assert.deepEqual((await deployed({ connectors }, { region: "eu-west-2" })).made.regions, ["eu-west-2"]);
    process.env.AWS_REGION = "ca-central-1";
    try {
      assert.deepEqual((await deployed({ connectors }, { region: undefined })).made.regions, ["ca-central-1"]);
    } finally {
      delete process.env.AWS_REGION;
    }
  });

  it("fails where a retention that becomes known later is too short, in archive mode", async () => {
    const connectors = [
      { name: "office", voiceConnectorId: a, region: "us-east-1", dataRetentionInHours: pulumi.output(2) },
    ];
    const retention = (mode: "archive" | "live") => {
      const checked = checkedMode({ mode, maxCallHours: 4, recoveryWindowHours: 24 }, { connectors });
      return (checked as unknown as { promise(): Promise<string> }).promise();
    };
    await assert.rejects(retention("archive"), /dataRetentionInHours of office is 2; set it to at least 28/);
    assert.equal(await retention("live"), "live");
  });
});

describe("every resource of CallAudioConsumer", () => {
  const untaggable = new Set([
    "BucketLifecycleConfiguration",
    "BucketObjectLockConfiguration",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketServerSideEncryptionConfiguration",
    "BucketVersioning",
    "EventTarget",
    "Permission",
    "Policy",
    "QueuePolicy",
    "RolePolicy",
  ]);
  const live = { image: "registry.example/worker:1", subnetIds: ["subnet-1"] };

  for (const [mode, args] of [
    ["archive", { objectLock: { mode: "GOVERNANCE", days: 1 } }],
    ["live", { mode: "live", live }],
  ] as const) {
    it(`has tags, its region and the component as parent in ${mode} mode`, async () => {
      const { made, graph } = await deployed({ tags: { team: "voice" }, ...args });
      const ours = graph.resources.filter(({ type }) => type.startsWith("aws:"));
      const expected = { team: "voice", "chime-voice-streaming:consumer": "recorder" };
      for (const { type, name, inputs } of ours) {
        const kind = type.slice(type.lastIndexOf(":") + 1);
        if (name !== "recorder-events-us-east-1" && !untaggable.has(kind))
          assert.deepEqual(inputs.tags, expected, name);
        if (!type.startsWith("aws:iam/")) assert.equal(inputs.region, "us-east-1", name);
        assert.equal(graph.options.get(name)?.parent, made, name);
      }
      const { tags } = graph.inputs("Queue", "recorder-events-us-east-1");
      assert.deepEqual(tags, {
        ...expected,
        "chime-voice-streaming:deployed": `${packageVersion().version} ${mode}`,
        "chime-voice-streaming:recordings": `s3://${graph.inputs("BucketPublicAccessBlock", "recorder-bucket-public-access").bucket}/recordings`,
      });
    });
  }

  it("keeps a secret id secret wherever it is written", async () => {
    const { graph } = await deployed({
      connectors: [{ name: "office", voiceConnectorId: pulumi.secret(a), dataRetentionInHours: 48 }],
    });
    const secretKey = "4dabf18193072939515e22adb298388d";
    const shown = graph.resources.filter(({ inputs }) => {
      const withoutSecrets = JSON.stringify(inputs, (_, value) => (value?.[secretKey] ? "[secret]" : value));
      return withoutSecrets.includes(a);
    });
    assert.deepEqual(shown, []);
    assert.ok(JSON.stringify(graph.resources).includes(a));
  });

  it("is registered at preview, where nothing is known yet of ids and ARNs", async () => {
    const { graph } = await deployed({}, { preview: true });
    assert.equal(graph.types.Function, 2);
    assert.equal(graph.inputs("Queue", "recorder-events-us-east-1").name, "calls-prod-recorder-us-east-1-events");
  });
});
