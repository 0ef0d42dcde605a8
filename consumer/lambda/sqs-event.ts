import type { QueuedMessage } from "../queue/work-queue.js";

/** A message as Lambda's poller hands it over: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export interface SqsRecord {
  messageId: string;
  receiptHandle: string;
  body: string;
  attributes?: { ApproximateReceiveCount?: string };
  messageAttributes?: Record<string, { dataType?: string; stringValue?: string; binaryValue?: string }>;
}

export interface SqsEvent {
  Records: SqsRecord[];
}

/** What is named here comes again; everything else is deleted by the poller. */
export interface SqsBatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** What a handler uses of https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
export interface LambdaContext {
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** As ReceiveMessage would have given it. */
export function toQueuedMessage(record: SqsRecord): QueuedMessage {
  const { messageId: id, receiptHandle, body, attributes, messageAttributes = {} } = record;
  const asSent = Object.entries(messageAttributes).map(([name, { dataType, stringValue, binaryValue }]) => [
    name,
    {
      DataType: dataType,
      StringValue: stringValue,
      BinaryValue: binaryValue === undefined ? undefined : Buffer.from(binaryValue, "base64"),
    },
  ]);
  const receiveCount = Number(attributes?.ApproximateReceiveCount) || 1;
  return { id, body, receiptHandle, receiveCount, attributes: Object.fromEntries(asSent) };
}
