import assert from "node:assert/strict";
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from "@aws-sdk/client-sqs";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { clientsOf, failureOf } from "./clients.js";
import { ManualClock } from "./manual-clock.js";

describe("local-aws: SQS", () => {
  let aws: LocalAws;
  let clock: ManualClock;
  let sqs: ReturnType<typeof clientsOf>["sqs"];
  let QueueUrl: string;
  beforeEach(async () => {
    clock = new ManualClock();
    aws = await startLocalAws({ clock });
    sqs = clientsOf(aws).sqs;
    QueueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: "work", Attributes: { VisibilityTimeout: "10" } })))
      .QueueUrl!;
  });
  afterEach(() => aws.close());

  const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const receive = async (options: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> => {
    const command = new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ["All"], ...options });
    return (await sqs.send(command)).Messages ?? [];
  };
  const counts = async () => {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    return [Attributes!.ApproximateNumberOfMessages, Attributes!.ApproximateNumberOfMessagesNotVisible];
  };

  it("the events queue and its dead-letter queue are there from the start, in us-east-1", async () => {
    const { QueueUrls } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "chime-" }));
    assert.deepEqual(QueueUrls!.sort(), [aws.env.QUEUE_URL, aws.env.DEAD_LETTER_QUEUE_URL].sort());
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: aws.env.QUEUE_URL, AttributeNames: ["RedrivePolicy"] }),
    );
    assert.deepEqual(JSON.parse(Attributes!.RedrivePolicy!), {
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:123456789012:chime-voice-streaming-events-dlq",
      maxReceiveCount: 5,
    });
  });

  it("a queue is found by name, in its region", async () => {
    assert.equal((await sqs.send(new GetQueueUrlCommand({ QueueName: "work" }))).QueueUrl, QueueUrl);
    const elsewhere = clientsOf(aws, "eu-west-1").sqs.send(new GetQueueUrlCommand({ QueueName: "work" }));
    assert.equal((await failureOf(elsewhere)).name, "QueueDoesNotExist");
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    assert.equal((await failureOf(send("x"))).name, "QueueDoesNotExist");
  });

  it("a queue keeps its tags", async () => {
    const tags = async () => (await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags;
    assert.equal(await tags(), undefined);
    await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { team: "voice", stage: "test" } }));
    await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { stage: "prod" } }));
    assert.deepEqual(await tags(), { team: "voice", stage: "prod" });
    await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: ["team", "never"] }));
    assert.deepEqual(await tags(), { stage: "prod" });
  });

  it("a message is received with its attributes, hidden for its timeout, and received again", async () => {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: "hello",
        MessageAttributes: {
          reason: { DataType: "String", StringValue: "ünclear" },
          raw: { DataType: "Binary", BinaryValue: Buffer.from([0, 255]) },
        },
      }),
    );
    const [first] = await receive({ MessageAttributeNames: ["All"] });
    assert.equal(first!.Body, "hello");
    assert.equal(first!.MessageAttributes!.reason!.StringValue, "ünclear");
    assert.deepEqual([...first!.MessageAttributes!.raw!.BinaryValue!], [0, 255]);
    assert.equal(first!.Attributes!.ApproximateReceiveCount, "1");
    assert.deepEqual(await receive(), []);
    assert.deepEqual(await counts(), ["0", "1"]);
    clock.advance(10_000);
    const [again] = await receive();
    assert.equal(again!.MessageId, first!.MessageId);
    assert.notEqual(again!.ReceiptHandle, first!.ReceiptHandle);
    assert.equal(again!.Attributes!.ApproximateReceiveCount, "2");
  });

  it("the checksum of message attributes is the one of the documentation's algorithm", async () => {
    const sent = await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: "x",
        MessageAttributes: { a: { DataType: "String", StringValue: "b" } },
      }),
    );
    // printf '\0\0\0\1a\0\0\0\6String\1\0\0\0\1b' | md5sum
    assert.equal(sent.MD5OfMessageAttributes, "bef8bf215374a0a228d67533b1a488be");
  });

  it("only the latest receipt deletes; an older one is accepted and does nothing", async () => {
    await send("x");
    const [old] = await receive();
    clock.advance(10_000);
    const [latest] = await receive();
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: old!.ReceiptHandle }));
    assert.deepEqual(await counts(), ["0", "1"]);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: latest!.ReceiptHandle }));
    assert.deepEqual(await counts(), ["0", "0"]);
    const nonsense = sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "nonsense" }));
    assert.equal((await failureOf(nonsense)).name, "ReceiptHandleIsInvalid");
  });

  it("visibility can be stretched up to 12 hours, and given back", async () => {
    await send("x");
    const [message] = await receive();
    const change = (VisibilityTimeout: number, ReceiptHandle = message!.ReceiptHandle) =>
      sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
    await change(60);
    clock.advance(59_000);
    assert.deepEqual(await receive(), []);
    assert.equal((await failureOf(change(43_201))).name, "InvalidParameterValue");
    // 59 s of the 12 h since it was received are over.
    assert.match((await failureOf(change(43_142))).message, /Total VisibilityTimeout .* beyond the limit/);
    await change(43_141);
    await change(0);
    assert.equal((await failureOf(change(5))).name, "MessageNotInflight");
    assert.equal((await receive()).length, 1);
  });

  it("a long poll ends as soon as a message comes, or one becomes visible again", async () => {
    const polled = receive({ WaitTimeSeconds: 20 });
    await new Promise((resolve) => setImmediate(resolve));
    await send("late");
    const [message] = await polled;
    assert.equal(message!.Body, "late");

    const waiting = receive({ WaitTimeSeconds: 20 });
    await sqs.send(new GetQueueUrlCommand({ QueueName: "work" }));
    clock.advance(10_000);
    assert.equal((await waiting)[0]!.Body, "late");
  });

  it("a long poll ends empty in its time", async () => {
    const polled = receive({ WaitTimeSeconds: 2 });
    await sqs.send(new GetQueueUrlCommand({ QueueName: "work" }));
    clock.advance(2_000);
    assert.deepEqual(await polled, []);
  });

  it("a message that was received too often moves to the dead-letter queue", async () => {
    const dead = (await sqs.send(new CreateQueueCommand({ QueueName: "dead" }))).QueueUrl!;
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:123456789012:dead",
      maxReceiveCount: "2",
    });
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }));
    await send("poison");
    for (let i = 0; i < 2; i++) {
      assert.equal((await receive()).length, 1);
      clock.advance(10_000);
    }
    assert.deepEqual(await receive(), []);
    const [moved] = await receive({ QueueUrl: dead });
    assert.equal(moved!.Body, "poison");
    assert.equal(moved!.Attributes!.DeadLetterQueueSourceArn, "arn:aws:sqs:us-east-1:123456789012:work");
  });

  it("batches send, delete and change visibility, and tell of what failed", async () => {
    const bodies = Array.from({ length: 10 }, (_, i) => ({ Id: `m${i}`, MessageBody: `body ${i}` }));
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: bodies }));
    assert.equal(sent.Successful!.length, 10);
    const messages = await receive({ MaxNumberOfMessages: 10 });
    assert.deepEqual(
      messages.map((message) => message.Body),
      bodies.map((entry) => entry.MessageBody),
    );
    const Entries = messages.map(({ ReceiptHandle }, i) => ({
      Id: String(i),
      ReceiptHandle,
      VisibilityTimeout: i < 5 ? 0 : 99_999,
    }));
    const changed = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    assert.deepEqual(
      changed.Successful!.map((entry) => entry.Id),
      ["0", "1", "2", "3", "4"],
    );
    assert.deepEqual(
      changed.Failed!.map((entry) => entry.Code),
      Array(5).fill("InvalidParameterValue"),
    );
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: Entries.slice(5).map(({ Id, ReceiptHandle }) => ({ Id, ReceiptHandle })),
      }),
    );
    assert.deepEqual(await counts(), ["5", "0"]);
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    assert.deepEqual(await counts(), ["0", "0"]);
    const tooMany = sqs.send(
      new SendMessageBatchCommand({ QueueUrl, Entries: [...bodies, { Id: "x", MessageBody: "x" }] }),
    );
    assert.equal((await failureOf(tooMany)).name, "TooManyEntriesInBatchRequest");
  });

  it("refuses messages that are too long with their attributes, and wrong attributes", async () => {
    assert.equal((await failureOf(send("x".repeat(1_048_577)))).name, "InvalidParameterValue");
    const MessageAttributes = { reason: { DataType: "String", StringValue: "why" } };
    const filled = (spare: number) =>
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(1_048_576 - spare), MessageAttributes }));
    assert.equal((await failureOf(filled(14))).name, "InvalidParameterValue");
    await filled(15);
    const half = { MessageBody: "x".repeat(524_289) };
    const Entries = [
      { Id: "a", ...half },
      { Id: "b", ...half },
    ];
    const together = sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    assert.equal((await failureOf(together)).name, "BatchRequestTooLong");
    const wrong = sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "43201" } }));
    assert.equal((await failureOf(wrong)).name, "InvalidAttributeValue");
  });

  it("refuses more than ten message attributes", async () => {
    const attributes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, { DataType: "String", StringValue: "x" }]));
    const sendWith = (MessageAttributes: ReturnType<typeof attributes>) =>
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x", MessageAttributes }));
    await sendWith(attributes(10));
    assert.match((await failureOf(sendWith(attributes(11)))).message, /\[11\] exceeds the allowed maximum \[10\]/);
  });

  it("refuses characters that XML has not, in bodies and attributes", async () => {
    await send("tab \t, line \r\n, DEL \u007f, \ufffd, \u{1f4de}");
    for (const text of ["\u0001", "a\u0000", "\ufffe", "\uffff"]) {
      assert.equal((await failureOf(send(text))).name, "InvalidMessageContents");
    }
    const MessageAttributes = { reason: { DataType: "String", StringValue: "\u0001" } };
    const inAttribute = sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x", MessageAttributes }));
    assert.equal((await failureOf(inAttribute)).name, "InvalidMessageContents");
  });
});
