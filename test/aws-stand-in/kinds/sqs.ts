import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueueTagsCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  SQSClient,
  TagQueueCommand,
  UntagQueueCommand,
} from "@aws-sdk/client-sqs";
import type { Clients } from "../clients.js";
import { type Inputs, type Kind, orGone, type Properties, tagsGone } from "../kind.js";

const GONE = ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];

const attributes: Record<string, QueueAttributeName> = {
  visibilityTimeoutSeconds: "VisibilityTimeout",
  messageRetentionSeconds: "MessageRetentionPeriod",
  receiveWaitTimeSeconds: "ReceiveMessageWaitTimeSeconds",
  delaySeconds: "DelaySeconds",
  maxMessageSize: "MaximumMessageSize",
  redrivePolicy: "RedrivePolicy",
  redriveAllowPolicy: "RedriveAllowPolicy",
  kmsMasterKeyId: "KmsMasterKeyId",
  kmsDataKeyReusePeriodSeconds: "KmsDataKeyReusePeriodSeconds",
  sqsManagedSseEnabled: "SqsManagedSseEnabled",
};

function attributesOf(inputs: Inputs): Record<string, string> {
  const wanted = Object.entries(attributes).filter(([property]) => inputs[property] !== undefined);
  return Object.fromEntries(wanted.map(([property, attribute]) => [attribute, String(inputs[property])]));
}

/** All attributes are texts; a property's type is that of the input. */
function typed(text: string | undefined, like: unknown): unknown {
  if (typeof like === "number") return text === undefined ? undefined : Number(text);
  if (typeof like === "boolean") return text === "true";
  return text;
}

async function attributesAt(QueueUrl: string, inputs: Inputs, clients: Clients) {
  const all = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
  return (await orGone(clients.get(SQSClient, inputs.region).send(all), ...GONE))?.Attributes;
}

const queue: Kind = {
  properties: ["name", "tags", ...Object.keys(attributes)],
  named: "name",
  replaceOn: ["name"],
  async create(inputs, clients) {
    const create = new CreateQueueCommand({
      QueueName: inputs.name,
      Attributes: attributesOf(inputs),
      tags: inputs.tags,
    });
    return (await clients.get(SQSClient, inputs.region).send(create)).QueueUrl!;
  },
  async read(QueueUrl, inputs, clients) {
    const held = await attributesAt(QueueUrl, inputs, clients);
    if (!held) return undefined;
    const { Tags } = await clients.get(SQSClient, inputs.region).send(new ListQueueTagsCommand({ QueueUrl }));
    const actual: Properties = { name: QueueUrl.split("/").at(-1), tags: Tags ?? {} };
    for (const [property, attribute] of Object.entries(attributes))
      actual[property] = typed(held[attribute], inputs[property]);
    return { inputs: actual, outputs: { name: actual.name, arn: held.QueueArn, url: QueueUrl } };
  },
  async update(QueueUrl, inputs, clients, before) {
    const sqs = clients.get(SQSClient, inputs.region);
    const dropped = Object.keys(attributesOf(before)).filter((name) => !(name in attributesOf(inputs)));
    if (dropped.length) throw new Error(`The stand-in cannot take back ${dropped} of ${QueueUrl}.`);
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributesOf(inputs) }));
    const TagKeys = tagsGone(before, inputs);
    if (TagKeys.length) await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys }));
    if (inputs.tags) await sqs.send(new TagQueueCommand({ QueueUrl, Tags: inputs.tags }));
  },
  async delete(QueueUrl, inputs, clients) {
    await orGone(clients.get(SQSClient, inputs.region).send(new DeleteQueueCommand({ QueueUrl })), ...GONE);
  },
};

async function putPolicy(QueueUrl: string, policy: string, inputs: Inputs, clients: Clients): Promise<void> {
  const put = new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: policy } });
  await clients.get(SQSClient, inputs.region).send(put);
}

const queuePolicy: Kind = {
  properties: ["queueUrl", "policy"],
  replaceOn: ["queueUrl"],
  async create(inputs, clients) {
    await putPolicy(inputs.queueUrl, inputs.policy, inputs, clients);
    return inputs.queueUrl;
  },
  async read(id, inputs, clients) {
    const held = await attributesAt(id, inputs, clients);
    return held?.Policy ? { inputs: { queueUrl: id, policy: held.Policy } } : undefined;
  },
  update: (id, inputs, clients) => putPolicy(id, inputs.policy, inputs, clients),
  async delete(id, inputs, clients) {
    await orGone(putPolicy(id, "", inputs, clients), ...GONE);
  },
};

export const kinds: Record<string, Kind> = {
  "aws:sqs/queue:Queue": queue,
  "aws:sqs/queuePolicy:QueuePolicy": queuePolicy,
};
