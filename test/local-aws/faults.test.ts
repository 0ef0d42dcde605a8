import assert from "node:assert/strict";
import {
  CreateVoiceConnectorCommand,
  GetVoiceConnectorCommand,
  ListVoiceConnectorsCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { ListStreamsCommand } from "@aws-sdk/client-kinesis-video";
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { ListQueuesCommand } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { clientsOf, failureOf } from "./clients.js";

describe("local-aws: faults of API calls", () => {
  let aws: LocalAws;
  beforeEach(async () => {
    aws = await startLocalAws();
  });
  afterEach(() => aws.close());

  /** One call of each service. */
  const callsOf = (clients: ReturnType<typeof clientsOf>) => ({
    chime: () => clients.chime.send(new ListVoiceConnectorsCommand({})),
    iam: () => clients.iam.send(new GetRoleCommand({ RoleName: "x" })),
    sts: () => clients.sts.send(new GetCallerIdentityCommand({})),
    kinesisvideo: () => clients.kinesisVideo.send(new ListStreamsCommand({})),
    sqs: () => clients.sqs.send(new ListQueuesCommand({})),
    s3: () => clients.s3.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "x" })),
  });
  const outcomes = async () => {
    const found: Record<string, string> = {};
    for (const [service, call] of Object.entries(callsOf(clientsOf(aws)))) {
      const failure = await failureOf(call());
      found[service] = `${failure.$metadata.httpStatusCode} ${failure.name}`;
    }
    return found;
  };

  it("each service denies in its own words", async () => {
    aws.control.addFault({ kind: "deny", actions: ["*"] });
    assert.deepEqual(await outcomes(), {
      chime: "403 AccessDeniedException",
      iam: "403 AccessDenied",
      sts: "403 AccessDenied",
      kinesisvideo: "403 AccessDeniedException",
      sqs: "403 AccessDenied",
      s3: "403 AccessDenied",
    });
  });

  it("a denial names the caller, the action and the resource", async () => {
    aws.control.addFault({ kind: "deny", actions: ["chime:GetVoiceConnector"] });
    const { chime } = clientsOf(aws, "eu-west-1");
    const failure = await failureOf(chime.send(new GetVoiceConnectorCommand({ VoiceConnectorId: "abc" })));
    assert.equal(
      failure.message,
      "User: arn:aws:iam::123456789012:user/local is not authorized to perform: chime:GetVoiceConnector on resource: arn:aws:chime:eu-west-1:123456789012:vc/abc",
    );
  });

  it("each service throttles in its own words", async () => {
    aws.control.addFault({ kind: "throttle", actions: ["*"] });
    assert.deepEqual(await outcomes(), {
      chime: "429 ThrottledClientException",
      iam: "400 Throttling",
      sts: "400 Throttling",
      kinesisvideo: "400 ClientLimitExceededException",
      sqs: "400 RequestThrottled",
      s3: "503 SlowDown",
    });
  });

  it("each service fails in its own words", async () => {
    aws.control.addFault({ kind: "failure", actions: ["*"] });
    assert.deepEqual(await outcomes(), {
      chime: "500 ServiceFailureException",
      iam: "500 ServiceFailureException",
      sts: "500 InternalFailure",
      kinesisvideo: "500 InternalFailure",
      sqs: "500 InternalFailure",
      s3: "500 InternalError",
    });
  });

  it("a fault strikes as often as it says, on the actions, regions and resources that it names", async () => {
    aws.control.addFault({ kind: "throttle", actions: ["chime:Get*"], region: "us-east-1", resource: "abc", times: 2 });
    const name = async (region: string, VoiceConnectorId: string) =>
      (await failureOf(clientsOf(aws, region).chime.send(new GetVoiceConnectorCommand({ VoiceConnectorId })))).name;
    assert.equal(await name("eu-west-1", "abc"), "NotFoundException");
    assert.equal(await name("us-east-1", "xyz"), "NotFoundException");
    assert.equal(await name("us-east-1", "abc"), "ThrottledClientException");
    await clientsOf(aws).chime.send(new ListVoiceConnectorsCommand({}));
    assert.equal(await name("us-east-1", "abc"), "ThrottledClientException");
    assert.equal(await name("us-east-1", "abc"), "NotFoundException");
    assert.deepEqual(aws.control.faults(), []);
  });

  it("a fault strikes the calls that are signed with one key, and no others", async () => {
    const accessKeyId = "AKIATEST000000000000";
    const expired = { actions: ["*"], code: "ExpiredTokenException", httpStatus: 403 };
    aws.control.addFault({ kind: "error", ...expired, accessKeyId: "AKIAOTHER00000000000" });
    await clientsOf(aws).kinesisVideo.send(new ListStreamsCommand({}));
    aws.control.addFault({ kind: "error", ...expired, accessKeyId });
    assert.equal(
      (await failureOf(clientsOf(aws).kinesisVideo.send(new ListStreamsCommand({})))).name,
      "ExpiredTokenException",
    );
  });

  it("a fault can be named by the IAM action as well as by the call", async () => {
    const { s3 } = clientsOf(aws);
    aws.control.addFault({ kind: "deny", actions: ["s3:GetObject"] });
    assert.equal(
      (await failureOf(s3.send(new HeadObjectCommand({ Bucket: "b", Key: "k" })))).$metadata.httpStatusCode,
      403,
    );
  });

  it("any error can be named", async () => {
    aws.control.addFault({ kind: "error", actions: ["s3:*"], code: "ConditionalRequestConflict", httpStatus: 409 });
    const failure = await failureOf(callsOf(clientsOf(aws)).s3());
    assert.deepEqual([failure.name, failure.$metadata.httpStatusCode], ["ConditionalRequestConflict", 409]);
  });

  it("a lost answer leaves the call done", async () => {
    aws.control.addFault({ kind: "lostAnswer", actions: ["chime:CreateVoiceConnector"], times: 1 });
    const { chime } = clientsOf(aws);
    const create = chime.send(new CreateVoiceConnectorCommand({ Name: "x", RequireEncryption: true }));
    assert.match((await failureOf(create)).message, /hang up|ECONNRESET|aborted/);
    assert.equal(aws.control.state().voiceConnectors.length, 1);
  });

  it("latency holds the answer back", async () => {
    aws.control.addFault({ kind: "latency", actions: ["sts:*"], ms: 60, times: 1 });
    const begun = performance.now();
    await callsOf(clientsOf(aws)).sts();
    assert.ok(performance.now() - begun >= 59);
  });

  it("faults are cleared one by one or all at once", async () => {
    const first = aws.control.addFault({ kind: "deny", actions: ["chime:*"] });
    aws.control.addFault({ kind: "deny", actions: ["sts:*"] });
    aws.control.clearFaults(first);
    await callsOf(clientsOf(aws)).chime();
    aws.control.clearFaults();
    await callsOf(clientsOf(aws)).sts();
  });

  it("a fault that is not known is refused, with what is wrong", () => {
    assert.throws(() => aws.control.addFault({ kind: "deny", actions: [] }), /actions/);
    assert.throws(() => aws.control.addFault({ kind: "deny", action: "x" } as never), /actions/);
  });
});
