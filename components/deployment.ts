import * as pulumi from "@pulumi/pulumi";
import { mistake } from "../dynamic-providers/shim.js";
import type { Aws } from "./aws-package.js";
import type { ConsumerSettings } from "./call-audio-consumer-settings.js";
import { type ConsumedConnector, retentionFault } from "./consumer-connectors.js";
import { policyDocument, type Statement } from "./policy-documents.js";
import { NAME_LIMITS, type ResourceNames } from "./resource-names.js";
import type { Reach } from "./role-statements.js";

/** What every part of a consumer is made with. */
export interface Deployment {
  aws: Aws;
  /** Parent of all resources. */
  parent: pulumi.ComponentResource;
  /** Of the component; resources' names begin with it. */
  name: string;
  names: ResourceNames;
  accountId: pulumi.Output<string>;
  settings: ConsumerSettings;
  /** Where recordings go. */
  bucket: { name: pulumi.Output<string>; arn: pulumi.Output<string> };
}

/** The queue of a region, and what failed. */
export interface EventQueue {
  url: pulumi.Output<string>;
  arn: pulumi.Output<string>;
  deadLetterUrl: pulumi.Output<string>;
  deadLetterArn: pulumi.Output<string>;
}

/** A region with what is made there for its connectors. */
export interface RegionPlan {
  region: string;
  connectors: readonly ConsumedConnector[];
}

/** A message is tried again after 15 s, twice as long each time and 15 minutes at most: for six hours in all. */
export const MAX_RECEIVE_COUNT = 30;

export function voiceConnectorIds({ connectors }: RegionPlan): pulumi.Output<string[]> {
  return pulumi.all(connectors.map(({ voiceConnectorId }) => voiceConnectorId));
}

/** A role with its one policy. */
export interface MadeRole {
  arn: pulumi.Output<string>;
  /** What needs the role's rights depends on it. */
  policy: pulumi.Resource;
}

export function makeRole(
  deployment: Deployment,
  role: {
    kind: string;
    region: string;
    /** Who may take it on. */
    trust: pulumi.Input<string>;
    description: string;
    statements: pulumi.Input<Statement[]>;
  },
): MadeRole {
  const { aws, parent, name, names, settings } = deployment;
  const { kind, region } = role;
  const made = new aws.iam.Role(
    `${name}-${kind}-role-${region}`,
    {
      name: names.of(kind, NAME_LIMITS.role, region),
      description: role.description,
      assumeRolePolicy: role.trust,
      tags: settings.tags,
    },
    { parent },
  );
  const policy = new aws.iam.RolePolicy(
    `${name}-${kind}-policy-${region}`,
    {
      name: "least-privilege",
      role: made.name,
      policy: pulumi.output(role.statements).apply((statements) => policyDocument(statements)),
    },
    { parent },
  );
  return { arn: made.arn, policy };
}

/** Made before what writes to it, which may not make one: it would keep its lines for ever. */
export function makeLogGroup(deployment: Deployment, logGroup: { kind: string; region: string; groupName: string }) {
  const { aws, parent, name, settings } = deployment;
  const { kind, region, groupName } = logGroup;
  return new aws.cloudwatch.LogGroup(
    `${name}-${kind}-logs-${region}`,
    { name: groupName, retentionInDays: settings.logRetentionDays, tags: settings.tags, region },
    { parent },
  );
}

/** What the statements of a region's roles are about. */
export function reachOf(
  deployment: Deployment,
  plan: RegionPlan,
  queue: EventQueue,
  logGroupArn: pulumi.Input<string>,
): pulumi.Output<pulumi.Unwrap<Reach>> {
  const { accountId, bucket, settings } = deployment;
  return pulumi
    .all([
      accountId,
      voiceConnectorIds(plan),
      bucket.arn,
      settings.kmsKeyArn,
      queue.arn,
      queue.deadLetterArn,
      logGroupArn,
    ])
    .apply(([account, ids, bucketArn, kmsKeyArn, queueArn, deadLetterArn, logs]) => ({
      accountId: account,
      region: plan.region,
      voiceConnectorIds: ids,
      bucketArn,
      keyPrefix: settings.keyPrefix,
      kmsKeyArn,
      queueArn,
      deadLetterArn,
      logGroupArn: logs,
    }));
}

/** The environment that every worker and function has. */
export function commonEnvironment(
  deployment: Deployment,
  plan: RegionPlan,
  queue: EventQueue,
): Record<string, pulumi.Input<string>> {
  const { names, accountId, bucket, settings } = deployment;
  return {
    QUEUE_URL: queue.url,
    DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl,
    MAX_RECEIVE_COUNT: String(MAX_RECEIVE_COUNT),
    OUTPUT: pulumi.interpolate`s3://${bucket.name}/${settings.keyPrefix}`,
    MODE: checkedMode(settings, plan),
    STEREO: String(settings.stereo),
    INCLUDE_NUMBERS: String(settings.includeNumbers),
    STREAM_ACCOUNT_ID: accountId,
    STREAM_REGIONS: plan.region,
    VOICE_CONNECTOR_IDS: voiceConnectorIds(plan).apply((ids) => ids.join(",")),
    METRICS_NAMESPACE: names.namespace,
    LOG_LEVEL: settings.logLevel,
  };
}

/**
 * The mode, unless a retention is too short for it. One that is an Output is checked here, as soon as it is known: what needs the mode
 * fails, and is not made.
 */
export function checkedMode(
  { mode, maxCallHours, recoveryWindowHours }: Pick<ConsumerSettings, "mode" | "maxCallHours" | "recoveryWindowHours">,
  { connectors }: Pick<RegionPlan, "connectors">,
): pulumi.Output<string> {
  const atLeast = Math.ceil(maxCallHours + recoveryWindowHours);
  return pulumi.all(connectors.map(({ dataRetentionInHours }) => dataRetentionInHours)).apply((retentions) => {
    for (const [i, hours] of retentions.entries()) {
      const fault = mode === "archive" && hours !== undefined ? retentionFault(hours, atLeast) : undefined;
      if (fault) throw mistake(`dataRetentionInHours of ${connectors[i]!.name} ${fault}`);
    }
    return mode;
  });
}
