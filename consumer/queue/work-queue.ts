import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { DeadLetter } from "./worker-config.js";

export interface QueuedMessage {
  id: string;
  body: string;
  receiptHandle: string;
  /** Deliveries so far, this one included. */
  receiveCount: number;
  attributes: Message["MessageAttributes"];
}

/** The queue cannot be used as it is set up. */
export class QueueSetupError extends Error {
  override readonly name = "QueueSetupError";
}

const MAX_REASON_LENGTH = 1_000;
const MAX_ATTRIBUTES = 10;
/** One of them is the reason. */
const MAX_KEPT_ATTRIBUTES = MAX_ATTRIBUTES - 1;

/** Body and attributes together: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_MESSAGE_BYTES = 1_048_576;
/** What the reason takes beside its text. */
const REASON_BYTES = "reason".length + "String".length;

/** SQS refuses control characters in a message attribute, and each of these is one byte. */
function attributeText(text: string): string {
  return text.replace(/[^\t\n\r -~]/g, "?").slice(0, MAX_REASON_LENGTH) || "unknown";
}

/** What attributes count for against the limit of a message: names, types and values. */
function bytesOf(attributes: NonNullable<QueuedMessage["attributes"]>): number {
  const bytes = Object.entries(attributes).map(
    ([name, { DataType = "", StringValue = "", BinaryValue }]) =>
      Buffer.byteLength(name + DataType + StringValue) + (BinaryValue?.length ?? 0),
  );
  return bytes.reduce((sum, next) => sum + next, 0);
}

/** An SQS queue with a dead-letter queue, as the worker uses it. */
export class WorkQueue {
  private constructor(
    private readonly client: SQSClient,
    private readonly url: string,
    private readonly deadLetterUrl: string,
    /** After this many deliveries SQS moves a message to the dead-letter queue. */
    readonly maxReceiveCount: number,
  ) {}

  /**
   * Throws `QueueSetupError` where the queue has no dead-letter queue.
   * @param deadLetter where it is known: the queue is not asked for it, which takes permissions
   */
  static async open(client: SQSClient, url: string, deadLetter?: DeadLetter): Promise<WorkQueue> {
    if (deadLetter) return new WorkQueue(client, url, deadLetter.queueUrl, deadLetter.maxReceiveCount);
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["RedrivePolicy"] });
    const { Attributes } = await client.send(command);
    const policy = JSON.parse(Attributes?.RedrivePolicy ?? "{}");
    const [, , , , accountId, name] = String(policy.deadLetterTargetArn ?? "").split(":");
    if (!name) {
      throw new QueueSetupError(
        `the queue ${url} has no dead-letter queue: messages that are no streaming events would have no place to go; set its RedrivePolicy`,
      );
    }
    const found = await client.send(
      new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: accountId || undefined }),
    );
    return new WorkQueue(client, url, found.QueueUrl!, Number(policy.maxReceiveCount) || 1);
  }

  async receive(
    options: { max: number; waitTimeSeconds: number; visibilityTimeoutSeconds: number },
    signal?: AbortSignal,
  ): Promise<QueuedMessage[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.url,
      MaxNumberOfMessages: Math.min(10, options.max),
      WaitTimeSeconds: options.waitTimeSeconds,
      VisibilityTimeout: options.visibilityTimeoutSeconds,
      MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      MessageAttributeNames: ["All"],
    });
    const { Messages = [] } = await this.client.send(command, { abortSignal: signal });
    return Messages.map((message) => ({
      id: message.MessageId ?? "",
      body: message.Body ?? "",
      receiptHandle: message.ReceiptHandle ?? "",
      receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
      attributes: message.MessageAttributes,
    }));
  }

  async delete(message: QueuedMessage): Promise<void> {
    await this.client.send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle: message.receiptHandle }));
  }

  /** Hides the message for this long from now on; 0 gives it back at once. */
  async hide(message: QueuedMessage, seconds: number, signal?: AbortSignal): Promise<void> {
    await this.client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.url,
        ReceiptHandle: message.receiptHandle,
        VisibilityTimeout: Math.ceil(seconds),
      }),
      { abortSignal: signal },
    );
  }

  /**
   * Sends a message with the same body, whose deliveries are counted anew. Delete the first one only when this is done.
   * @param changes message attributes that are other ones, or with undefined none, in the copy
   * @param delaySeconds before anybody can get it, 0 to 900
   */
  async sendAgain(
    message: QueuedMessage,
    changes: Readonly<Record<string, string | undefined>> = {},
    delaySeconds = 0,
  ): Promise<void> {
    const kept = Object.entries(message.attributes ?? {}).filter(([name]) => !Object.hasOwn(changes, name));
    const set = Object.entries(changes).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, { DataType: "String", StringValue: attributeText(text) }] as const],
    );
    await this.client.send(
      new SendMessageCommand({
        QueueUrl: this.url,
        MessageBody: message.body,
        MessageAttributes: Object.fromEntries([...set, ...kept].slice(0, MAX_ATTRIBUTES)),
        DelaySeconds: delaySeconds,
      }),
    );
  }

  /** Puts the message aside for people to look at, with the `reason` as a message attribute, then deletes it here. */
  async putAside(message: QueuedMessage, reason: string): Promise<void> {
    await this.copyAside(message, reason);
    await this.delete(message);
  }

  /** Likewise, for whoever has the message deleted by somebody else. */
  async copyAside({ body, attributes = {} }: QueuedMessage, reason: string): Promise<void> {
    const room = MAX_MESSAGE_BYTES - Buffer.byteLength(body);
    const StringValue = attributeText(reason).slice(0, Math.max(0, room - REASON_BYTES));
    const named = { reason: { DataType: "String", StringValue } };
    const kept = Object.entries(attributes).filter(([name]) => name !== "reason");
    const all = { ...named, ...Object.fromEntries(kept.slice(0, MAX_KEPT_ATTRIBUTES)) };
    // A message can be as long as SQS allows: then the log alone has the reason.
    const MessageAttributes = bytesOf(all) <= room ? all : StringValue ? named : undefined;
    await this.client.send(
      new SendMessageCommand({ QueueUrl: this.deadLetterUrl, MessageBody: body, MessageAttributes }),
    );
  }
}
