import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  ChimeSDKVoiceClient,
  DeleteVoiceConnectorStreamingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { KinesisVideoClient, ListStreamsCommand, UpdateDataRetentionCommand } from "@aws-sdk/client-kinesis-video";
import { GetQueueAttributesCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { examine } from "../../../consumer/doctor/examine.js";
import { findingKinds } from "../../../consumer/doctor/finding-codes.js";
import { packageVersion } from "../../../consumer/package-version.js";
import { BUCKET, type Clinic, openClinic, REGION } from "./clinic.js";

const READS = /^(chime|iam|sts|kinesisvideo|sqs|s3):(Get|List)/;

describe("examine", function () {
  this.timeout(20_000);
  let clinic: Clinic;

  beforeEach(async () => {
    clinic = await openClinic();
  });

  afterEach(() => clinic.close());

  const host = (id: string) => `${REGION}/${id}`;

  it("has nothing to say against an account whose calls are recorded, and shows what there is", async () => {
    const id = await clinic.stream();
    await clinic.mark(id, "acme/calls/prod", "calls");
    await clinic.call(id);
    const queueUrl = await clinic.deployConsumer();
    const diagnosis = await examine();
    assert.deepEqual(
      diagnosis.findings.filter(({ level }) => level !== "ok"),
      [],
    );
    const { account, role, regions, connectors, consumers, recordings, problems, warnings, isRefused } = diagnosis;
    assert.deepEqual({ problems, warnings, isRefused }, { problems: 0, warnings: 0, isRefused: false });
    assert.equal(account?.accountId, "123456789012");
    assert.equal(account?.source, "the environment");
    assert.equal(role.state, "there");
    assert.equal(regions.length, 10);
    assert.ok(regions.every(({ state }) => state === "looked at"));
    const [{ streams, ...connector }] = connectors as [(typeof connectors)[0]];
    assert.deepEqual(connector, {
      region: REGION,
      voiceConnectorId: id,
      name: "office",
      owner: { stack: "acme/calls/prod", name: "calls" },
      streaming: "on",
      dataRetentionInHours: 24,
      notificationTargets: ["EventBridge"],
    });
    const { newestFragmentAt, ...counts } = streams!;
    assert.deepEqual(counts, { count: 2, otherRetention: 0, keepNothing: 0, asked: 2 });
    assert.ok(Math.abs(Date.now() - Date.parse(newestFragmentAt!)) < 60_000, newestFragmentAt);
    assert.deepEqual(consumers, [
      {
        region: REGION,
        queueUrl,
        name: "recorder",
        version: packageVersion().version,
        mode: "archive",
        recordings: `s3://${BUCKET}/calls`,
        messages: { waiting: 0, inFlight: 0, delayed: 0 },
        deadLetters: 0,
      },
    ]);
    assert.equal(recordings[0]?.sidecars, 1);
    assert.equal(recordings[0]?.unrecordedLegs, 1);
  });

  it("changes nothing, and receives no message: a delivery counts", async () => {
    const id = await clinic.stream();
    await clinic.call(id);
    const queueUrl = await clinic.deployConsumer();
    await clinic.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "an event" }));
    clinic.aws.control.clearCalls();
    const { consumers } = await clinic.examine({ queueUrl, recordings: `s3://${BUCKET}/calls` });
    assert.equal(consumers[0]?.messages?.waiting, 1);
    const asked = new Set(clinic.aws.control.calls().map(({ action }) => action));
    assert.deepEqual(
      [...asked].filter((action) => !READS.test(action)),
      [],
    );
    assert.ok(asked.has("kinesisvideo:ListFragments") && asked.has("s3:ListObjectsV2"), [...asked].join());
  });

  it("says why nothing is recorded where nothing streams, and by which command to change that", async () => {
    assert.deepEqual(await clinic.complaints(), { DOCTOR_NO_CONNECTORS: [REGION] });
    const { id } = clinic.aws.control.createVoiceConnector(REGION, "office");
    const { findings, problems } = await clinic.examine();
    assert.equal(problems, 1);
    const off = findings.find(({ code }) => code === "DOCTOR_STREAMING_OFF")!;
    assert.deepEqual(off.where, [host(id)]);
    assert.match(off.next!, new RegExp(`--region ${REGION} --voice-connector-id ${id} `));
    await clinic.mark(id, "acme/calls/prod", "calls");
    assert.deepEqual(await clinic.complaints(), {
      DOCTOR_STREAMING_REMOVED: [host(id)],
      DOCTOR_NOTHING_STREAMS: [],
    });
  });

  it("names what keeps a connector's calls from being recorded", async () => {
    const disabled = await clinic.stream({ Disabled: true });
    const silent = await clinic.stream({ StreamingNotificationTargets: undefined, DataRetentionInHours: 1 });
    const elsewhere = await clinic.stream({ StreamingNotificationTargets: [{ NotificationTarget: "SQS" }] });
    const live = await clinic.stream({ DataRetentionInHours: 0 });
    const complaints = await clinic.complaints();
    assert.deepEqual(complaints, {
      DOCTOR_STREAMING_DISABLED: [host(disabled)],
      DOCTOR_NO_TARGETS: [host(silent)],
      DOCTOR_RETENTION_SHORT: [host(silent)],
      DOCTOR_NO_EVENTBRIDGE: [host(elsewhere)],
      DOCTOR_RETENTION_ZERO: [host(live)],
      DOCTOR_NO_STREAMS: complaints.DOCTOR_NO_STREAMS,
      DOCTOR_NO_CONSUMER: [REGION],
    });
    await clinic.deployConsumer({ version: "0.0.9" });
    const { findings } = await clinic.examine();
    const codes = findings.map(({ code }) => code);
    // What reads afterwards finds nothing there.
    assert.ok(
      codes.includes("DOCTOR_RETENTION_ZERO_ARCHIVE") && !codes.includes("DOCTOR_RETENTION_ZERO"),
      codes.join(),
    );
    assert.match(findings.find(({ code }) => code === "DOCTOR_VERSION_DIFFERS")!.what, /with 0\.0\.9, and this is /);
  });

  it("sees streams that keep their former retention, and a role that is gone", async () => {
    const id = await clinic.stream({ DataRetentionInHours: 0 });
    await clinic.call(id);
    await clinic.call(id);
    const chime = new ChimeSDKVoiceClient({ region: REGION });
    await chime.send(new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: id }));
    const kinesis = new KinesisVideoClient({ region: REGION });
    const { StreamInfoList = [] } = await kinesis.send(new ListStreamsCommand({}));
    assert.equal(StreamInfoList.length, 2);
    const { StreamARN, Version } = StreamInfoList[0]!;
    await kinesis.send(
      new UpdateDataRetentionCommand({
        StreamARN,
        CurrentVersion: Version,
        Operation: "INCREASE_DATA_RETENTION",
        DataRetentionChangeInHours: 5,
      }),
    );
    await clinic.configure(id);
    clinic.aws.control.addFault({
      kind: "error",
      actions: ["iam:GetRole"],
      code: "NoSuchEntity",
      httpStatus: 404,
      message: "The role cannot be found.",
    });
    const complaints = await clinic.complaints();
    assert.deepEqual(complaints.DOCTOR_ROLE_MISSING, [host(id)]);
    assert.deepEqual(complaints.DOCTOR_STREAMS_KEEP_NOTHING, [host(id)]);
    assert.deepEqual(complaints.DOCTOR_STREAM_RETENTION, [host(id)]);
  });

  it("says when all media of a connector has expired", async () => {
    const id = await clinic.stream({ DataRetentionInHours: 24 });
    await clinic.call(id);
    assert.equal((await clinic.complaints()).DOCTOR_NO_MEDIA, undefined);
    clinic.aws.control.change({ retentionHourMs: 1 });
    let found: string[] | undefined;
    for (let look = 0; look < 500 && !found; look++) found = (await clinic.complaints()).DOCTOR_NO_MEDIA;
    assert.deepEqual(found, [host(id)]);
  });

  it("finds what waits in queues, and in the dead-letter queue", async () => {
    await clinic.call(await clinic.stream());
    const queueUrl = await clinic.deployConsumer();
    await clinic.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "an event" }));
    const deadLetters = queueUrl.replace(/events$/, "dead-letters");
    await clinic.sqs.send(new SendMessageCommand({ QueueUrl: deadLetters, MessageBody: "a reason" }));
    assert.deepEqual(await clinic.complaints(), {
      DOCTOR_DEAD_LETTERS: [queueUrl],
      DOCTOR_QUEUE_UNREAD: [queueUrl],
    });
    assert.deepEqual((await clinic.complaints({ queueUrl: deadLetters })).DOCTOR_NO_DEAD_LETTER_QUEUE, [deadLetters]);
    assert.deepEqual(await clinic.complaints({ queueUrl: `${queueUrl}x` }), { DOCTOR_QUEUE_MISSING: [`${queueUrl}x`] });
    const location = "s3://no-such-bucket";
    assert.deepEqual((await clinic.complaints({ recordings: location })).DOCTOR_RECORDINGS_MISSING, [location]);
    const { Attributes } = await clinic.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
    );
    assert.equal(Attributes?.ApproximateNumberOfMessages, "1");
  });

  it("makes of each denied action the statement that allows it, and shows the rest", async () => {
    const id = await clinic.stream();
    await clinic.call(id);
    const actions = ["iam:GetRole", "chime:ListTagsForResource", "kinesisvideo:ListStreams", "sqs:ListQueues"];
    clinic.aws.control.addFault({ kind: "deny", actions });
    clinic.aws.control.addFault({ kind: "deny", actions: ["chime:ListVoiceConnectors"], region: "us-east-1" });
    const { findings, connectors, isRefused, role } = await clinic.examine({ regions: [REGION, "us-east-1"] });
    const statements = findings
      .filter(({ code }) => code === "DOCTOR_PERMISSION_MISSING")
      .map(({ next }) => JSON.parse(next!.slice(next!.indexOf("{"))));
    assert.deepEqual(statements.map(({ Action }) => Action).sort(), [...actions, "chime:ListVoiceConnectors"].sort());
    assert.equal(
      statements.find(({ Action }) => Action === "chime:ListTagsForResource").Resource,
      `arn:aws:chime:${REGION}:123456789012:vc/${id}`,
    );
    assert.equal(connectors[0]?.streaming, "on");
    assert.equal(role.state, "unknown");
    assert.equal(isRefused, false);
  });

  it("says that AWS refuses everything, where it does, and that it is for the credentials", async () => {
    clinic.aws.control.addFault({ kind: "deny", actions: ["*"], times: 1_000 });
    const denied = await clinic.examine();
    assert.equal(denied.isRefused, true);
    assert.ok(denied.findings.some(({ code }) => code === "DOCTOR_NOTHING_SEEN"));
    clinic.aws.control.clearFaults();
    const expired = { code: "ExpiredToken", httpStatus: 403, message: "The security token has expired" };
    clinic.aws.control.addFault({ kind: "error", actions: ["sts:*"], ...expired });
    clinic.aws.control.clearCalls();
    const { findings, isRefused } = await clinic.examine();
    assert.deepEqual([findings.map(({ code }) => code), isRefused], [["DOCTOR_CREDENTIALS_EXPIRED"], true]);
    assert.equal(clinic.aws.control.calls().length, 1);
  });

  it("tells a region that the account has not enabled from one that it may not see", async () => {
    await clinic.stream();
    const refused = { code: "UnrecognizedClientException", httpStatus: 403, message: "The token is invalid" };
    clinic.aws.control.addFault({ kind: "error", actions: ["chime:*"], region: "us-west-2", ...refused });
    const { regions, findings } = await examine();
    assert.equal(regions.find(({ region }) => region === "us-west-2")?.state, "not enabled");
    assert.ok(!findings.some(({ where }) => where.includes("us-west-2")));
    const asked = await clinic.complaints({ regions: ["us-west-2", REGION] });
    assert.deepEqual(asked.DOCTOR_REGION_NOT_ENABLED, ["us-west-2"]);
  });

  it("shows the other regions where one is slow, breaks connections, throttles or fails", async () => {
    const id = await clinic.stream();
    const { addFault } = clinic.aws.control;
    addFault({ kind: "latency", actions: ["chime:*"], region: "us-east-1", ms: 60_000 });
    addFault({ kind: "lostAnswer", actions: ["chime:*"], region: "us-west-2" });
    addFault({ kind: "throttle", actions: ["chime:*"], region: "eu-west-1" });
    addFault({ kind: "failure", actions: ["chime:*"], region: "eu-west-2" });
    const { regions, connectors, findings, isRefused } = await examine({ callTimeoutMs: 1_000 });
    const unseen = regions.filter(({ state }) => state === "not looked at").map(({ region }) => region);
    assert.deepEqual(unseen.sort(), ["eu-west-1", "eu-west-2", "us-east-1", "us-west-2"]);
    assert.deepEqual(
      connectors.map(({ voiceConnectorId, streaming }) => [voiceConnectorId, streaming]),
      [[id, "on"]],
    );
    assert.equal(isRefused, false);
    const where = findings.filter(({ code }) => code === "DOCTOR_UNREACHABLE").flatMap((each) => each.where);
    assert.ok(where.includes("us-east-1") && where.includes("us-west-2"), where.join());
  });

  it("reports every code that it has, and none besides", () => {
    const folder = join(__dirname, "..", "..", "..", "consumer", "doctor");
    const sources = ["account", "connectors", "consumers", "recordings", "role", "streams"].map(
      (name) => `${name}-look`,
    );
    const files = [...sources, "connectors-judgement", "examine", "asking"];
    const text = files.map((name) => readFileSync(join(folder, `${name}.ts`), "utf8")).join();
    const used = new Set(text.match(/DOCTOR_[A-Z_]+/g));
    assert.deepEqual([...used].sort(), Object.keys(findingKinds).sort());
  });
});

describe("examine, of a server that lies", () => {
  let server: Server;
  let answers: (service: string) => string;
  const before = { ...process.env };

  beforeEach(async () => {
    server = createServer((request, response) => {
      const service = /\/([a-z0-9-]+)\/aws4_request/.exec(request.headers.authorization ?? "")?.[1] ?? "";
      response.writeHead(200, { "content-type": "application/json" }).end(answers(service));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
    });
  });

  afterEach(async () => {
    for (const name of ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("ends with findings, whatever it is told", async () => {
    const lies = [
      "",
      "{}",
      "[]",
      "null",
      "no JSON",
      '{"VoiceConnectors":[null,{}, {"VoiceConnectorId":"x"}],"StreamInfoList":[{}]}',
    ];
    for (const lie of lies) {
      answers = () => lie;
      const { findings } = await examine({ regions: [REGION], callTimeoutMs: 2_000 });
      assert.ok(
        findings.some(({ level }) => level !== "ok"),
        lie,
      );
    }
  });

  it("stops asking for more of a list that does not end", async () => {
    let pages = 0;
    answers = () => {
      pages++;
      return '{"VoiceConnectors":[{"VoiceConnectorId":"abc"}],"NextToken":"more"}';
    };
    const { findings } = await examine({ regions: [REGION], callTimeoutMs: 2_000 });
    assert.ok(pages < 1_000, String(pages));
    assert.ok(findings.some(({ code }) => code === "DOCTOR_CUT_SHORT"));
  });
});
