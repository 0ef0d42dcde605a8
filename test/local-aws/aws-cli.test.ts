import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallResult } from "../../local-aws/index.js";
import { type AwsCli, AwsCliError, awsCli } from "../aws-cli.js";
import { dumpFragments, pcmOf, tagOf } from "./element-dump.js";
import { type Office, openOffice } from "./office.js";

/** botocore reads what our own clients would never object to: the shapes here were made by nobody of this project. */
describe("local-aws: as the AWS CLI sees it", function () {
  this.timeout(60_000);
  let office: Office;
  let aws: AwsCli;
  let folder: string;
  let call: CallResult;
  before(async function () {
    // Where the CLI has to be installed first.
    this.timeout(180_000);
    office = await openOffice({ region: "eu-central-1" });
    aws = await awsCli(this, { ...office.aws.env });
    folder = await mkdtemp(join(tmpdir(), "local-aws-"));
    call = await office.call();
  });
  after(async () => {
    await office.close();
    if (folder) await rm(folder, { recursive: true });
  });

  const codeOf = async (run: Promise<unknown>) => {
    const error = await run.then(
      () => assert.fail("the call succeeded"),
      (failure) => failure,
    );
    assert.ok(error instanceof AwsCliError, String(error));
    return error.code;
  };

  it("a connector is created, configured and read in its region", async () => {
    const region = ["--region", "us-west-2"];
    const created = await aws(
      "chime-sdk-voice",
      "create-voice-connector",
      "--name",
      "cli",
      "--require-encryption",
      "--tags",
      "Key=a,Value=b",
      ...region,
    );
    const id = created.VoiceConnector.VoiceConnectorId;
    assert.equal(created.VoiceConnector.OutboundHostName, `${id}.voiceconnector.chime.aws`);
    const streaming = {
      DataRetentionInHours: 24,
      Disabled: false,
      StreamingNotificationTargets: [{ NotificationTarget: "EventBridge" }],
    };
    const named = ["--voice-connector-id", id, ...region];
    await aws(
      "chime-sdk-voice",
      "put-voice-connector-streaming-configuration",
      ...named,
      "--streaming-configuration",
      JSON.stringify(streaming),
    );
    const got = await aws("chime-sdk-voice", "get-voice-connector-streaming-configuration", ...named);
    assert.deepEqual(got, { StreamingConfiguration: streaming });
    const elsewhere = aws(
      "chime-sdk-voice",
      "get-voice-connector",
      "--voice-connector-id",
      id,
      "--region",
      "us-east-1",
    );
    assert.equal(await codeOf(elsewhere), "NotFoundException");
  });

  it("the role is read, its deletion fails with the usage by region", async () => {
    const RoleName = "AWSServiceRoleForAmazonChimeVoiceConnector";
    const { Role } = await aws("iam", "get-role", "--role-name", RoleName);
    assert.equal(Role.AssumeRolePolicyDocument.Statement[0].Principal.Service, "voiceconnector.chime.amazonaws.com");
    const { DeletionTaskId } = await aws("iam", "delete-service-linked-role", "--role-name", RoleName);
    office.aws.control.change({ roleDeletionPolls: 1 });
    const status = await aws("iam", "get-service-linked-role-deletion-status", "--deletion-task-id", DeletionTaskId);
    assert.equal(status.Status, "FAILED");
    assert.ok(status.Reason.RoleUsageList.some((usage: { Region: string }) => usage.Region === "eu-central-1"));
    const again = aws("iam", "create-service-linked-role", "--aws-service-name", "voiceconnector.chime.amazonaws.com");
    assert.equal(await codeOf(again), "InvalidInput");
  });

  it("a stream is made, its retention raised and lowered by the version that was read, and deleted", async () => {
    const region = ["--region", "eu-west-2"];
    const { StreamARN } = await aws("kinesisvideo", "create-stream", "--stream-name", "cli", ...region);
    const named = ["--stream-arn", StreamARN, ...region];
    const read = async () => (await aws("kinesisvideo", "describe-stream", ...named)).StreamInfo;
    const change = (version: string, operation: string, hours: number) =>
      aws(
        ...["kinesisvideo", "update-data-retention", ...named, "--current-version", version],
        ...["--operation", operation, "--data-retention-change-in-hours", `${hours}`],
      );
    const { Version } = await read();
    await change(Version, "INCREASE_DATA_RETENTION", 48);
    assert.equal(await codeOf(change(Version, "DECREASE_DATA_RETENTION", 1)), "VersionMismatchException");
    await change((await read()).Version, "DECREASE_DATA_RETENTION", 47);
    assert.equal((await read()).DataRetentionInHours, 1);
    await aws("kinesisvideo", "delete-stream", ...named);
    assert.equal(await codeOf(read()), "ResourceNotFoundException");
  });

  it("errors of every protocol have their names", async () => {
    assert.equal(await codeOf(aws("iam", "get-role", "--role-name", "nobody")), "NoSuchEntity");
    assert.equal(
      await codeOf(aws("kinesisvideo", "describe-stream", "--stream-name", "nobody")),
      "ResourceNotFoundException",
    );
    assert.equal(
      await codeOf(aws("sqs", "get-queue-url", "--queue-name", "nobody")),
      "AWS.SimpleQueueService.NonExistentQueue",
    );
    assert.equal(
      await codeOf(aws("s3api", "get-object", "--bucket", "nobody", "--key", "k", join(folder, "x"))),
      "NoSuchBucket",
    );
    office.aws.control.addFault({ kind: "deny", actions: ["sts:GetCallerIdentity"], times: 1 });
    assert.equal(await codeOf(aws("sts", "get-caller-identity")), "AccessDenied");
  });

  it("GetMedia writes the call's media to a file", async () => {
    const { streamArn } = call.legs[0]!;
    const region = ["--region", "eu-central-1"];
    const { DataEndpoint } = await aws(
      "kinesisvideo",
      "get-data-endpoint",
      "--stream-arn",
      streamArn,
      "--api-name",
      "GET_MEDIA",
      ...region,
    );
    assert.equal(DataEndpoint, office.aws.endpoint);
    const file = join(folder, "leg.mkv");
    const answer = await aws(
      "kinesis-video-media",
      "get-media",
      "--stream-arn",
      streamArn,
      "--start-selector",
      "StartSelectorType=EARLIEST",
      ...region,
      file,
    );
    assert.equal(answer.ContentType, "video/webm");
    const bytes = await readFile(file);
    assert.ok(pcmOf(bytes).equals(office.caller.pcm));
    assert.equal(tagOf(dumpFragments(bytes)[0]!, "TransactionId"), call.transactionId);
  });

  it("fragments are listed and fetched from the archive", async () => {
    const { streamArn, startTime, endTime } = call.legs[1]!;
    const region = ["--region", "eu-central-1"];
    // The CLI sends whole seconds and drops the rest: the last fragment may begin after the second in which the leg ends.
    const afterEnd = new Date(Date.parse(endTime) + 1_000).toISOString();
    const selector = {
      FragmentSelectorType: "PRODUCER_TIMESTAMP",
      TimestampRange: { StartTimestamp: startTime, EndTimestamp: afterEnd },
    };
    const service = "kinesis-video-archived-media";
    const { Fragments } = await aws(
      service,
      "list-fragments",
      "--stream-arn",
      streamArn,
      "--fragment-selector",
      JSON.stringify(selector),
      "--page-size",
      "2",
      ...region,
    );
    const numbers = Fragments.map((fragment: { FragmentNumber: string }) => fragment.FragmentNumber).sort();
    assert.equal(numbers.length, 3);
    const file = join(folder, "archive.mkv");
    await aws(
      service,
      "get-media-for-fragment-list",
      file,
      "--stream-arn",
      streamArn,
      "--fragments",
      ...numbers,
      ...region,
    );
    assert.ok(pcmOf(await readFile(file)).equals(office.callee.pcm));
  });

  it("the events are received from the queue", async () => {
    const received = await aws(
      "sqs",
      "receive-message",
      "--queue-url",
      office.aws.env.QUEUE_URL!,
      "--max-number-of-messages",
      "10",
    );
    assert.equal(received.Messages.length, 4);
    assert.equal(JSON.parse(received.Messages[0].Body).detail.transactionId, call.transactionId);
  });

  it("objects are copied up, in parts where they are large, listed and copied down", async () => {
    const file = join(folder, "large.bin");
    const body = Buffer.alloc(9 * 1024 * 1024, "local-aws");
    await writeFile(file, body);
    await aws("s3api", "create-bucket", "--bucket", "cli-bucket");
    const print = (...args: string[]) => aws("s3", ...args, "--only-show-errors");
    await print("cp", file, "s3://cli-bucket/folder/large.bin");
    const listed = await aws("s3api", "list-objects-v2", "--bucket", "cli-bucket", "--prefix", "folder/");
    assert.equal(listed.Contents[0].Size, body.length);
    assert.match(listed.Contents[0].ETag, /-2"$/);
    await print("cp", "s3://cli-bucket/folder/large.bin", `${file}.back`);
    assert.ok((await readFile(`${file}.back`)).equals(body));
  });
});
