import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { archiveHandler } from "../../../consumer/lambda/archive.js";
import type { LambdaContext, SqsBatchResponse, SqsRecord } from "../../../consumer/lambda/sqs-event.js";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";
import type { EventDocument } from "../recording-office.js";
import { startTelephone } from "../telephone.js";

const Bucket = "calls";
const PREFIX = "of/ours/";
const MAX_ROUNDS = 40;

export type ArchiveOffice = Awaited<ReturnType<typeof openArchiveOffice>>;

/** An invocation that has this much time. */
export function contextOf(leftMs = 60_000): LambdaContext {
  const endMs = Date.now() + leftMs;
  return { awsRequestId: "request", getRemainingTimeInMillis: () => endMs - Date.now() };
}

/** A telephone whose calls the archive function records into a bucket, as Lambda's poller would have it. */
export async function openArchiveOffice(options: Parameters<typeof startTelephone>[0] = {}) {
  const telephone = await startTelephone(options);
  const sqs = new SQSClient({ region: "us-east-1" });
  const s3 = new S3Client({ region: "us-east-1", forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket }));
  const spool = await mkdtemp(join(tmpdir(), "spool-"));
  const { QUEUE_URL: QueueUrl, DEAD_LETTER_QUEUE_URL } = telephone.aws.env;
  const logged: string[] = [];
  const metricLines: string[] = [];

  const handlerOf = (environment: NodeJS.ProcessEnv = {}) =>
    archiveHandler(
      {
        ...process.env,
        OUTPUT: `s3://${Bucket}/${PREFIX}`,
        MAX_RECEIVE_COUNT: "5",
        METRICS_NAMESPACE: "CallAudio",
        QUIESCENCE_SECONDS: "0.1",
        END_LIMIT_SECONDS: "0.3",
        RETRY_DELAY_SECONDS: "0",
        SPOOL_DIRECTORY: spool,
        ...environment,
      },
      { metrics: (line) => metricLines.push(line), log: { write: (line) => logged.push(line) } },
    );
  let handler = handlerOf();

  async function receive(url = QueueUrl, count = 10): Promise<Message[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: count,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
        VisibilityTimeout: 600,
      }),
    );
    return Messages;
  }

  /** As the poller does it: what the answer does not name is deleted. */
  async function deliver(messages: Message[], context = contextOf()): Promise<SqsBatchResponse> {
    const answer = await handler({ Records: messages.map(recordOf) }, context);
    const failed = answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    for (const { MessageId, ReceiptHandle } of messages) {
      if (!failed.includes(MessageId!)) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    return answer;
  }

  const objects = async () => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key, ETag, LastModified }) => ({ key: Key!, ETag, at: LastModified?.getTime() }));
  };
  const read = async (Key: string): Promise<Buffer> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return Buffer.from(await Body!.transformToByteArray());
  };

  return {
    telephone,
    spool,
    logged,
    metricLines,
    receive,
    deliver,
    objects,
    read,
    /** Another environment from now on; a new process, so to say. */
    restart(environment: NodeJS.ProcessEnv): void {
      handler = handlerOf(environment);
    },
    /** Delivers everything, one message an invocation, until the queue is empty. */
    async deliverAll(): Promise<void> {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const [message] = await receive(QueueUrl, 1);
        if (!message) return;
        await deliver([message]);
      }
      assert.fail("the queue did not become empty");
    },
    send: (event: EventDocument | string, attributes: Record<string, string> = {}) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: typeof event === "string" ? event : JSON.stringify(event),
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
          ),
        }),
      ),
    /** Takes so many events off the queue. */
    async takeEvents(count: number): Promise<EventDocument[]> {
      const messages = await receive();
      assert.equal(messages.length, count);
      for (const { ReceiptHandle } of messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      return messages.map(({ Body }) => JSON.parse(Body!));
    },
    async left(): Promise<{ visible: number; hidden: number }> {
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
      const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes!;
      return { visible: Number(ApproximateNumberOfMessages), hidden: Number(ApproximateNumberOfMessagesNotVisible) };
    },
    /** What is in the dead-letter queue, with the reason. */
    async putAside(): Promise<{ body: string; reason: string | undefined; attributes: string[] }[]> {
      return (await receive(DEAD_LETTER_QUEUE_URL)).map(({ Body, MessageAttributes = {} }) => ({
        body: Body!,
        reason: MessageAttributes.reason?.StringValue,
        attributes: Object.keys(MessageAttributes).sort(),
      }));
    },
    async sidecars(): Promise<Sidecar[]> {
      const keys = (await objects()).map(({ key }) => key);
      const legs = keys.filter((key) => key.endsWith(".json") && !key.includes("/marks/") && !key.includes("_call"));
      return Promise.all(legs.map(async (key) => JSON.parse((await read(key)).toString())));
    },
    /** The samples of each leg's recording. */
    async spoken(): Promise<Buffer[]> {
      const sidecars = await this.sidecars();
      return Promise.all(
        sidecars.map(async ({ audio }) => (await read(audio.location.slice(`s3://${Bucket}/`.length))).subarray(44)),
      );
    },
    async marks(): Promise<string[]> {
      return (await objects()).map(({ key }) => key).filter((key) => key.startsWith(`${PREFIX}marks/started/`));
    },
    /** The sum of a metric, over all lines. */
    metric(name: string): number {
      const values = metricLines.flatMap((line) => (JSON.parse(line)[name] as number | number[] | undefined) ?? []);
      return values.reduce((sum, value) => sum + value, 0);
    },
    async close(): Promise<void> {
      sqs.destroy();
      s3.destroy();
      await telephone.close();
      assert.deepEqual(await readdir(spool), [], "audio was left behind");
      await rm(spool, { recursive: true });
    },
  };
}

/** As Lambda's poller writes it. */
export function recordOf({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes = {} }: Message): SqsRecord {
  const messageAttributes = Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        dataType: DataType,
        stringValue: StringValue,
        binaryValue: BinaryValue && Buffer.from(BinaryValue).toString("base64"),
      },
    ]),
  );
  const { ApproximateReceiveCount } = Attributes ?? {};
  return {
    messageId: MessageId!,
    receiptHandle: ReceiptHandle!,
    body: Body!,
    attributes: { ApproximateReceiveCount },
    messageAttributes,
  };
}
