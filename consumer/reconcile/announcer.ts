import { randomUUID } from "node:crypto";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Clock } from "../clock.js";
import { markText } from "../events/event-mark.js";
import type { EndedEvent } from "../events/streaming-event.js";

export interface AnnouncerOptions {
  /** Of the region that `queueUrl` is in. */
  sqs: SQSClient;
  queueUrl: string;
  deadLetterQueueUrl: string;
  clock: Clock;
}

/**
 * Tells the workers of the end of a leg as EventBridge would have: an event in its envelope, with `foundByReconciliation` in its
 * detail. Needs sqs:SendMessage on both queues.
 */
export class Announcer {
  constructor(private readonly options: AnnouncerOptions) {}

  async announce(event: EndedEvent): Promise<void> {
    const { sqs, queueUrl } = this.options;
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: this.#bodyOf(event) }));
  }

  /** Into the dead-letter queue, for people to look at; the reason is a message attribute, as the workers put it. */
  async putAside(event: EndedEvent, reason: string): Promise<void> {
    const { sqs, deadLetterQueueUrl } = this.options;
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MessageBody: this.#bodyOf(event),
        MessageAttributes: { reason: { DataType: "String", StringValue: reason } },
      }),
    );
  }

  /** https://docs.aws.amazon.com/chime-sdk/latest/ag/automating-chime-with-cloudwatch-events.html */
  #bodyOf(event: EndedEvent): string {
    const { region, accountId } = event.stream;
    return JSON.stringify({
      version: "0",
      id: randomUUID(),
      "detail-type": "Chime VoiceConnector Streaming Status",
      source: "aws.chime",
      account: accountId,
      time: `${new Date(this.options.clock.now()).toISOString().slice(0, 19)}Z`,
      region,
      resources: [],
      detail: { ...JSON.parse(markText(event)), foundByReconciliation: true },
    });
  }
}
