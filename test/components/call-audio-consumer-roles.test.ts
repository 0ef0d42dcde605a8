import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { CallAudioConsumer, type CallAudioConsumerArgs } from "../../index.js";
import { deployed, statements } from "./deployed-consumer.js";
import { account, faultsOf, type Graph, run } from "./registered.js";

describe("CallAudioConsumer's roles", () => {
  const actions = (graph: Graph, kind: string) =>
    Object.fromEntries(Object.values(statements(graph, kind)).map(({ Sid, Action }) => [Sid, [Action].flat()]));

  it("let the recorder read its connectors' streams, keep recordings below one prefix, and take one queue's events", async () => {
    const { graph } = await deployed();
    assert.deepEqual(actions(graph, "archive"), {
      ReadStreams: [
        "kinesisvideo:DescribeStream",
        "kinesisvideo:GetDataEndpoint",
        "kinesisvideo:ListFragments",
        "kinesisvideo:GetMediaForFragmentList",
      ],
      KeepRecordings: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      ListRecordings: ["s3:ListBucket"],
      TakeEvents: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
      PutAside: ["sqs:SendMessage"],
      WriteLogs: ["logs:CreateLogStream", "logs:PutLogEvents"],
    });
    const found = statements(graph, "archive");
    const queue = `arn:aws:sqs:us-east-1:${account}:calls-prod-recorder-us-east-1`;
    assert.equal(found.KeepRecordings?.Resource, "arn:aws:s3:::calls-prod-recorder-0001/recordings/*");
    assert.equal(found.ListRecordings?.Resource, "arn:aws:s3:::calls-prod-recorder-0001");
    assert.deepEqual(found.ListRecordings?.Condition, { StringLike: { "s3:prefix": "recordings/*" } });
    assert.equal(found.TakeEvents?.Resource, `${queue}-events`);
    assert.equal(found.PutAside?.Resource, `${queue}-dead-letters`);
    const logs = `arn:aws:logs:us-east-1:${account}:log-group:/aws/lambda/calls-prod-recorder-us-east-1-archive:*`;
    assert.equal(found.WriteLogs?.Resource, logs);
  });

  it("let only the one that looks for lost legs list streams, and nobody but it send events", async () => {
    const { graph } = await deployed();
    const reconcile = actions(graph, "reconcile");
    assert.deepEqual(Object.keys(reconcile), [
      "ListStreams",
      "ReadStreams",
      "ReadRecordings",
      "KeepMarks",
      "ListRecordings",
      "SendEvents",
      "PutAside",
      "WriteLogs",
    ]);
    const found = statements(graph, "reconcile");
    assert.deepEqual(found.ListStreams, {
      Sid: "ListStreams",
      Effect: "Allow",
      Action: "kinesisvideo:ListStreams",
      Resource: "*",
    });
    assert.equal(found.KeepMarks?.Resource, "arn:aws:s3:::calls-prod-recorder-0001/recordings/marks/*");
    assert.deepEqual(reconcile.ReadRecordings, ["s3:GetObject"]);
    const everywhere = Object.values(statements(graph, "archive")).filter(({ Resource }) => Resource === "*");
    assert.deepEqual(everywhere, []);
  });

  it("reach detail records, and nothing else, where a bucket of them is given", async () => {
    const { graph } = await deployed({ reconcile: { detailRecordsBucket: pulumi.output("detail-records") } });
    const folder = "Amazon-Chime-Voice-Connector-SDRs/json/*";
    const found = statements(graph, "reconcile");
    assert.equal(found.ReadDetailRecords?.Resource, `arn:aws:s3:::detail-records/${folder}`);
    assert.deepEqual(found.ListDetailRecords?.Condition, { StringLike: { "s3:prefix": folder } });
  });

  describe("and functions of as many connectors as a consumer takes, under the longest names", () => {
    const region = "ap-northeast-1";
    const kmsKeyArn = `arn:aws:kms:${region}:${account}:key/mrk-1234abcd12ab34cd56ef1234567890ab`;
    const uuid = (i: number) => `${String(i).padStart(8, "0")}-1111-2222-3333-444444444444`;
    const short = (i: number) => String(i).padStart(22, "c");
    const most = async (args: Partial<CallAudioConsumerArgs>, id: (i: number) => string) => {
      const connectors = (length: number) =>
        Array.from({ length }, (_, i) => ({ voiceConnectorId: id(i), region, dataRetentionInHours: 48 }));
      const [[, reason] = []] = await faultsOf(
        (options) => new CallAudioConsumer("recorder", { connectors: connectors(90), ...args }, options),
      );
      const [, room] = /has room for (\d+)/.exec(reason ?? "") ?? [];
      return connectors(Number(room));
    };
    const long = { keyPrefix: "p".repeat(256), kmsKeyArn };
    const live = { image: "i", subnetIds: ["subnet-1"], cluster: "c".repeat(255) };
    const cases: [string, Partial<CallAudioConsumerArgs>, (i: number) => string, number][] = [
      ["of archive mode", { ...long, reconcile: { detailRecordsBucket: "d".repeat(63) } }, short, 60],
      ["of live mode", { ...long, mode: "live", live }, short, 60],
      ["with UUIDs for ids", { ...long, reconcile: { detailRecordsBucket: "d".repeat(63) } }, uuid, 45],
    ];
    for (const [what, args, id, atLeast] of cases) {
      it(`keep to what IAM and Lambda allow, ${what}`, async () => {
        const connectors = await most(args, id);
        assert.ok(connectors.length > atLeast, `${connectors.length}`);
        const name = "recorder".repeat(20);
        const { graph } = await run((options) => new CallAudioConsumer(name, { connectors, ...args }, options), {
          project: "p".repeat(90),
        });
        for (const { name, inputs } of graph.of("RolePolicy")) {
          assert.ok(inputs.policy.length <= 10_240, `${name}: ${inputs.policy.length} characters`);
        }
        for (const { name, inputs } of graph.of("Function")) {
          const bytes = Buffer.byteLength(JSON.stringify(inputs.environment.variables));
          assert.ok(bytes <= 4_096, `${name}: ${bytes} bytes`);
        }
        assert.ok(graph.of("EventRule").every(({ inputs }) => (inputs.eventPattern?.length ?? 0) <= 2_048));
      });
    }
  });

  it("use the key that is given, and none else", async () => {
    const key = `arn:aws:kms:us-east-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    const { graph } = await deployed({ kmsKeyArn: key });
    for (const kind of ["archive", "reconcile"]) {
      const { UseKey } = statements(graph, kind);
      assert.deepEqual([UseKey?.Action, UseKey?.Resource], [["kms:Decrypt", "kms:GenerateDataKey"], key]);
    }
    assert.equal(statements((await deployed()).graph, "archive").UseKey, undefined);
  });
});
