import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Clients } from "../clients.js";
import { type Inputs, type Kind, orGone, tagsGone } from "../kind.js";

async function find(name: string, inputs: Inputs, clients: Clients) {
  const list = new DescribeLogGroupsCommand({ logGroupNamePrefix: name });
  const { logGroups = [] } = await clients.get(CloudWatchLogsClient, inputs.region).send(list);
  return logGroups.find(({ logGroupName }) => logGroupName === name);
}

/** The ARN without the `:*` that stands for its streams. */
const arnOf = (group: { arn?: string }) => group.arn!.replace(/:\*$/, "");

async function putRetention(inputs: Inputs, clients: Clients): Promise<void> {
  const { name: logGroupName, retentionInDays } = inputs;
  const logs = clients.get(CloudWatchLogsClient, inputs.region);
  if (retentionInDays) await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
  else await logs.send(new DeleteRetentionPolicyCommand({ logGroupName }));
}

const logGroup: Kind = {
  properties: ["name", "retentionInDays", "kmsKeyId", "tags"],
  named: "name",
  replaceOn: ["name", "kmsKeyId"],
  async create(inputs, clients) {
    const { name: logGroupName, kmsKeyId, tags } = inputs;
    const create = new CreateLogGroupCommand({ logGroupName, kmsKeyId, tags });
    await clients.get(CloudWatchLogsClient, inputs.region).send(create);
    if (inputs.retentionInDays) await putRetention(inputs, clients);
    return inputs.name;
  },
  async read(name, inputs, clients) {
    const held = await find(name, inputs, clients);
    if (!held) return undefined;
    const list = new ListTagsForResourceCommand({ resourceArn: arnOf(held) });
    const { tags = {} } = await clients.get(CloudWatchLogsClient, inputs.region).send(list);
    const { retentionInDays, kmsKeyId } = held;
    return { inputs: { name, retentionInDays, kmsKeyId, tags }, outputs: { name, arn: arnOf(held) } };
  },
  async update(name, inputs, clients, before) {
    await putRetention(inputs, clients);
    const logs = clients.get(CloudWatchLogsClient, inputs.region);
    const resourceArn = arnOf((await find(name, inputs, clients))!);
    const tagKeys = tagsGone(before, inputs);
    if (tagKeys.length) await logs.send(new UntagResourceCommand({ resourceArn, tagKeys }));
    if (inputs.tags) await logs.send(new TagResourceCommand({ resourceArn, tags: inputs.tags }));
  },
  async delete(logGroupName, inputs, clients) {
    await orGone(clients.get(CloudWatchLogsClient, inputs.region).send(new DeleteLogGroupCommand({ logGroupName })));
  },
};

export const kinds: Record<string, Kind> = { "aws:cloudwatch/logGroup:LogGroup": logGroup };
