import { AwsError } from "./exchange.js";
import type { MessageAttribute, Queue, QueueMessage, RedrivePolicy } from "./queue.js";

function invalid(name: string, value: unknown): AwsError {
  return new AwsError("InvalidAttributeValue", 400, `Invalid value for the parameter ${name}: ${String(value)}`);
}

function integer(name: string, value: unknown, min: number, max: number): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < min || number > max) throw invalid(name, value);
  return number;
}

/** The settable attributes that mean something here. */
const setters: Readonly<Record<string, (queue: Queue, value: string) => void>> = {
  VisibilityTimeout: (queue, value) => {
    queue.visibilityTimeoutSeconds = integer("VisibilityTimeout", value, 0, 43_200);
  },
  MessageRetentionPeriod: (queue, value) => {
    queue.retentionSeconds = integer("MessageRetentionPeriod", value, 60, 1_209_600);
  },
  DelaySeconds: (queue, value) => {
    queue.delaySeconds = integer("DelaySeconds", value, 0, 900);
  },
  ReceiveMessageWaitTimeSeconds: (queue, value) => {
    queue.waitTimeSeconds = integer("ReceiveMessageWaitTimeSeconds", value, 0, 20);
  },
  MaximumMessageSize: (queue, value) => {
    queue.maxMessageBytes = integer("MaximumMessageSize", value, 1_024, 1_048_576);
  },
  RedrivePolicy: (queue, value) => {
    queue.redrive = value === "" ? undefined : redrivePolicy(value);
  },
};

function redrivePolicy(value: string): RedrivePolicy {
  let policy: { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown };
  try {
    policy = JSON.parse(value);
  } catch {
    throw invalid("RedrivePolicy", value);
  }
  if (typeof policy?.deadLetterTargetArn !== "string") throw invalid("RedrivePolicy", value);
  return {
    deadLetterTargetArn: policy.deadLetterTargetArn,
    maxReceiveCount: integer("RedrivePolicy", policy.maxReceiveCount, 1, 1_000),
  };
}

/** Sets what is given, or nothing if any of it is wrong. */
export function setQueueAttributes(queue: Queue, attributes: unknown): void {
  const entries = Object.entries((attributes ?? {}) as Record<string, string>);
  for (const [name, value] of entries) {
    if (name.startsWith("Fifo")) throw new AwsError("InvalidAttributeName", 400, `Unknown Attribute ${name}.`);
    const set = Object.hasOwn(setters, name) ? setters[name] : undefined;
    if (set) set(queue, value);
    else queue.otherAttributes.set(name, value);
  }
}

/** The attributes that were asked for, as text; `All` asks for every one. */
export function queueAttributes(queue: Queue, names: unknown): Record<string, string> {
  const { visible, inFlight, delayed } = queue.counts();
  const all: Record<string, string> = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdMs / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedMs / 1000)),
    VisibilityTimeout: String(queue.visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(queue.retentionSeconds),
    DelaySeconds: String(queue.delaySeconds),
    ReceiveMessageWaitTimeSeconds: String(queue.waitTimeSeconds),
    MaximumMessageSize: String(queue.maxMessageBytes),
    SqsManagedSseEnabled: "true",
    ...(queue.redrive && { RedrivePolicy: JSON.stringify(queue.redrive) }),
    ...Object.fromEntries(queue.otherAttributes),
  };
  return select(all, names);
}

/** A message's system attributes that were asked for. */
export function messageSystemAttributes(message: QueueMessage, names: unknown): Record<string, string> {
  return select(
    {
      SenderId: message.senderId,
      SentTimestamp: String(message.sentMs),
      ApproximateReceiveCount: String(message.receiveCount),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedMs),
      ...(message.deadLetterSourceArn && { DeadLetterQueueSourceArn: message.deadLetterSourceArn }),
    },
    names,
  );
}

/** A message's own attributes that were asked for: by name, `prefix.*`, `All` or `.*`. */
export function selectedMessageAttributes(message: QueueMessage, names: unknown): Record<string, MessageAttribute> {
  const patterns = Array.isArray(names) ? names.map(String) : [];
  const isWanted = (name: string) =>
    patterns.some(
      (pattern) =>
        pattern === "All" || pattern === name || (pattern.endsWith(".*") && name.startsWith(pattern.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(message.attributes).filter(([name]) => isWanted(name)));
}

function select(all: Record<string, string>, names: unknown): Record<string, string> {
  const wanted = Array.isArray(names) ? names : [];
  if (wanted.includes("All")) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)));
}
