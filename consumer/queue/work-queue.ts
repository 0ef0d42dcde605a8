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
/** SQS takes ten message attributes; one of them is the reason. */
const MAX_KEPT_ATTRIBUTES = 9;

/** SQS refuses other characters in a message attribute. */
function attributeText(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, "?").slice(0, MAX_REASON_LENGTH) || "unknown";
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

  /** Throws `QueueSetupError` where the queue has no dead-letter queue. */
  static async open(client: SQSClient, url: string): Promise<WorkQueue> {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["RedrivePolicy"] });
    const { Attributes } = await client.send(command);
    const policy = JSON.parse(Attributes?.RedrivePolicy ?? "{}");
    const [, , , , accountId, name] = String(policy.deadLetterTargetArn ?? "").split(":");
    if (!name) {
      throw new QueueSetupError(
        `the queue ${url} has no dead-letter queue: messages that are no streaming events would have no place to go; set its RedrivePolicy`,
      );
    }
    const deadLetter = await client.send(
      new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: accountId || undefined }),
    );
    return new WorkQueue(client, url, deadLetter.QueueUrl!, Number(policy.maxReceiveCount) || 1);
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
  async hide(message: QueuedMessage, seconds: number): Promise<void> {
    await this.client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.url,
        ReceiptHandle: message.receiptHandle,
        VisibilityTimeout: Math.ceil(seconds),
      }),
    );
  }

  /** Puts the message aside for people to look at, with the `reason` as a message attribute, then deletes it here. */
  async putAside(message: QueuedMessage, reason: string): Promise<void> {
    const kept = Object.entries(message.attributes ?? {}).filter(([name]) => name !== "reason");
    await this.client.send(
      new SendMessageCommand({
        QueueUrl: this.deadLetterUrl,
        MessageBody: message.body,
        MessageAttributes: {
          ...Object.fromEntries(kept.slice(0, MAX_KEPT_ATTRIBUTES)),
          reason: { DataType: "String", StringValue: attributeText(reason) },
        },
      }),
    );
    await this.delete(message);
  }
}
