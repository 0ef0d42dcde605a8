import { AwsError, type AwsReply, type AwsRequest, type AwsService } from "./exchange.js";
import { type JsonObject, jsonBody, jsonReply } from "./json-body.js";
import { pageOf } from "./page.js";
import { type MessageAttribute, md5Hex, md5OfAttributes, Queue } from "./queue.js";
import { sqsErrors } from "./service-errors.js";
import {
  messageSystemAttributes,
  queueAttributes,
  selectedMessageAttributes,
  setQueueAttributes,
} from "./sqs-attributes.js";
import { checkBatchSize, checkMessage } from "./sqs-message-limits.js";
import type { World } from "./world.js";

const MAX_VISIBILITY_SECONDS = 43_200;
const MAX_BATCH = 10;

type SqsCall = (context: SqsContext) => object | Promise<object>;

interface SqsContext {
  world: World;
  request: AwsRequest;
  body: JsonObject;
}

/** SQS standard queues, JSON 1.0 protocol. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/ */
export function sqsService(world: World): AwsService {
  return {
    actionPrefix: "sqs",
    errors: sqsErrors,
    operationOf(request) {
      const name = /^AmazonSQS\.(\w+)$/.exec(String(request.headers["x-amz-target"]))?.[1] ?? "";
      const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
      if (!call) return undefined;
      const body = jsonBody(request, "InvalidParameterValue");
      return {
        name,
        iamAction: name.replace(/Batch$/, ""),
        resource: queueArn(request, String(body.QueueName ?? queueNameOf(body.QueueUrl) ?? "*")),
        run: async (): Promise<AwsReply> =>
          jsonReply(request.requestId, await call({ world, request, body }), 200, "application/x-amz-json-1.0"),
      };
    },
  };
}

const calls: Readonly<Record<string, SqsCall>> = {
  CreateQueue: ({ world, request, body }) => {
    const name = String(body.QueueName ?? "");
    if (!/^[a-zA-Z0-9_-]{1,80}$/.test(name)) {
      throw invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
    }
    const { account } = request.caller;
    const existing = account.region(request.region).queues.get(name);
    if (existing) return { QueueUrl: existing.url };
    const queue = createQueue(world, account.id, request.region, name);
    setQueueAttributes(queue, body.Attributes);
    return { QueueUrl: queue.url };
  },
  DeleteQueue: ({ request, body }) => {
    const queue = queueOf(request, body.QueueUrl);
    request.caller.account.region(request.region).queues.delete(queue.name);
    return {};
  },
  GetQueueUrl: ({ request, body }) => ({ QueueUrl: queueOf(request, body.QueueName).url }),
  ListQueues: ({ request, body }) => {
    const prefix = String(body.QueueNamePrefix ?? "");
    const queues = [...request.caller.account.region(request.region).queues.values()];
    const named = queues.filter((queue) => queue.name.startsWith(prefix));
    const token = typeof body.NextToken === "string" ? body.NextToken : undefined;
    const page = pageOf(named, token, integerParameter(body, "MaxResults", 1, 1_000, 1_000));
    if (!page) throw invalidParameter("NextToken is not valid.");
    return { QueueUrls: page.items.map((queue) => queue.url), NextToken: page.nextToken };
  },
  GetQueueAttributes: ({ request, body }) => ({
    Attributes: queueAttributes(queueOf(request, body.QueueUrl), body.AttributeNames),
  }),
  SetQueueAttributes: ({ world, request, body }) => {
    const queue = queueOf(request, body.QueueUrl);
    setQueueAttributes(queue, body.Attributes);
    queue.modifiedMs = world.clock.nowMs();
    return {};
  },
  TagQueue: ({ request, body }) => {
    const { tags } = queueOf(request, body.QueueUrl);
    for (const [key, value] of Object.entries((body.Tags ?? {}) as Record<string, string>))
      tags.set(key, String(value));
    return {};
  },
  UntagQueue: ({ request, body }) => {
    const { tags } = queueOf(request, body.QueueUrl);
    for (const key of (body.TagKeys ?? []) as string[]) tags.delete(key);
    return {};
  },
  ListQueueTags: ({ request, body }) => {
    const { tags } = queueOf(request, body.QueueUrl);
    return tags.size > 0 ? { Tags: Object.fromEntries(tags) } : {};
  },
  PurgeQueue: ({ request, body }) => {
    queueOf(request, body.QueueUrl).purge();
    return {};
  },
  SendMessage: ({ request, body }) => send(queueOf(request, body.QueueUrl), body, request),
  SendMessageBatch: ({ request, body }) => {
    const queue = queueOf(request, body.QueueUrl);
    checkBatchSize(body.Entries);
    return batch(body, (entry) => send(queue, entry, request));
  },
  ReceiveMessage: receive,
  DeleteMessage: ({ request, body }) => {
    queueOf(request, body.QueueUrl).delete(receiptHandle(body));
    return {};
  },
  DeleteMessageBatch: ({ request, body }) => {
    const queue = queueOf(request, body.QueueUrl);
    return batch(body, (entry) => {
      queue.delete(receiptHandle(entry));
      return {};
    });
  },
  ChangeMessageVisibility: ({ request, body }) => changeVisibility(queueOf(request, body.QueueUrl), body),
  ChangeMessageVisibilityBatch: ({ request, body }) => {
    const queue = queueOf(request, body.QueueUrl);
    return batch(body, (entry) => changeVisibility(queue, entry));
  },
};

/** Makes a queue, or gives the one of that name. */
export function createQueue(world: World, accountId: string, region: string, name: string): Queue {
  const { queues } = world.accounts.account(accountId).region(region);
  const existing = queues.get(name);
  if (existing) return existing;
  const arn = `arn:aws:sqs:${region}:${accountId}:${name}`;
  const url = `${world.endpoint}/${accountId}/${name}`;
  const queue = new Queue(name, arn, url, world.clock, world.identifiers, (targetArn) =>
    queues.get(targetArn.split(":").at(-1)!),
  );
  queues.set(name, queue);
  return queue;
}

function queueArn(request: AwsRequest, name: string): string {
  return name === "*" ? "*" : `arn:aws:sqs:${request.region}:${request.caller.account.id}:${name}`;
}

function queueNameOf(url: unknown): string | undefined {
  return typeof url === "string" ? url.split("/").at(-1) : undefined;
}

function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterValue", 400, message);
}

/**
 * @param urlOrName a queue's URL, or its name. Queues of one name in several regions are told apart by the region
 * signed for.
 */
function queueOf(request: AwsRequest, urlOrName: unknown): Queue {
  const name = queueNameOf(urlOrName);
  const queue = name && request.caller.account.region(request.region).queues.get(name);
  if (!queue) {
    throw new AwsError("QueueDoesNotExist", 400, "The specified queue does not exist.", {
      queryCode: "AWS.SimpleQueueService.NonExistentQueue",
    });
  }
  return queue;
}

function integerParameter(body: JsonObject, name: string, min: number, max: number, byDefault: number): number {
  const value = body[name] ?? byDefault;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw invalidParameter(
      `Value ${String(value)} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}.`,
    );
  }
  return value;
}

function send(queue: Queue, entry: JsonObject, request: AwsRequest): object {
  const text = entry.MessageBody;
  if (typeof text !== "string" || text === "") throw new AwsError("MissingParameter", 400, "MessageBody is required.");
  const attributes = (entry.MessageAttributes ?? {}) as Record<string, MessageAttribute>;
  checkMessage(text, attributes, queue.maxMessageBytes);
  const delaySeconds =
    entry.DelaySeconds === undefined ? undefined : integerParameter(entry, "DelaySeconds", 0, 900, 0);
  const message = queue.send(text, { attributes, delaySeconds, senderId: request.caller.userId });
  return {
    MessageId: message.id,
    MD5OfMessageBody: md5Hex(text),
    MD5OfMessageAttributes: md5OfAttributes(attributes),
  };
}

async function receive({ request, body }: SqsContext): Promise<object> {
  const queue = queueOf(request, body.QueueUrl);
  const messages = await queue.receive(
    integerParameter(body, "MaxNumberOfMessages", 1, 10, 1),
    integerParameter(body, "VisibilityTimeout", 0, MAX_VISIBILITY_SECONDS, queue.visibilityTimeoutSeconds),
    integerParameter(body, "WaitTimeSeconds", 0, 20, queue.waitTimeSeconds),
    request.signal,
  );
  const systemNames = [
    ...((body.MessageSystemAttributeNames as unknown[]) ?? []),
    ...((body.AttributeNames as unknown[]) ?? []),
  ];
  return {
    Messages: messages.map((message) => {
      const attributes = selectedMessageAttributes(message, body.MessageAttributeNames);
      return {
        MessageId: message.id,
        ReceiptHandle: message.receiptHandle,
        MD5OfBody: md5Hex(message.body),
        Body: message.body,
        Attributes: systemNames.length > 0 ? messageSystemAttributes(message, systemNames) : undefined,
        MessageAttributes: Object.keys(attributes).length > 0 ? attributes : undefined,
        MD5OfMessageAttributes: md5OfAttributes(attributes),
      };
    }),
  };
}

function receiptHandle(entry: JsonObject): string {
  if (typeof entry.ReceiptHandle !== "string" || !entry.ReceiptHandle) {
    throw new AwsError("MissingParameter", 400, "The request must contain the parameter ReceiptHandle.");
  }
  if (!/^[0-9a-f-]{36}:/.test(Buffer.from(entry.ReceiptHandle, "base64").toString("latin1"))) {
    throw new AwsError("ReceiptHandleIsInvalid", 400, "The input receipt handle is invalid.");
  }
  return entry.ReceiptHandle;
}

function changeVisibility(queue: Queue, entry: JsonObject): object {
  const handle = receiptHandle(entry);
  if (entry.VisibilityTimeout === undefined)
    throw new AwsError("MissingParameter", 400, "VisibilityTimeout is required.");
  const seconds = integerParameter(entry, "VisibilityTimeout", 0, MAX_VISIBILITY_SECONDS, 0);
  const outcome = queue.changeVisibility(handle, seconds, MAX_VISIBILITY_SECONDS);
  if (outcome === "beyondLimit") {
    throw invalidParameter(
      `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
    );
  }
  if (outcome === "notInFlight") {
    throw new AwsError("MessageNotInflight", 400, "The message is not in flight.", {
      queryCode: "AWS.SimpleQueueService.MessageNotInflight",
    });
  }
  return {};
}

function batch(body: JsonObject, each: (entry: JsonObject) => object): object {
  const entries = body.Entries;
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new AwsError("EmptyBatchRequest", 400, "There should be at least one entry in the request.", {
      queryCode: "AWS.SimpleQueueService.EmptyBatchRequest",
    });
  }
  if (entries.length > MAX_BATCH) {
    throw new AwsError("TooManyEntriesInBatchRequest", 400, `Maximum number of entries per request are ${MAX_BATCH}.`, {
      queryCode: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    });
  }
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries as JsonObject[]) {
    try {
      Successful.push({ Id: entry.Id, ...each(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id: entry.Id, SenderFault: true, Code: error.code, Message: error.message });
    }
  }
  return { Successful, Failed };
}
