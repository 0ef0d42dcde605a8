import assert from "node:assert/strict";
import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { ACCOUNT_ID } from "../ministack.js";
import { REGIONS } from "./cloud.js";
import type { Deployment } from "./deployment.js";
import { newUser } from "./user.js";

/** What is there, as a client tells that neither this project nor the stand-in for the provider plugin wrote. */
export function graphProofs(deployed: () => Deployment): void {
  for (const region of REGIONS) {
    const cli = (...args: string[]) => deployed().cli(...args, "--region", region);

    it(`${region}: an encrypted queue with a dead-letter queue, which keep messages for 14 days`, async () => {
      const { queueUrls, deadLetterQueueUrls } = deployed().outputs;
      const attributesOf = async (url: string) =>
        (await cli("sqs", "get-queue-attributes", "--attribute-names", "All", "--queue-url", url)).Attributes;
      const dead = await attributesOf(deadLetterQueueUrls[region]!);
      const queue = await attributesOf(queueUrls[region]!);
      for (const attributes of [queue, dead]) {
        assert.equal(attributes.MessageRetentionPeriod, String(14 * 24 * 3_600));
        assert.equal(attributes.SqsManagedSseEnabled, "true");
        assert.match(attributes.QueueArn, new RegExp(`^arn:aws:sqs:${region}:${ACCOUNT_ID}:`));
      }
      assert.equal(JSON.parse(queue.RedrivePolicy).deadLetterTargetArn, dead.QueueArn);
      assert.deepEqual(JSON.parse(dead.RedriveAllowPolicy).sourceQueueArns, [queue.QueueArn]);
    });

    it(`${region}: the queue feeds a function, a message at a time, hidden for at least six times its timeout`, async () => {
      const { archive, queueUrls } = deployed().outputs;
      const { EventSourceMappings } = await cli("lambda", "list-event-source-mappings");
      assert.equal(EventSourceMappings.length, 1);
      const [mapping] = EventSourceMappings;
      assert.equal(mapping.FunctionArn, archive[region]);
      assert.equal(mapping.EventSourceArn, arnOf(queueUrls[region]!, region));
      assert.equal(mapping.BatchSize, 1);
      assert.deepEqual(mapping.FunctionResponseTypes, ["ReportBatchItemFailures"]);
      assert.ok(mapping.ScalingConfig.MaximumConcurrency >= 2);
      const { Configuration, Concurrency } = await cli("lambda", "get-function", "--function-name", archive[region]!);
      assert.equal(Concurrency, undefined, "no reserved concurrency");
      assert.deepEqual(Configuration.Architectures, ["arm64"]);
      const name = ["--attribute-names", "VisibilityTimeout", "--queue-url", queueUrls[region]!];
      const { Attributes } = await cli("sqs", "get-queue-attributes", ...name);
      assert.ok(Number(Attributes.VisibilityTimeout) >= 6 * Configuration.Timeout);
      const logGroup = ["--log-group-name-prefix", `/aws/lambda/${Configuration.FunctionName}`];
      const { logGroups } = await cli("logs", "describe-log-groups", ...logGroup);
      assert.deepEqual(
        logGroups.map(({ retentionInDays }: { retentionInDays: number }) => retentionInDays),
        [30],
      );
    });

    it(`${region}: the rule lets through what is recorded, and nothing else`, async () => {
      const deployment = deployed();
      const connector = deployment.connectors[region];
      const event = (changes: object, detail: object = {}) =>
        JSON.stringify({
          version: "0",
          id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
          "detail-type": "Chime VoiceConnector Streaming Status",
          source: "aws.chime",
          account: ACCOUNT_ID,
          time: "2026-01-01T00:00:00Z",
          region,
          resources: [],
          ...changes,
          detail: { streamingStatus: "ENDED", voiceConnectorId: connector, version: "0", ...detail },
        });
      for (const streamingStatus of ["STARTED", "ENDED", "FAILED"])
        assert.equal(await deployment.matches(region, event({}, { streamingStatus })), true, streamingStatus);
      for (const other of [
        event({}, { voiceConnectorId: "zzzzzzzzzzzzzzzzzzzzzz" }),
        event({}, { streamingStatus: "UPDATED" }),
        event({ source: "my.chime" }),
        event({ account: "210987654321" }),
        event({ "detail-type": "Chime VoiceConnector Call Status" }),
      ])
        assert.equal(await deployment.matches(region, other), false, other);
    });

    it(`${region}: the rule's target is the queue, which nobody else's rule may send to`, async () => {
      const { name: rule } = await deployed().rule(region);
      const { queueUrls, deadLetterQueueUrls } = deployed().outputs;
      const { Targets } = await cli("events", "list-targets-by-rule", "--rule", rule);
      assert.deepEqual(
        Targets.map(({ Arn, DeadLetterConfig }: Record<string, unknown>) => [Arn, DeadLetterConfig]),
        [[arnOf(queueUrls[region]!, region), { Arn: arnOf(deadLetterQueueUrls[region]!, region) }]],
      );
      const name = ["--attribute-names", "Policy", "--queue-url", queueUrls[region]!];
      const { Attributes } = await cli("sqs", "get-queue-attributes", ...name);
      const allowed = JSON.parse(Attributes.Policy).Statement.filter(
        ({ Effect }: { Effect: string }) => Effect === "Allow",
      );
      assert.equal(allowed.length, 1);
      assert.deepEqual(allowed[0].Principal, { Service: "events.amazonaws.com" });
      assert.deepEqual(allowed[0].Condition, {
        ArnEquals: { "aws:SourceArn": `arn:aws:events:${region}:${ACCOUNT_ID}:rule/${rule}` },
      });
    });
  }

  it("nobody but AWS itself can put an event of Chime's on the bus", async () => {
    const entry = { Source: "aws.chime", DetailType: "Chime VoiceConnector Streaming Status", Detail: "{}" };
    const put = ["events", "put-events", "--region", "us-east-1", "--entries", JSON.stringify([entry])];
    const { Entries } = await deployed().cli(...put);
    assert.equal(Entries[0].ErrorCode, "NotAuthorizedForSourceException");
  });

  it("one bucket: private, encrypted, and not to be reached without TLS", async () => {
    const { cli, outputs } = deployed();
    const { Buckets } = await cli("s3api", "list-buckets");
    assert.deepEqual(
      Buckets.map(({ Name }: { Name: string }) => Name),
      [outputs.bucket],
    );
    const ask = (command: string) => cli("s3api", command, "--bucket", outputs.bucket);
    const { PublicAccessBlockConfiguration } = await ask("get-public-access-block");
    assert.ok(Object.values(PublicAccessBlockConfiguration).every((isBlocked) => isBlocked === true));
    const { ServerSideEncryptionConfiguration } = await ask("get-bucket-encryption");
    assert.equal(ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm, "AES256");
    const { Rules } = await ask("get-bucket-lifecycle-configuration");
    assert.ok(Rules.some((rule: Record<string, unknown>) => rule.AbortIncompleteMultipartUpload));
    const { s3: client, allow } = await newUser(deployed(), "administrator");
    await allow(
      JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }),
    );
    const list = () => client.send(new ListObjectsV2Command({ Bucket: outputs.bucket }));
    await list();
    // What a proxy says that ended TLS, or that was reached without.
    saying(client, "x-forwarded-proto", "http");
    await assert.rejects(list(), { name: "AccessDenied" });
  });

  it("every resource that AWS can tag has the program's tags", async () => {
    const { deployment } = await deployed().project.state();
    const tagged = deployment.resources!.filter(({ type, outputs }) => type.startsWith("aws:") && outputs?.tags);
    const types = new Set(tagged.map(({ type }) => type));
    assert.ok(types.size >= 8, [...types].join());
    for (const { urn, outputs } of tagged)
      assert.equal((outputs!.tags as Record<string, string>).team, "telephony", urn);
  });
}

function saying(client: S3Client, header: string, value: string): void {
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers[header] = value;
      return next(args);
    },
    { step: "build" },
  );
}

function arnOf(queueUrl: string, region: string): string {
  return `arn:aws:sqs:${region}:${ACCOUNT_ID}:${queueUrl.split("/").at(-1)}`;
}
