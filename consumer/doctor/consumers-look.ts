import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { CONSUMER_TAG, DEPLOYED_TAG, queueNameEnd, RECORDINGS_TAG } from "../../aws/consumer-tags.js";
import type { ConsumerFacts } from "./diagnosis.js";
import type { Examination } from "./examination.js";

const MOST_QUEUES = 1_000;
/** Queues of a region whose names are like a consumer's. */
const MOST_CONSUMERS = 10;
const ATTRIBUTES = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
  "RedrivePolicy",
] as const;

/** The consumers that this package has deployed in a region: by the names of their queues, then by their tags. */
export async function findConsumers(exam: Examination, region: string): Promise<ConsumerFacts[]> {
  const client = exam.clients.sqs(region);
  const listed = await exam.asking.look({ action: "sqs:ListQueues", region }, (abortSignal) =>
    client.send(new ListQueuesCommand({ MaxResults: MOST_QUEUES }), { abortSignal }),
  );
  const urls = (listed?.QueueUrls ?? []).filter((url) => url.endsWith(queueNameEnd(region)));
  if (listed?.NextToken || urls.length > MOST_CONSUMERS) {
    const next = "name its queue with --queue-url";
    exam.findings.add("DOCTOR_CUT_SHORT", region, "not every queue was looked at for a consumer", next);
  }
  const consumers: ConsumerFacts[] = [];
  for (const queueUrl of urls.slice(0, MOST_CONSUMERS)) {
    const tags = await tagsOf(exam, client, region, queueUrl);
    if (tags?.[CONSUMER_TAG] === undefined) continue;
    consumers.push(await lookAtMessages(exam, client, { region, queueUrl, ...taggedFacts(tags) }));
  }
  return consumers;
}

/** The consumer whose queue was named. */
export async function lookAtQueue(exam: Examination, region: string, queueUrl: string): Promise<ConsumerFacts> {
  const client = exam.clients.sqs(region);
  const facts = await lookAtMessages(exam, client, { region, queueUrl });
  if (!facts.messages) return facts;
  return { ...facts, ...taggedFacts((await tagsOf(exam, client, region, queueUrl)) ?? {}) };
}

async function tagsOf({ asking }: Examination, client: SQSClient, region: string, QueueUrl: string) {
  const input = { QueueUrl };
  const answer = await asking.look({ action: "sqs:ListQueueTags", region, input }, (abortSignal) =>
    client.send(new ListQueueTagsCommand(input), { abortSignal }),
  );
  return answer && (answer.Tags ?? {});
}

function taggedFacts(tags: Record<string, string>): Pick<ConsumerFacts, "name" | "version" | "mode" | "recordings"> {
  const [version, mode] = tags[DEPLOYED_TAG]?.split(" ") ?? [];
  const { [CONSUMER_TAG]: name, [RECORDINGS_TAG]: recordings } = tags;
  return {
    ...(name && { name }),
    ...(version && { version }),
    ...(mode && { mode }),
    ...(recordings && { recordings }),
  };
}

/** Counts alone: who receives a message to look at it counts as a delivery, and enough of them end it. */
async function lookAtMessages(exam: Examination, client: SQSClient, facts: ConsumerFacts): Promise<ConsumerFacts> {
  const { asking, findings } = exam;
  const { region, queueUrl } = facts;
  const input = { QueueUrl: queueUrl };
  const question = { action: "sqs:GetQueueAttributes", region, input };
  const answer = await asking.ask(question, (abortSignal) =>
    client.send(new GetQueueAttributesCommand({ ...input, AttributeNames: [...ATTRIBUTES] }), { abortSignal }),
  );
  if (!answer.ok) {
    if (answer.error.kind !== "notFound") asking.report(question, answer.error);
    else {
      const next = "check --queue-url and --region; where a stack has made it, pulumi up --refresh";
      findings.add("DOCTOR_QUEUE_MISSING", queueUrl, `there is no such queue in ${region}`, next);
    }
    return facts;
  }
  const attributes = answer.value.Attributes ?? {};
  const [waiting = 0, inFlight = 0, delayed = 0] = ATTRIBUTES.slice(0, 3).map((name) => Number(attributes[name] ?? 0));
  const deadLetterArn = deadLetterArnOf(attributes.RedrivePolicy);
  if (!deadLetterArn) {
    const next = "set a RedrivePolicy, with maxReceiveCount 30";
    findings.add("DOCTOR_NO_DEAD_LETTER_QUEUE", queueUrl, "the queue has no dead-letter queue", next);
  }
  const deadLetters = deadLetterArn ? await lookAtDeadLetters(exam, client, facts, deadLetterArn) : undefined;
  return { ...facts, messages: { waiting, inFlight, delayed }, ...(deadLetters !== undefined && { deadLetters }) };
}

function deadLetterArnOf(redrivePolicy: string | undefined): string | undefined {
  try {
    const { deadLetterTargetArn } = JSON.parse(redrivePolicy ?? "{}");
    return typeof deadLetterTargetArn === "string" ? deadLetterTargetArn : undefined;
  } catch {
    return undefined;
  }
}

async function lookAtDeadLetters(
  { asking, findings }: Examination,
  client: SQSClient,
  { region, queueUrl }: ConsumerFacts,
  arn: string,
): Promise<number | undefined> {
  const [, , , , QueueOwnerAWSAccountId, QueueName] = arn.split(":");
  const named = { QueueName, QueueOwnerAWSAccountId };
  const found = await asking.look({ action: "sqs:GetQueueUrl", region, input: named }, (abortSignal) =>
    client.send(new GetQueueUrlCommand(named), { abortSignal }),
  );
  if (!found?.QueueUrl) return undefined;
  const input = { QueueUrl: found.QueueUrl };
  const answer = await asking.look({ action: "sqs:GetQueueAttributes", region, input }, (abortSignal) =>
    client.send(new GetQueueAttributesCommand({ ...input, AttributeNames: [ATTRIBUTES[0]] }), { abortSignal }),
  );
  const count = answer && Number(answer.Attributes?.ApproximateNumberOfMessages ?? 0);
  if (count) {
    const next =
      `read the attribute "reason" of one: aws sqs receive-message --queue-url ${found.QueueUrl} --region ${region} ` +
      "--message-attribute-names All; when the reason is gone, aws sqs start-message-move-task --source-arn " +
      arn;
    const what =
      count === 1 ? "1 message is in the dead-letter queue" : `${count} messages are in the dead-letter queue`;
    findings.add("DOCTOR_DEAD_LETTERS", queueUrl, what, next);
  }
  return count;
}

/** What is wrong with what was found of the consumers. */
export function judgeConsumers(
  { findings }: Examination,
  consumers: readonly ConsumerFacts[],
  streamingRegions: readonly string[],
  version: string,
): void {
  for (const { queueUrl, messages, name, ...facts } of consumers) {
    if (!messages) continue;
    findings.add("DOCTOR_QUEUE", queueUrl, name ? `the queue of ${name} is there` : "the queue is there");
    if (messages.waiting > 0 && messages.inFlight === 0) {
      const what = `${messages.waiting} messages wait, and none is being worked on`;
      const next = "look again in a minute; then at the logs of the archive function, or of the worker's tasks";
      findings.add("DOCTOR_QUEUE_UNREAD", queueUrl, what, next);
    }
    if (name !== undefined && facts.version === undefined) {
      const next = "pulumi up with this release, which tags the queue with it";
      findings.add("DOCTOR_VERSION_UNKNOWN", queueUrl, `${name} does not say which release it was deployed with`, next);
    } else if (facts.version !== undefined && facts.version !== version) {
      const what = `${name ?? "the consumer"} was deployed with ${facts.version}, and this is ${version}`;
      const next =
        `npm install pulumi-chime-voice-streaming@${version} in its program, then pulumi up; ` +
        `or, if that is the newer one, run the command of ${facts.version}`;
      findings.add("DOCTOR_VERSION_DIFFERS", queueUrl, what, next);
    }
  }
  for (const region of streamingRegions) {
    if (consumers.some((consumer) => consumer.region === region)) continue;
    const next =
      "add a CallAudioConsumer to the program; where a worker of your own records, name its queue with --queue-url";
    findings.add("DOCTOR_NO_CONSUMER", region, "no CallAudioConsumer was found", next);
  }
}
