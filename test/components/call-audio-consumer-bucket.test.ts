import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { consumerSettings } from "../../components/call-audio-consumer-settings.js";
import { markDays } from "../../components/retention-demands.js";
import { parseReconcileConfig } from "../../consumer/reconcile/reconcile-config.js";
import { sweepWindowMs } from "../../consumer/reconcile/sweep-window.js";
import { CallAudioConsumer, type CallAudioConsumerArgs } from "../../index.js";
import { deployed, statements, variables } from "./deployed-consumer.js";
import { a, account, faultsOf, resolved } from "./registered.js";

describe("CallAudioConsumer's bucket", () => {
  it("is private, encrypted, over TLS only, and loses unfinished uploads and old marks", async () => {
    const { graph } = await deployed({ keyPrefix: "calls" });
    const block = graph.inputs("BucketPublicAccessBlock", "recorder-bucket-public-access");
    const switches = [
      block.blockPublicAcls,
      block.blockPublicPolicy,
      block.ignorePublicAcls,
      block.restrictPublicBuckets,
    ];
    assert.deepEqual(switches, [true, true, true, true]);
    const { rule } = graph.inputs("BucketOwnershipControls", "recorder-bucket-ownership");
    assert.equal(rule.objectOwnership, "BucketOwnerEnforced");
    const [statement, ...others] = JSON.parse(graph.inputs("BucketPolicy", "recorder-bucket-policy").policy).Statement;
    assert.deepEqual([statement.Effect, statement.Principal, statement.Action], ["Deny", "*", "s3:*"]);
    assert.deepEqual(statement.Condition, { Bool: { "aws:SecureTransport": "false" } });
    assert.deepEqual(others, []);
    const encryption = graph.inputs("BucketServerSideEncryptionConfiguration", "recorder-bucket-encryption");
    assert.deepEqual(encryption.rules, [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }]);
    const { rules } = graph.inputs("BucketLifecycleConfiguration", "recorder-bucket-lifecycle");
    assert.deepEqual(rules, [
      {
        id: "unfinished-uploads",
        status: "Enabled",
        filter: { prefix: "" },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 2 },
      },
      { id: "marks", status: "Enabled", filter: { prefix: "calls/marks/" }, expiration: { days: 14 } },
    ]);
  });

  it("expires recordings, is encrypted with a key, and stands where the program says", async () => {
    const kmsKeyArn = `arn:aws:kms:eu-west-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    const { graph } = await deployed({ recordingRetentionDays: 90, kmsKeyArn, bucketRegion: "eu-west-1" });
    const { rules } = graph.inputs("BucketLifecycleConfiguration", "recorder-bucket-lifecycle");
    assert.deepEqual(rules[2], {
      id: "recordings",
      status: "Enabled",
      filter: { prefix: "recordings/" },
      expiration: { days: 90 },
    });
    const encryption = graph.inputs("BucketServerSideEncryptionConfiguration", "recorder-bucket-encryption");
    assert.deepEqual(encryption.rules, [
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
        bucketKeyEnabled: true,
      },
    ]);
    const ofBucket = graph.resources.filter(({ type }) => type.includes("aws:s3/"));
    assert.deepEqual(new Set(ofBucket.map(({ inputs }) => inputs.region)), new Set(["eu-west-1"]));
    assert.equal(graph.options.get("recorder-bucket")?.ignoreChanges, undefined);
  });

  it("keeps marks for longer than streams keep the media of their calls, whatever else expires", async () => {
    const days = async (args: Partial<CallAudioConsumerArgs>) => {
      const { graph } = await deployed(args);
      const { rules } = graph.inputs("BucketLifecycleConfiguration", "recorder-bucket-lifecycle");
      return (rules as { id: string; expiration?: { days: number } }[])
        .filter(({ id }) => id === "marks" || id === "recordings")
        .map(({ expiration }) => expiration?.days);
    };
    const kept = (...hours: pulumi.Input<number>[]) =>
      hours.map((dataRetentionInHours, i) => ({ voiceConnectorId: `${i}`.padStart(22, "c"), dataRetentionInHours }));
    assert.deepEqual(await days({ connectors: kept(48) }), [14]);
    assert.deepEqual(await days({ connectors: kept(48, 720), recordingRetentionDays: 33 }), [33, 33]);
    assert.deepEqual(await days({ connectors: kept(48, pulumi.output(8_760)) }), [368]);
    // Nothing is known of retention but what is asked for.
    const connectors = [{ voiceConnectorId: a }];
    assert.deepEqual(await days({ connectors, recoveryWindowHours: 716 }), [33]);
  });

  it("keeps recordings for as long as the sweep looks for what has none", async () => {
    const cases = [
      {},
      { maxCallHours: 20, recoveryWindowHours: 4 },
      { maxCallHours: 1, recoveryWindowHours: 2 },
      { maxCallHours: 0.5, recoveryWindowHours: 24 },
      { maxCallHours: 40, recoveryWindowHours: 400, stereo: false },
    ];
    for (const args of cases) {
      const connectors = [{ voiceConnectorId: a }];
      const [[, reason] = []] = await faultsOf(
        (options) => new CallAudioConsumer("recorder", { connectors, ...args, recordingRetentionDays: 1 }, options),
      );
      const [, days] = /^must be at least (\d+)/.exec(reason ?? "") ?? [];
      const { graph } = await deployed({ connectors, ...args, recordingRetentionDays: Number(days) });
      const config = parseReconcileConfig({ ...variables(graph, "reconcile"), AWS_REGION: "us-east-1" });
      assert.ok(Number(days) * 24 * 3_600_000 >= sweepWindowMs(config), JSON.stringify(args));
    }
  });

  it("is not made where recordings would expire too early for a retention that becomes known later", async () => {
    const connectors = [{ name: "office", voiceConnectorId: a, dataRetentionInHours: pulumi.output(720) }];
    const days = (recordingRetentionDays: number) =>
      (
        markDays(consumerSettings("recorder", { connectors, recordingRetentionDays }, "us-east-1")) as unknown as {
          promise(): Promise<number>;
        }
      ).promise();
    await assert.rejects(days(32), /recordingRetentionDays must be at least 33, /);
    assert.equal(await days(33), 33);
  });

  it("stays where it was made when another connector becomes the first", async () => {
    const { graph } = await deployed();
    assert.deepEqual(graph.options.get("recorder-bucket")?.ignoreChanges, ["region"]);
  });

  it("is locked where that is asked for, and its replaced versions go when they may", async () => {
    const { graph } = await deployed({ objectLock: { mode: "COMPLIANCE", days: 30 }, recordingRetentionDays: 30 });
    assert.equal(graph.inputs("Bucket", "recorder-bucket").objectLockEnabled, true);
    const { versioningConfiguration } = graph.inputs("BucketVersioning", "recorder-bucket-versioning");
    assert.deepEqual(versioningConfiguration, { status: "Enabled" });
    const { rule } = graph.inputs("BucketObjectLockConfiguration", "recorder-bucket-lock");
    assert.deepEqual(rule, { defaultRetention: { mode: "COMPLIANCE", days: 30 } });
    const { rules } = graph.inputs("BucketLifecycleConfiguration", "recorder-bucket-lifecycle");
    assert.deepEqual(rules[3].noncurrentVersionExpiration, { noncurrentDays: 1 });
    assert.deepEqual(rules[3].expiration, { expiredObjectDeleteMarker: true });
  });

  it("outlives the stack with all that protects it, unless asked", async () => {
    const kept = async (args: Partial<CallAudioConsumerArgs>) => {
      const { graph } = await deployed(args);
      const names = graph.resources.filter(({ type }) => type.startsWith("aws:")).map(({ name }) => name);
      return {
        kept: names.filter((name) => graph.options.get(name)?.retainOnDelete).sort(),
        forceDestroy: graph.inputs("Bucket", "recorder-bucket").forceDestroy,
      };
    };
    const own = ["", "-encryption", "-lifecycle", "-ownership", "-policy", "-public-access"];
    assert.deepEqual(await kept({}), { kept: own.map((part) => `recorder-bucket${part}`), forceDestroy: false });
    assert.deepEqual(await kept({ retainRecordings: false }), { kept: [], forceDestroy: true });
  });

  it("is not touched where it is given", async () => {
    const { made, graph } = await deployed({ bucket: pulumi.output("archive-of-calls"), keyPrefix: "calls" });
    assert.deepEqual(
      graph.resources.filter(({ type }) => type.includes("aws:s3/")),
      [],
    );
    assert.equal(variables(graph, "archive").OUTPUT, "s3://archive-of-calls/calls");
    assert.equal(statements(graph, "archive").KeepRecordings?.Resource, "arn:aws:s3:::archive-of-calls/calls/*");
    assert.equal(await resolved(made.bucket), "archive-of-calls");
  });
});
