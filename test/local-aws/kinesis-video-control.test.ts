import assert from "node:assert/strict";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  GetDataEndpointCommand,
  ListStreamsCommand,
  UpdateDataRetentionCommand,
} from "@aws-sdk/client-kinesis-video";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { clientsOf, failureOf } from "./clients.js";

describe("local-aws: Kinesis Video control plane", () => {
  let aws: LocalAws;
  let kinesisVideo: ReturnType<typeof clientsOf>["kinesisVideo"];
  beforeEach(async () => {
    aws = await startLocalAws();
    kinesisVideo = clientsOf(aws, "eu-west-2").kinesisVideo;
  });
  afterEach(() => aws.close());

  const create = (StreamName: string, DataRetentionInHours = 0) =>
    kinesisVideo.send(new CreateStreamCommand({ StreamName, DataRetentionInHours }));
  const describeStream = async (StreamName: string) =>
    (await kinesisVideo.send(new DescribeStreamCommand({ StreamName }))).StreamInfo!;

  it("a stream is made once and described by name and by ARN", async () => {
    const { StreamARN } = await create("one", 24);
    assert.match(StreamARN!, /^arn:aws:kinesisvideo:eu-west-2:123456789012:stream\/one\/\d{13}$/);
    const byArn = await kinesisVideo.send(new DescribeStreamCommand({ StreamARN }));
    assert.deepEqual(byArn.StreamInfo, await describeStream("one"));
    assert.equal(byArn.StreamInfo!.Status, "ACTIVE");
    assert.equal(byArn.StreamInfo!.DataRetentionInHours, 24);
    assert.ok(byArn.StreamInfo!.CreationTime instanceof Date);
    assert.equal((await failureOf(create("one"))).name, "ResourceInUseException");
  });

  it("a stream of another region, or with another creation time, is not found", async () => {
    const { StreamARN } = await create("one");
    const elsewhere = clientsOf(aws, "us-east-1").kinesisVideo.send(new DescribeStreamCommand({ StreamARN }));
    assert.equal((await failureOf(elsewhere)).name, "ResourceNotFoundException");
    const older = kinesisVideo.send(
      new DescribeStreamCommand({ StreamARN: `${StreamARN!.slice(0, -13)}1600000000000` }),
    );
    assert.equal((await failureOf(older)).$metadata.httpStatusCode, 404);
  });

  it("neither name nor ARN is an invalid argument", async () => {
    assert.equal((await failureOf(kinesisVideo.send(new DescribeStreamCommand({})))).name, "InvalidArgumentException");
  });

  it("streams are listed by prefix, page by page", async () => {
    for (const name of ["a-1", "b-1", "a-2", "a-3"]) await create(name);
    const found: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await kinesisVideo.send(
        new ListStreamsCommand({
          MaxResults: 2,
          NextToken,
          StreamNameCondition: { ComparisonOperator: "BEGINS_WITH", ComparisonValue: "a-" },
        }),
      );
      found.push(...page.StreamInfoList!.map((stream) => stream.StreamName!));
      NextToken = page.NextToken;
    } while (NextToken);
    assert.deepEqual(found, ["a-1", "a-2", "a-3"]);
  });

  it("retention changes by hours, against the version that was read", async () => {
    await create("one");
    const { Version } = await describeStream("one");
    const change = (
      CurrentVersion: string,
      Operation: "INCREASE_DATA_RETENTION" | "DECREASE_DATA_RETENTION",
      hours: number,
    ) =>
      kinesisVideo.send(
        new UpdateDataRetentionCommand({
          StreamName: "one",
          CurrentVersion,
          Operation,
          DataRetentionChangeInHours: hours,
        }),
      );
    await change(Version!, "INCREASE_DATA_RETENTION", 48);
    assert.equal((await describeStream("one")).DataRetentionInHours, 48);
    assert.equal((await failureOf(change(Version!, "INCREASE_DATA_RETENTION", 1))).name, "VersionMismatchException");
    const { Version: next } = await describeStream("one");
    assert.equal((await failureOf(change(next!, "DECREASE_DATA_RETENTION", 49))).name, "InvalidArgumentException");
    await change(next!, "DECREASE_DATA_RETENTION", 47);
    assert.equal((await describeStream("one")).DataRetentionInHours, 1);
  });

  it("lists, deletions and changes of retention have a quota each, fifty a second unless it is set", async () => {
    aws.control.change({ streamControlCallsPerSecond: 2 });
    await create("one", 24);
    const list = () => kinesisVideo.send(new ListStreamsCommand({}));
    await list();
    await list();
    const error = await failureOf(list());
    assert.equal(error.name, "ClientLimitExceededException");
    assert.equal(error.$metadata.httpStatusCode, 400);
    const { StreamARN } = await describeStream("one");
    await kinesisVideo.send(new DeleteStreamCommand({ StreamARN }));
  });

  it("a deleted stream is gone, and its name free", async () => {
    const { StreamARN } = await create("one");
    await kinesisVideo.send(new DeleteStreamCommand({ StreamARN }));
    assert.equal((await failureOf(describeStream("one"))).name, "ResourceNotFoundException");
    await create("one");
  });

  it("the data endpoint is local-aws itself, five times a second", async () => {
    await create("one");
    const get = () => kinesisVideo.send(new GetDataEndpointCommand({ StreamName: "one", APIName: "GET_MEDIA" }));
    for (let i = 0; i < 5; i++) assert.equal((await get()).DataEndpoint, aws.endpoint);
    assert.equal((await failureOf(get())).name, "ClientLimitExceededException");
    const wrong = kinesisVideo.send(new GetDataEndpointCommand({ StreamName: "one", APIName: "X" as "GET_CLIP" }));
    assert.equal((await failureOf(wrong)).name, "InvalidArgumentException");
  });
});
