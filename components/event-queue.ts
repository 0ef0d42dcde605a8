import * as pulumi from "@pulumi/pulumi";
import { DEPLOYED_TAG, LONGEST_TAG_VALUE, RECORDINGS_TAG } from "../aws/consumer-tags.js";
import { packageVersion } from "../consumer/package-version.js";
import { ARCHIVE_VISIBILITY_SECONDS, LIVE_VISIBILITY_SECONDS } from "./consumer-sizing.js";
import {
  type Deployment,
  type EventQueue,
  MAX_RECEIVE_COUNT,
  type RegionPlan,
  voiceConnectorIds,
} from "./deployment.js";
import { streamingEventPattern } from "./event-pattern.js";
import { queuePolicy, redriveAllowPolicy, redrivePolicy } from "./policy-documents.js";
import { NAME_LIMITS, type ResourceNames } from "./resource-names.js";

/** The longest that SQS keeps a message: long enough for people to look at what failed. */
const FOURTEEN_DAYS = 14 * 24 * 3_600;

export const queueName = (names: ResourceNames, region: string) => names.of("events", NAME_LIMITS.queue, region);
export const deadLetterName = (names: ResourceNames, region: string) =>
  names.of("dead-letters", NAME_LIMITS.queue, region);
export const eventRuleName = (names: ResourceNames, region: string) => names.of("events", NAME_LIMITS.rule, region);

/**
 * The way of a region's events: rule, queue, dead-letter queue.
 *
 * The queues are encrypted by keys of SQS. A customer's key would need a policy that lets EventBridge use it; one that does not loses
 * every event without an error.
 */
export function makeEventQueue(deployment: Deployment, plan: RegionPlan): EventQueue {
  const { aws, parent, name, names, accountId, settings } = deployment;
  const { region } = plan;
  const { tags } = settings;
  const common = { messageRetentionSeconds: FOURTEEN_DAYS, sqsManagedSseEnabled: true, tags, region };
  const ownName = queueName(names, region);
  const deadLetters = new aws.sqs.Queue(
    `${name}-dead-letters-${region}`,
    {
      ...common,
      name: deadLetterName(names, region),
      // The queue itself is made after this one, which it names.
      redriveAllowPolicy: accountId.apply((account) =>
        redriveAllowPolicy(`arn:aws:sqs:${region}:${account}:${ownName}`),
      ),
    },
    { parent },
  );
  const queue = new aws.sqs.Queue(
    `${name}-events-${region}`,
    {
      ...common,
      name: ownName,
      tags: queueTags(deployment),
      visibilityTimeoutSeconds: settings.mode === "archive" ? ARCHIVE_VISIBILITY_SECONDS : LIVE_VISIBILITY_SECONDS,
      receiveWaitTimeSeconds: 20,
      redrivePolicy: deadLetters.arn.apply((arn) => redrivePolicy(arn, MAX_RECEIVE_COUNT)),
    },
    { parent },
  );
  const rule = new aws.cloudwatch.EventRule(
    `${name}-events-rule-${region}`,
    {
      name: eventRuleName(names, region),
      description: "Calls of Voice Connectors that begin to stream, have ended or could not be streamed",
      eventPattern: pulumi
        .all([accountId, voiceConnectorIds(plan)])
        .apply(([account, ids]) => streamingEventPattern(account, ids)),
      tags,
      region,
    },
    { parent },
  );
  const policies = [
    { kind: "events", of: queue },
    { kind: "dead-letters", of: deadLetters },
  ].map(
    ({ kind, of }) =>
      new aws.sqs.QueuePolicy(
        `${name}-${kind}-policy-${region}`,
        {
          queueUrl: of.url,
          policy: pulumi.all([of.arn, rule.arn]).apply(([queueArn, ruleArn]) => queuePolicy(queueArn, ruleArn)),
          region,
        },
        { parent },
      ),
  );
  // An event that comes before it may be delivered would be lost.
  new aws.cloudwatch.EventTarget(
    `${name}-events-target-${region}`,
    {
      rule: rule.name,
      targetId: "queue",
      arn: queue.arn,
      deadLetterConfig: { arn: deadLetters.arn },
      region,
    },
    { parent, dependsOn: policies },
  );
  return {
    url: queue.url,
    arn: queue.arn,
    deadLetterUrl: deadLetters.url,
    deadLetterArn: deadLetters.arn,
  };
}

/** What the command `doctor` goes by: which release of the package was deployed, and where it puts recordings. */
function queueTags({ bucket, settings }: Deployment): pulumi.Output<Record<string, string>> {
  const { tags, mode, keyPrefix } = settings;
  return bucket.name.apply((name): Record<string, string> => {
    const recordings = `s3://${name}/${keyPrefix}`;
    return {
      ...tags,
      [DEPLOYED_TAG]: `${packageVersion().version} ${mode}`,
      ...(recordings.length <= LONGEST_TAG_VALUE && { [RECORDINGS_TAG]: recordings }),
    };
  });
}
