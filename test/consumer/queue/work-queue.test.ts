import assert from "node:assert/strict";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { QueueSetupError, WorkQueue } from "../../../consumer/queue/work-queue.js";
import { startTelephone, type Telephone } from "../telephone.js";

const RECEIVE = { max: 10, waitTimeSeconds: 1, visibilityTimeoutSeconds: 30 };

describe("WorkQueue", () => {
  let telephone: Telephone;
  let sqs: SQSClient;
  let queueUrl: string;
  let deadLetterUrl: string;

  before(async () => {
    telephone = await startTelephone();
    sqs = new SQSClient({ region: "us-east-1" });
    queueUrl = telephone.aws.env.QUEUE_URL!;
    deadLetterUrl = telephone.aws.env.DEAD_LETTER_QUEUE_URL!;
  });

  after(async () => {
    sqs.destroy();
    await telephone.close();
  });

  it("refuses a queue that has no dead-letter queue", async () => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "lonely" }));
    await assert.rejects(WorkQueue.open(sqs, QueueUrl!), QueueSetupError);
  });

  it("finds out after how many deliveries a message is moved", async () => {
    assert.equal((await WorkQueue.open(sqs, queueUrl)).maxReceiveCount, 5);
  });

  it("puts a message aside whole, with the reason, and takes it out of the queue", async () => {
    const queue = await WorkQueue.open(sqs, queueUrl);
    const MessageAttributes = { from: { DataType: "String", StringValue: "elsewhere" } };
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "not JSON \u00e9", MessageAttributes }));
    const [message] = await queue.receive(RECEIVE);
    assert.equal(message!.receiveCount, 1);
    await queue.putAside(message!, "malformed: the message is not JSON \u0000");

    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: deadLetterUrl, MessageAttributeNames: ["All"], WaitTimeSeconds: 1 }),
    );
    assert.equal(Messages![0]!.Body, "not JSON \u00e9");
    assert.equal(Messages![0]!.MessageAttributes!.reason!.StringValue, "malformed: the message is not JSON ?");
    assert.equal(Messages![0]!.MessageAttributes!.from!.StringValue, "elsewhere");
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
    );
    assert.equal(Attributes!.ApproximateNumberOfMessages, "0");
    assert.equal(Attributes!.ApproximateNumberOfMessagesNotVisible, "0");
  });

  it("gives a message back at once, and counts its deliveries", async () => {
    const queue = await WorkQueue.open(sqs, queueUrl);
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "again" }));
    const [first] = await queue.receive(RECEIVE);
    await queue.hide(first!, 0);
    const [second] = await queue.receive(RECEIVE);
    assert.equal(second!.receiveCount, 2);
    await queue.delete(second!);
  });

  it("sends a message again as a fresh one, with attributes that are other ones, after a while", async () => {
    const queue = await WorkQueue.open(sqs, queueUrl);
    const attribute = (StringValue: string) => ({ DataType: "String", StringValue });
    const own = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`own-${i}`, attribute(String(i))]));
    const MessageAttributes = { ...own, holder: attribute("a"), gone: attribute("b") };
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "copied", MessageAttributes }));
    const [first] = await queue.receive(RECEIVE);
    await queue.hide(first!, 0);
    const [second] = await queue.receive(RECEIVE);
    const sentAtMs = Date.now();
    await queue.sendAgain(second!, { holder: "c", gone: undefined, "held-until": "now" }, 1);
    await queue.delete(second!);
    const [copy] = await queue.receive({ ...RECEIVE, waitTimeSeconds: 5 });
    assert(Date.now() - sentAtMs >= 990);
    assert.deepEqual([copy!.body, copy!.receiveCount], ["copied", 1]);
    const texts = Object.entries(copy!.attributes!).map(([name, { StringValue }]) => [name, StringValue]);
    const kept = Object.entries(own).map(([name, { StringValue }]) => [name, StringValue]);
    assert.deepEqual(texts.sort(), [...kept, ["holder", "c"], ["held-until", "now"]].sort());
    await queue.delete(copy!);
  });

  it("stops waiting for messages when aborted", async () => {
    const queue = await WorkQueue.open(sqs, queueUrl);
    const controller = new AbortController();
    const receiving = queue.receive({ ...RECEIVE, waitTimeSeconds: 20 }, controller.signal);
    setImmediate(() => controller.abort());
    await assert.rejects(receiving, { name: "AbortError" });
  });
});
