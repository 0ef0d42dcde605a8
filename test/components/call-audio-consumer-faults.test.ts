import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { CallAudioConsumer, VoiceConnectorStreaming } from "../../index.js";
import { a, b, faultsOf } from "./registered.js";

const connectors = [{ voiceConnectorId: a, dataRetentionInHours: 48 }];
const live = { image: "registry.example/worker:1", subnetIds: ["subnet-1"] };
const liveMode = { mode: "live", live };
const key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const output = pulumi.output("archive") as unknown;

const faults = (args: unknown, region: string | undefined = "us-east-1") =>
  faultsOf((options) => new CallAudioConsumer("recorder", args as never, options), { region });

/** What is wrong, the one fault there is, and what it says. */
const table: [args: Record<string, unknown>, property: string, says: RegExp][] = [
  [{ mode: "batch" }, "mode", /must be "archive" or "live"/],
  [{ mode: output }, "mode", /must be a plain value/],
  [{ conectors: [] }, "conectors", /is not an argument; known are connectors, mode,/],
  [{ bucket: "UPPER" }, "bucket", /name of an S3 bucket/],
  [{ bucketRegion: "Virginia" }, "bucketRegion", /must be an AWS region/],
  [{ bucketRegion: output }, "bucketRegion", /must be a plain value/],
  [{ keyPrefix: "/recordings" }, "keyPrefix", /with a slash between/],
  [{ keyPrefix: "recordings/" }, "keyPrefix", /with a slash between/],
  [{ keyPrefix: "" }, "keyPrefix", /must have letters/],
  [{ keyPrefix: "a/../b" }, "keyPrefix", /must have letters/],
  [{ keyPrefix: "calls*" }, "keyPrefix", /must have letters/],
  [{ keyPrefix: pulumi.secret("calls") }, "keyPrefix", /must be a plain value/],
  [{ kmsKeyArn: "alias/calls" }, "kmsKeyArn", /must be the ARN of a KMS key/],
  [{ kmsKeyArn: key }, "kmsKeyArn", /must be a key of the bucket's region, us-east-1/],
  [{ maxCallHours: 0 }, "maxCallHours", /from 0.1 to 168/],
  [{ maxCallHours: "4" }, "maxCallHours", /must be a number of hours/],
  [{ maxCallHours: Number.NaN }, "maxCallHours", /must be a number of hours/],
  [{ maxCallHours: pulumi.output(4) }, "maxCallHours", /must be a plain value/],
  [{ recoveryWindowHours: -1 }, "recoveryWindowHours", /from 0 to 8760/],
  [{ recordingRetentionDays: 0 }, "recordingRetentionDays", /from 1 to 36500/],
  [{ recordingRetentionDays: 1.5 }, "recordingRetentionDays", /whole number/],
  // Streams keep 48 hours.
  [
    { recordingRetentionDays: 4 },
    "recordingRetentionDays",
    /must be at least 5, three days more .* marks .* are needed/,
  ],
  [
    { connectors: [{ voiceConnectorId: a }], recordingRetentionDays: 4 },
    "recordingRetentionDays",
    /must be at least 5, /,
  ],
  [
    { connectors: [{ voiceConnectorId: a, dataRetentionInHours: 720 }], recordingRetentionDays: 32 },
    "recordingRetentionDays",
    /must be at least 33, /,
  ],
  [{ objectLock: true }, "objectLock", /must be an object with mode, days/],
  [{ objectLock: { mode: "SOFT", days: 1 } }, "objectLock.mode", /"GOVERNANCE" or "COMPLIANCE"/],
  [{ objectLock: { mode: "COMPLIANCE" } }, "objectLock.days", /is required and must be a whole number/],
  [{ objectLock: { mode: "COMPLIANCE", days: 1, years: 1 } }, "objectLock.years", /is not an argument/],
  [
    { objectLock: { mode: "COMPLIANCE", days: 30 }, recordingRetentionDays: 7 },
    "recordingRetentionDays",
    /must not be less than objectLock.days/,
  ],
  [
    { objectLock: { mode: "GOVERNANCE", days: 30 }, retainRecordings: false },
    "retainRecordings",
    /must not be false with objectLock/,
  ],
  [{ stereo: "yes" }, "stereo", /true or false/],
  [{ includeNumbers: 1 }, "includeNumbers", /true or false/],
  [{ includeNumbers: pulumi.output(true) }, "includeNumbers", /must be a plain value/],
  [{ archive: 5 }, "archive", /must be an object with memoryMb/],
  [{ archive: { memory: 512 } }, "archive.memory", /is not an argument/],
  [{ archive: { memoryMb: 128 } }, "archive.memoryMb", /from 256 to 10240/],
  [{ archive: { maximumConcurrency: 1 } }, "archive.maximumConcurrency", /from 2, which SQS asks for/],
  [{ archive: { maximumConcurrency: 1_001 } }, "archive.maximumConcurrency", /to 1000/],
  [{ reconcile: [] }, "reconcile", /must be an object with hours/],
  [{ reconcile: { hours: 0 } }, "reconcile.hours", /from 1 to 24/],
  [{ reconcile: { hours: 1.5 } }, "reconcile.hours", /whole number/],
  [{ reconcile: { dailySweep: "no" } }, "reconcile.dailySweep", /true or false/],
  [
    { reconcile: { dailySweep: false, detailRecordsBucket: "detail-records" } },
    "reconcile.detailRecordsBucket",
    /is read by the daily sweep alone/,
  ],
  [{ reconcile: { hours: 13 } }, "reconcile.hours", /at most half of recoveryWindowHours, which is 24/],
  [{ recoveryWindowHours: 5, reconcile: { hours: 3 } }, "reconcile.hours", /at most half of recoveryWindowHours/],
  [{ recoveryWindowHours: 0 }, "recoveryWindowHours", /must be at least twice reconcile.hours, which is 1/],
  [{ reconcile: { detailRecordsBucket: "s3://x" } }, "reconcile.detailRecordsBucket", /name of an S3 bucket/],
  [{ retainRecordings: "always" }, "retainRecordings", /true or false/],
  [{ bucket: "archive-of-calls", retainRecordings: true }, "retainRecordings", /is for a bucket that is made/],
  [{ bucket: "archive-of-calls", recordingRetentionDays: 9 }, "recordingRetentionDays", /set it on that one/],
  [{ bucket: "archive-of-calls", objectLock: { mode: "GOVERNANCE", days: 1 } }, "objectLock", /set it on that one/],
  [{ bucket: "archive-of-calls", bucketRegion: "eu-west-1" }, "bucketRegion", /set it on that one/],
  [{ tags: ["team"] }, "tags", /must be an object of texts/],
  [{ tags: { team: 7 } }, "tags.team", /must be a text of at most 256/],
  [{ tags: { team: pulumi.secret("x") } }, "tags.team", /must be a plain value/],
  [{ tags: { "AWS:team": "x" } }, "tags.AWS:team", /is no name for a tag/],
  [{ tags: { team: "x".repeat(257) } }, "tags.team", /at most 256/],
  [{ tags: Object.fromEntries(Array.from({ length: 48 }, (_, i) => [`t${i}`, ""])) }, "tags", /must be at most 47/],
  [{ logRetentionDays: 0 }, "logRetentionDays", /numbers of days that CloudWatch Logs knows: 1, 3,/],
  [{ logRetentionDays: 31 }, "logRetentionDays", /CloudWatch Logs knows/],
  [{ logLevel: "verbose" }, "logLevel", /must be one of trace, debug/],
  [{ live }, "live", /is for mode: "live"/],
  [{ mode: "live" }, "live", /is required in live mode/],
  [{ ...liveMode, archive: {} }, "archive", /is for archive mode/],
  [{ ...liveMode, live: { subnetIds: ["subnet-1"] } }, "live.image", /is required and must name an image/],
  [{ ...liveMode, live: { ...live, image: "a b" } }, "live.image", /must name an image/],
  [{ ...liveMode, live: { image: "i" } }, "live.subnetIds", /is required: a list of subnets/],
  [{ ...liveMode, live: { ...live, subnetIds: [] } }, "live.subnetIds", /one to 16/],
  [{ ...liveMode, live: { ...live, subnetIds: "subnet-1" } }, "live.subnetIds", /must be a list/],
  [{ ...liveMode, live: { ...live, subnetIds: ["vpc-1"] } }, "live.subnetIds[0]", /must be the id of a subnet/],
  [{ ...liveMode, live: { ...live, securityGroupIds: ["x"] } }, "live.securityGroupIds[0]", /id of a security group/],
  [{ ...liveMode, live: { ...live, assignPublicIp: "ENABLED" } }, "live.assignPublicIp", /true or false/],
  [{ ...liveMode, live: { ...live, cluster: "arn:aws:s3:::x" } }, "live.cluster", /name or the ARN of an ECS cluster/],
  [
    { ...liveMode, live: { ...live, cluster: "arn:aws:ecs:eu-west-1:123456789012:cluster/office" } },
    "live.cluster",
    /must be in the connectors' region, us-east-1/,
  ],
  [{ ...liveMode, live: { ...live, cpu: 1_000 } }, "live.cpu", /must be one of 256, 512, 1024/],
  [
    { ...liveMode, live: { ...live, cpu: 256, memoryMb: 4_096 } },
    "live.memoryMb",
    /for 256 CPU units: 512, 1024, 2048/,
  ],
  [{ ...liveMode, live: { ...live, cpu: 4_096 } }, "live.memoryMb", /for 4096 CPU units: 8192/],
  [{ ...liveMode, live: { ...live, minTasks: 0 } }, "live.minTasks", /from 1 to 1000/],
  [{ ...liveMode, live: { ...live, minTasks: 11 } }, "live.maxTasks", /must not be less than live.minTasks/],
  [{ ...liveMode, live: { ...live, legsPerTask: 1.5 } }, "live.legsPerTask", /whole number/],
  [{ ...liveMode, live: { ...live, legsPerTask: 1_000 } }, "live.legsPerTask", /of which a task has 200/],
  [{ ...liveMode, live: { ...live, tasks: 3 } }, "live.tasks", /is not an argument/],
];

describe("faults of CallAudioConsumer", () => {
  for (const [args, property, says] of table) {
    const shown = Object.keys(args).filter((name) => (name !== "mode" && name !== "live") || property.startsWith(name));
    it(`${property} (${shown.join(", ")}): ${says.source}`, async () => {
      const found = await faults({ connectors, ...args });
      assert.deepEqual(
        found.map(([name]) => name),
        [property],
      );
      assert.match(found[0]![1], says);
    });
  }

  it("are all told at once, before anything is registered", async () => {
    const found = await faults({
      connectors: [
        { voiceConnectorId: "x", region: "mars-1", retention: 3 },
        7,
        { voiceConnectorId: b, dataRetentionInHours: -1 },
      ],
      mode: "archive",
      stereo: 1,
      tags: 3,
      reconcile: { hours: 99 },
    });
    assert.deepEqual(found.map(([name]) => name).sort(), [
      "connectors[0].region",
      "connectors[0].retention",
      "connectors[0].voiceConnectorId",
      "connectors[1]",
      "connectors[2].dataRetentionInHours",
      "reconcile.hours",
      "stereo",
      "tags",
    ]);
  });

  it("say what arguments must be", async () => {
    assert.deepEqual(await faults(undefined), [["args", "must be an object with connectors"]]);
    for (const none of [undefined, null, [], {}, "all", pulumi.output([])]) {
      const [[property, reason] = []] = await faults({ connectors: none });
      assert.equal(property, "connectors");
      assert.match(reason ?? "", /at least one connector, or a VoiceConnectorStreaming/);
    }
  });
});

describe("faults of CallAudioConsumer's connectors", () => {
  const withConnectors = (...list: unknown[]) => faults({ connectors: list });

  it("are regions that are not known while the program runs, and names that are missing", async () => {
    const found = await withConnectors(
      { voiceConnectorId: pulumi.output(a) },
      { voiceConnectorId: b, region: pulumi.output("us-east-1") },
    );
    assert.deepEqual(
      found.map(([name]) => name),
      ["connectors[0].name", "connectors[1].region"],
    );
    assert.match(found[1]![1], /must be a plain value/);
  });

  it("are doubles", async () => {
    const found = await withConnectors(
      { voiceConnectorId: a },
      { voiceConnectorId: a },
      { voiceConnectorId: b, name: a },
    );
    assert.deepEqual(found, [
      ["connectors[1].voiceConnectorId", "is the same as that of connectors[0]"],
      ["connectors[2].name", "is the same as that of connectors[0]"],
    ]);
  });

  it("are regions that neither they nor the stack name", async () => {
    const none = await faultsOf(
      (options) => new CallAudioConsumer("recorder", { connectors: [{ voiceConnectorId: a }] }, options),
      { region: undefined },
    );
    assert.match(
      none[0]!.join(" "),
      /^connectors\[0\].region is required, as aws:region of the stack is not set; it must be/,
    );
    const [elsewhere] = await faults({ connectors: [{ voiceConnectorId: a }] }, "sa-east-1");
    assert.match(elsewhere!.join(" "), /aws:region of the stack has no Voice Connectors/);
  });

  it("are retentions with which audio could be gone before it is read, told with the connector and what to set", async () => {
    const found = await faults({
      connectors: [
        { voiceConnectorId: a, dataRetentionInHours: 0 },
        { voiceConnectorId: b, name: "office", dataRetentionInHours: 12 },
        { voiceConnectorId: "c".repeat(22), dataRetentionInHours: 13 },
      ],
      maxCallHours: 2.5,
      recoveryWindowHours: 10,
    });
    assert.deepEqual(
      found.map(([name]) => name),
      ["connectors[0].dataRetentionInHours", "connectors[1].dataRetentionInHours"],
    );
    assert.match(
      found[0]![1],
      new RegExp(`^of ${a} is 0: nothing is kept that archive mode could read; set it to at least 13`),
    );
    assert.match(found[1]![1], /^of office is 12; set it to at least 13, .* or record with mode: "live"$/);
  });

  it("are the retention and the targets of a VoiceConnectorStreaming", async () => {
    const found = await faultsOf((options) => {
      const streaming = new VoiceConnectorStreaming("streaming", {
        dataRetentionInHours: 2,
        connectors: [{ voiceConnectorId: a, notificationTargets: ["SQS"] }],
      });
      return new CallAudioConsumer("recorder", { connectors: streaming }, options);
    });
    assert.deepEqual(
      found.map(([name]) => name),
      ["connectors[0].dataRetentionInHours", "connectors[0].notificationTargets"],
    );
  });

  it("are not retention 0 in live mode, which reads at once", async () => {
    const args = { ...liveMode, connectors: [{ voiceConnectorId: a, dataRetentionInHours: 0 }], stereo: 0 };
    assert.deepEqual(
      (await faults(args)).map(([name]) => name),
      ["stereo"],
    );
  });

  it("are several regions in live mode", async () => {
    const several = [...connectors, { voiceConnectorId: b, region: "eu-west-1" }];
    const [[property, reason] = []] = await faults({ ...liveMode, connectors: several });
    assert.equal(property, "connectors");
    assert.match(reason ?? "", /are in us-east-1, eu-west-1, .* make one CallAudioConsumer a region/);
  });

  const many = (length: number, region = "us-east-1") =>
    Array.from({ length }, (_, i) => ({ voiceConnectorId: String(i).padStart(22, "c"), region }));

  it("are more than one rule can name", async () => {
    const [[property, reason] = []] = await faults({ connectors: many(80) });
    assert.equal(property, "connectors");
    assert.match(reason ?? "", /has 80 connectors of us-east-1, and an EventBridge rule has room for 74: make several/);
  });

  it("are more than a role's policy can name, and it is said how many it can", async () => {
    const region = "ap-northeast-1";
    const kmsKeyArn = `arn:aws:kms:${region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    const args = { kmsKeyArn, keyPrefix: "p".repeat(256), reconcile: { detailRecordsBucket: output } };
    const found = await faults({ connectors: many(74, region), ...args });
    assert.equal(found.length, 1);
    const [property, reason] = found[0]!;
    assert.equal(property, "connectors");
    const [, most] = /^has 74 .*the policy of the role "reconcile" has room for (\d+): make several/.exec(reason) ?? [];
    assert.ok(Number(most) > 60, reason);
    const fitting = { connectors: many(Number(most), region), ...args, stereo: 0 };
    assert.deepEqual(
      (await faults(fitting)).map(([name]) => name),
      ["stereo"],
    );
  });

  it("are calls that need more disk than a function has", async () => {
    const long = [{ voiceConnectorId: a, dataRetentionInHours: 200 }];
    const [[property, reason] = []] = await faults({ connectors: long, maxCallHours: 60 });
    assert.equal(property, "maxCallHours");
    assert.match(
      reason ?? "",
      /needs 12360 MB of disk, of which a function has 10240: make it smaller, or stereo false/,
    );
  });
});
