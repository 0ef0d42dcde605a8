import {
  DeleteRuleCommand,
  DescribeRuleCommand,
  EventBridgeClient,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-eventbridge";
import type { Clients } from "../clients.js";
import { fromAws, given, type Inputs, type Kind, orGone, tagList, tagMap, tagsGone, toAws } from "../kind.js";

const GONE = "ResourceNotFoundException";

/** @returns the rule's ARN */
async function putRule(inputs: Inputs, clients: Clients): Promise<string> {
  const put = new PutRuleCommand({ ...toAws(given(inputs, "tags")) });
  return (await clients.get(EventBridgeClient, inputs.region).send(put)).RuleArn!;
}

async function tagRule(ResourceARN: string, inputs: Inputs, clients: Clients): Promise<void> {
  if (!inputs.tags) return;
  const tag = new TagResourceCommand({ ResourceARN, Tags: tagList(inputs.tags) });
  await clients.get(EventBridgeClient, inputs.region).send(tag);
}

const rule: Kind = {
  properties: ["name", "description", "eventPattern", "scheduleExpression", "state", "tags"],
  named: "name",
  replaceOn: ["name"],
  async create(inputs, clients) {
    await tagRule(await putRule(inputs, clients), inputs, clients);
    return inputs.name;
  },
  async read(Name, inputs, clients) {
    const events = clients.get(EventBridgeClient, inputs.region);
    const found = await orGone(events.send(new DescribeRuleCommand({ Name })), GONE);
    if (!found) return undefined;
    const { Tags } = await events.send(new ListTagsForResourceCommand({ ResourceARN: found.Arn }));
    const { $metadata: _, ...fields } = found;
    return { inputs: { ...fromAws(fields), tags: tagMap(Tags) }, outputs: { name: Name, arn: found.Arn } };
  },
  async update(_name, inputs, clients, before) {
    const ResourceARN = await putRule(inputs, clients);
    const TagKeys = tagsGone(before, inputs);
    const untag = new UntagResourceCommand({ ResourceARN, TagKeys });
    if (TagKeys.length) await clients.get(EventBridgeClient, inputs.region).send(untag);
    await tagRule(ResourceARN, inputs, clients);
  },
  async delete(Name, inputs, clients) {
    await orGone(clients.get(EventBridgeClient, inputs.region).send(new DeleteRuleCommand({ Name })), GONE);
  },
};

/** The names of paths are the program's, and stay as they are. */
function transformerOf({ inputTransformer }: Inputs) {
  if (!inputTransformer) return {};
  const { inputPaths: InputPathsMap, inputTemplate: InputTemplate } = inputTransformer;
  return { InputTransformer: { InputPathsMap, InputTemplate } };
}

async function putTarget(inputs: Inputs, clients: Clients): Promise<void> {
  const fields = toAws(given(inputs, "rule", "targetId", "inputTransformer"));
  const Targets = [{ Id: inputs.targetId, ...fields, ...transformerOf(inputs) }];
  const { FailedEntryCount, FailedEntries } = await clients
    .get(EventBridgeClient, inputs.region)
    .send(new PutTargetsCommand({ Rule: inputs.rule, Targets }));
  if (FailedEntryCount) throw new Error(`EventBridge refuses the target: ${JSON.stringify(FailedEntries)}`);
}

const target: Kind = {
  properties: ["rule", "targetId", "arn", "input", "inputTransformer", "retryPolicy", "deadLetterConfig"],
  named: "targetId",
  replaceOn: ["rule", "targetId"],
  async create(inputs, clients) {
    await putTarget(inputs, clients);
    return `${inputs.rule}/${inputs.targetId}`;
  },
  async read(_id, inputs, clients) {
    const list = new ListTargetsByRuleCommand({ Rule: inputs.rule });
    const found = await orGone(clients.get(EventBridgeClient, inputs.region).send(list), GONE);
    const held = found?.Targets?.find(({ Id }) => Id === inputs.targetId);
    if (!held) return undefined;
    const { InputPathsMap: inputPaths, InputTemplate: inputTemplate } = held.InputTransformer ?? {};
    const inputTransformer = held.InputTransformer && { inputPaths, inputTemplate };
    return { inputs: { ...fromAws(held), rule: inputs.rule, targetId: held.Id, inputTransformer } };
  },
  update: (_id, inputs, clients) => putTarget(inputs, clients),
  async delete(_id, inputs, clients) {
    const remove = new RemoveTargetsCommand({ Rule: inputs.rule, Ids: [inputs.targetId] });
    await orGone(clients.get(EventBridgeClient, inputs.region).send(remove), GONE);
  },
};

export const kinds: Record<string, Kind> = {
  "aws:cloudwatch/eventRule:EventRule": rule,
  "aws:cloudwatch/eventTarget:EventTarget": target,
};
