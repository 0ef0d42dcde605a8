import assert from "node:assert/strict";
import { join } from "node:path";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient, TestEventPatternCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { CommandResult, PulumiProject } from "../../engine/pulumi-project.js";
import type { LocalAws, PhoneCall } from "../../local-aws/index.js";
import type { AwsCli } from "../aws-cli.js";
import { printed } from "../engine/stack.js";
import { ACCOUNT_ID, type Ministack } from "../ministack.js";
import { wavOf } from "../wav-of.js";
import { type ApiCall, recordedCalls } from "./api-calls.js";
import { type Cloud, type CloudOptions, openCloud, type Region } from "./cloud.js";
import type { ProgramOutputs } from "./program.js";

const WAIT_MS = 30_000;
const POLL_MS = 50;

/** A program deployed on the real engine, and all that tests do with it. */
export class Deployment {
  outputs!: ProgramOutputs;
  private readonly rules = new Map<Region, { name: string; pattern: string }>();

  private constructor(private readonly cloud: Cloud) {}

  static async open(context: Mocha.Context, options: CloudOptions): Promise<Deployment> {
    const deployment = new Deployment(await openCloud(context, options));
    try {
      await deployment.pulumi("stack", "init", "dev");
      await deployment.pulumi("up", "--yes", "--skip-preview");
      deployment.outputs = JSON.parse((await deployment.pulumi("stack", "output", "--json")).stdout);
      return deployment;
    } catch (error) {
      await deployment.close();
      throw error;
    }
  }

  get ministack(): Ministack {
    return this.cloud.ministack;
  }

  get chime(): LocalAws {
    return this.cloud.chime;
  }

  get connectors(): Record<Region, string> {
    return this.cloud.connectors;
  }

  get cli(): AwsCli {
    return this.cloud.cli;
  }

  get project(): PulumiProject {
    return this.cloud.project;
  }

  get given(): Readonly<Record<string, string>> {
    return this.cloud.given;
  }

  get folder(): string {
    return this.cloud.folder;
  }

  close(): Promise<void> {
    return this.cloud.close();
  }

  /** Runs pulumi, which has to succeed. */
  async pulumi(...args: string[]): Promise<CommandResult> {
    const result = await this.project.pulumi(...args, "--non-interactive");
    assert.equal(result.exitCode, 0, printed(result));
    return result;
  }

  sqs(region: Region): SQSClient {
    return new SQSClient({ ...this.ministack.client, region });
  }

  /** Begins a call, by default one that is over in no time; its events are left where local-aws puts them. */
  startCall(region: Region, caller: Buffer, callee: Buffer, speed: number | "max" = "max"): PhoneCall {
    const voiceConnectorId = this.connectors[region];
    const wavs = { callerWav: wavOf(caller), calleeWav: wavOf(callee) };
    return this.chime.control.startCall({ voiceConnectorId, ...wavs, speed });
  }

  /**
   * Takes the events of calls, and brings those that match the deployed rule of their region to its queue, as EventBridge
   * would. @returns all of them, in order
   */
  async deliverEvents(): Promise<{ body: string; status: string; isDelivered: boolean }[]> {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      QUEUE_URL: QueueUrl,
    } = this.chime.env;
    const credentials = { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! };
    const source = new SQSClient({ endpoint: this.chime.endpoint, region: "us-east-1", credentials });
    const all: { body: string; status: string; isDelivered: boolean }[] = [];
    for (;;) {
      const { Messages = [] } = await source.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      if (Messages.length === 0) break;
      for (const { Body, ReceiptHandle } of Messages) {
        const body = Body!;
        all.push({ body, status: JSON.parse(body).detail.streamingStatus, isDelivered: await this.deliver(body) });
        await source.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
    source.destroy();
    return all;
  }

  /** @returns whether the rule of the event's region matches it */
  async deliver(body: string): Promise<boolean> {
    const { region } = JSON.parse(body) as { region: Region };
    if (!(await this.matches(region, body))) return false;
    await this.send(region, body);
    return true;
  }

  async matches(region: Region, event: string): Promise<boolean> {
    const events = new EventBridgeClient({ ...this.ministack.client, region });
    const { pattern: EventPattern } = await this.rule(region);
    return (await events.send(new TestEventPatternCommand({ EventPattern, Event: event }))).Result ?? false;
  }

  /** Past the rule. */
  async send(region: Region, body: string): Promise<void> {
    const QueueUrl = this.outputs.queueUrls[region];
    await this.sqs(region).send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
  }

  /** The rule whose target is the region's queue, as EventBridge tells. */
  async rule(region: Region): Promise<{ name: string; pattern: string }> {
    const known = this.rules.get(region);
    if (known) return known;
    const queue = this.outputs.queueUrls[region]!.split("/").at(-1);
    const target = ["--target-arn", `arn:aws:sqs:${region}:${ACCOUNT_ID}:${queue}`, "--region", region];
    const { RuleNames } = await this.cli("events", "list-rule-names-by-target", ...target);
    assert.equal(RuleNames.length, 1);
    const { EventPattern } = await this.cli("events", "describe-rule", "--name", RuleNames[0], "--region", region);
    const rule = { name: RuleNames[0], pattern: EventPattern };
    this.rules.set(region, rule);
    return rule;
  }

  /** Objects below the key prefix, with their ETags; marks left out. */
  async recordings(): Promise<Record<string, string>> {
    const all = Object.entries(await this.objects());
    return Object.fromEntries(all.filter(([name]) => !name.startsWith("marks/")));
  }

  async objects(): Promise<Record<string, string>> {
    const { bucket: Bucket, keyPrefix } = this.outputs;
    const list = new ListObjectsV2Command({ Bucket, Prefix: `${keyPrefix}/` });
    const { Contents = [] } = await this.s3.send(list);
    return Object.fromEntries(Contents.map(({ Key, ETag }) => [Key!.slice(keyPrefix.length + 1), ETag!]));
  }

  async read(name: string): Promise<Buffer> {
    const { bucket: Bucket, keyPrefix } = this.outputs;
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket, Key: `${keyPrefix}/${name}` }));
    return Buffer.from(await Body!.transformToByteArray());
  }

  async write(name: string, text: Buffer): Promise<void> {
    const { bucket: Bucket, keyPrefix } = this.outputs;
    await this.s3.send(new PutObjectCommand({ Bucket, Key: `${keyPrefix}/${name}`, Body: text }));
  }

  async remove(name: string): Promise<void> {
    const { bucket: Bucket, keyPrefix } = this.outputs;
    await this.s3.send(new DeleteObjectCommand({ Bucket, Key: `${keyPrefix}/${name}` }));
  }

  get s3(): S3Client {
    return new S3Client(this.ministack.client);
  }

  /** Waits until all messages of a region's queue are dealt with. */
  async settled(region: Region): Promise<void> {
    const AttributeNames = ["ApproximateNumberOfMessages" as const, "ApproximateNumberOfMessagesNotVisible" as const];
    const get = new GetQueueAttributesCommand({ QueueUrl: this.outputs.queueUrls[region], AttributeNames });
    const sqs = this.sqs(region);
    for (const begun = Date.now(); Date.now() - begun < WAIT_MS; ) {
      const { Attributes = {} } = await sqs.send(get);
      if (Object.values(Attributes).every((count) => count === "0")) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const recorder = this.outputs.archive[region];
    const lines = recorder ? await this.logLines(recorder) : [];
    const log = [...lines.slice(-20), this.ministack.log().slice(-5_000)].join("\n");
    assert.fail(`The queue in ${region} is not empty after ${WAIT_MS / 1000} s:\n${log}`);
  }

  /** All that is in a region's dead-letter queue; it is taken out. */
  async takeDeadLetters(region: Region): Promise<Message[]> {
    const QueueUrl = this.outputs.deadLetterQueueUrls[region];
    const receive = new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], MaxNumberOfMessages: 10 });
    const sqs = this.sqs(region);
    const { Messages = [] } = await sqs.send(receive);
    for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    return Messages;
  }

  /** Runs a function with what its schedule gives it. @returns what it answers */
  async invoke(arn: string, payload: unknown): Promise<unknown> {
    const lambda = new LambdaClient({ ...this.ministack.client, region: arn.split(":")[3]! });
    const answer = await lambda.send(new InvokeCommand({ FunctionName: arn, Payload: JSON.stringify(payload) }));
    const text = Buffer.from(answer.Payload ?? []).toString();
    assert.equal(answer.FunctionError, undefined, text);
    return JSON.parse(text);
  }

  /** Lines that a function has printed. */
  async logLines(arn: string): Promise<string[]> {
    const logs = new CloudWatchLogsClient({ ...this.ministack.client, region: arn.split(":")[3]! });
    const lines: string[] = [];
    let nextToken: string | undefined;
    do {
      const filter = new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${arn.split(":").at(-1)}`, nextToken });
      const { events = [], nextToken: more } = await logs.send(filter);
      lines.push(...events.map(({ message }) => message!));
      nextToken = more;
    } while (nextToken);
    return lines;
  }

  /** API calls that functions have made. */
  apiCalls(): ApiCall[] {
    return recordedCalls(join(this.folder, "api-calls"));
  }

  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (const begun = Date.now(); Date.now() - begun < WAIT_MS; ) {
      if (await isSo()) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    assert.fail(`${what}: not after ${WAIT_MS / 1000} s`);
  }
}
