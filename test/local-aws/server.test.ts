import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { ListVoiceConnectorsCommand } from "@aws-sdk/client-chime-sdk-voice";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { clientsOf, failureOf } from "./clients.js";

const AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1";

describe("local-aws: server", () => {
  let aws: LocalAws;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.close());

  it("listens on 127.0.0.1 alone", () => {
    assert.match(aws.endpoint, /^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("the environment points every SDK at it", () => {
    assert.equal(aws.env.AWS_ENDPOINT_URL, aws.endpoint);
    assert.deepEqual(Object.keys(aws.env).sort(), [
      "AWS_ACCESS_KEY_ID",
      "AWS_DEFAULT_REGION",
      "AWS_ENDPOINT_URL",
      "AWS_REGION",
      "AWS_SECRET_ACCESS_KEY",
      "DEAD_LETTER_QUEUE_URL",
      "QUEUE_URL",
    ]);
  });

  it("a request without a signature is refused, in the protocol that it speaks", async () => {
    const rest = await fetch(`${aws.endpoint}/voice-connectors`);
    assert.equal(rest.status, 403);
    assert.equal(rest.headers.get("x-amzn-errortype"), "MissingAuthenticationTokenException");
    const query = await fetch(aws.endpoint, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "Action=GetRole&RoleName=x&Version=2010-05-08",
    });
    assert.equal(query.status, 403);
    assert.match(await query.text(), /<Code>MissingAuthenticationToken<\/Code>/);
    const json = await fetch(aws.endpoint, {
      method: "POST",
      headers: { "x-amz-target": "AmazonSQS.ListQueues" },
      body: "{}",
    });
    assert.equal(json.status, 403);
    assert.match(((await json.json()) as { __type: string }).__type, /#MissingAuthenticationToken$/);
  });

  it("a presigned URL counts as a signature", async () => {
    const { CreateBucketCommand, PutObjectCommand } = await import("@aws-sdk/client-s3");
    const { s3 } = clientsOf(aws);
    await s3.send(new CreateBucketCommand({ Bucket: "presigned" }));
    await s3.send(new PutObjectCommand({ Bucket: "presigned", Key: "a.txt", Body: "text" }));
    const credential = encodeURIComponent("AKIA/20260101/us-east-1/s3/aws4_request");
    const response = await fetch(`${aws.endpoint}/presigned/a.txt?X-Amz-Credential=${credential}&X-Amz-Signature=0`);
    assert.equal(await response.text(), "text");
  });

  it("a broken credential scope counts as none", async () => {
    const response = await fetch(`${aws.endpoint}/voice-connectors`, {
      headers: { authorization: "AWS4-HMAC-SHA256 Credential=AKIA, Signature=1" },
    });
    assert.equal(response.status, 403);
  });

  it("services and calls that do not exist are told as such", async () => {
    const service = await fetch(aws.endpoint, {
      headers: { authorization: `${AUTHORIZATION}/ec2/aws4_request, Signature=1` },
    });
    assert.equal(service.status, 501);
    assert.match(await service.text(), /ec2/);
    const call = await fetch(`${aws.endpoint}/phone-numbers`, {
      headers: { authorization: `${AUTHORIZATION}/chime/aws4_request, Signature=1` },
    });
    assert.equal(call.status, 501);
    assert.match(await call.text(), /GET \/phone-numbers/);
  });

  it("a body that is not JSON is the client's fault", async () => {
    const response = await fetch(`${aws.endpoint}/describeStream`, {
      method: "POST",
      headers: { authorization: `${AUTHORIZATION}/kinesisvideo/aws4_request, Signature=1` },
      body: "{",
    });
    assert.equal(response.status, 400);
    assert.equal(response.headers.get("x-amzn-errortype"), "InvalidArgumentException");
  });

  it("no path makes it fail: odd percent signs, names out of Object's prototype", async () => {
    const headers = (service: string) => ({ authorization: `${AUTHORIZATION}/${service}/aws4_request, Signature=1` });
    for (const [service, method, path] of [
      ["chime", "GET", "/voice-connectors/%E0%A4%A"],
      ["s3", "GET", "/bucket/%E0%A4%A"],
      ["kinesisvideo", "POST", "/constructor"],
      ["iam", "POST", "/?Action=toString"],
      ["sqs", "POST", "/%"],
    ] as const) {
      const response = await fetch(`${aws.endpoint}${path}`, { method, headers: headers(service) });
      assert.ok(response.status >= 400 && response.status !== 500, `${path} gave ${response.status}`);
    }
  });

  it("bytes that are not HTTP end their own connection and nothing else", async () => {
    const socket = connect(Number(new URL(aws.endpoint).port), "127.0.0.1");
    socket.end("nonsense\r\n\r\n");
    socket.resume();
    await once(socket, "close");
    await clientsOf(aws).chime.send(new ListVoiceConnectorsCommand({}));
  });

  it("logs the calls that it received", async () => {
    aws.control.clearCalls();
    await clientsOf(aws, "eu-west-1").chime.send(new ListVoiceConnectorsCommand({}));
    await failureOf(clientsOf(aws).iam.send(new GetRoleCommand({ RoleName: "x" })));
    assert.deepEqual(
      aws.control.calls().map(({ action, region, status }) => ({ action, region, status })),
      [
        { action: "chime:ListVoiceConnectors", region: "eu-west-1", status: 200 },
        { action: "iam:GetRole", region: "us-east-1", status: 404 },
      ],
    );
  });

  it("a role that is assumed calls in its own account, where nothing of the first one is seen", async () => {
    const { sts, chime } = clientsOf(aws);
    aws.control.createVoiceConnector("us-east-1");
    const assumed = await sts.send(
      new AssumeRoleCommand({ RoleArn: "arn:aws:iam::210987654321:role/path/reader", RoleSessionName: "me" }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = assumed.Credentials!;
    assert.ok(Expiration!.getTime() > Date.now());
    const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
    const other = new STSClient({ region: "us-east-1", endpoint: aws.endpoint, credentials });
    const identity = await other.send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Account, "210987654321");
    assert.equal(identity.Arn, "arn:aws:sts::210987654321:assumed-role/reader/me");
    const own = await chime.send(new ListVoiceConnectorsCommand({}));
    assert.ok(own.VoiceConnectors!.length > 0);
    const foreign = new (chime.constructor as typeof import("@aws-sdk/client-chime-sdk-voice").ChimeSDKVoiceClient)({
      region: "us-east-1",
      endpoint: aws.endpoint,
      credentials,
    });
    assert.deepEqual((await foreign.send(new ListVoiceConnectorsCommand({}))).VoiceConnectors, []);
  });

  it("a web identity assumes a role without a signature", async () => {
    const sts = new STSClient({
      region: "us-east-1",
      endpoint: aws.endpoint,
      credentials: { accessKeyId: "", secretAccessKey: "" },
    });
    const assumed = await sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: "arn:aws:iam::123456789012:role/ci",
        RoleSessionName: "ci",
        WebIdentityToken: "token",
      }),
    );
    assert.match(assumed.Credentials!.AccessKeyId!, /^ASIA/);
  });

  it("a port that is taken is an error", async () => {
    const port = Number(new URL(aws.endpoint).port);
    await assert.rejects(startLocalAws({ port }), { code: "EADDRINUSE" });
  });

  it("closes with requests open", async () => {
    const own = await startLocalAws();
    const { sqs } = clientsOf(own);
    const { ReceiveMessageCommand } = await import("@aws-sdk/client-sqs");
    const polled = failureOf(sqs.send(new ReceiveMessageCommand({ QueueUrl: own.env.QUEUE_URL, WaitTimeSeconds: 20 })));
    await new Promise((resolve) => setImmediate(resolve));
    await own.close();
    await polled;
  });
});
