import { isObject, isText } from "../dynamic-providers/faults.js";
import { DEFAULTS } from "./call-audio-consumer-settings.js";
import type { ConsumedConnector } from "./consumer-connectors.js";
import { LONGEST_PATTERN, streamingEventPattern } from "./event-pattern.js";
import { policyDocument, type Statement } from "./policy-documents.js";
import { NAME_LIMITS } from "./resource-names.js";
import { archiveStatements, liveStatements, type Reach, reconcileStatements } from "./role-statements.js";

/** Characters of a role's own policies, white space left out: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const LONGEST_ROLE_POLICY = 10_240;

const ACCOUNT = "0".repeat(12);
const LONGEST_BUCKET_NAME = 63;
const LONGEST_CLUSTER_NAME = 255;
const KEY_ARN_LENGTH = 120;
/** Of most connectors; an id that is not known yet is taken to be such a one. */
const ID_LENGTH = 22;

const filler = (length: number) => "x".repeat(length);
const textOr = (value: unknown, length: number) => (isText(value) ? value : filler(length));

/** What a role's statements are about, every name that is not known yet at its longest. */
function longestReach(region: string, voiceConnectorIds: string[], args: Record<string, unknown>): Reach {
  const of = (service: string, length: number) => `arn:aws:${service}:${region}:${ACCOUNT}:${filler(length)}`;
  return {
    accountId: ACCOUNT,
    region,
    voiceConnectorIds,
    bucketArn: `arn:aws:s3:::${textOr(args.bucket, LONGEST_BUCKET_NAME)}`,
    keyPrefix: isText(args.keyPrefix) ? args.keyPrefix : DEFAULTS.keyPrefix,
    kmsKeyArn:
      args.kmsKeyArn === undefined || args.kmsKeyArn === null ? undefined : textOr(args.kmsKeyArn, KEY_ARN_LENGTH),
    queueArn: of("sqs", NAME_LIMITS.queue),
    deadLetterArn: of("sqs", NAME_LIMITS.queue),
    logGroupArn: of("logs", "log-group:/aws/lambda/".length + NAME_LIMITS.function),
  };
}

function rolesOf(reach: Reach, args: Record<string, unknown>, mode: unknown): Record<string, Statement[]> {
  const { detailRecordsBucket: records } = isObject(args.reconcile) ? args.reconcile : {};
  const isGiven = records !== undefined && records !== null;
  return {
    reconcile: reconcileStatements(reach, isGiven ? textOr(records, LONGEST_BUCKET_NAME) : undefined),
    ...(mode === "live"
      ? { live: liveStatements(reach, filler(LONGEST_CLUSTER_NAME)) }
      : { archive: archiveStatements(reach) }),
  };
}

/**
 * How many connectors of a region one consumer can have, where it has more, and what has no room for them. (The functions' environment
 * has: of its 4 KB the ids take less than they do of a rule's pattern.)
 */
export function connectorLimit(
  region: string,
  connectors: readonly ConsumedConnector[],
  args: Record<string, unknown>,
  mode: unknown,
): { most: number; of: string } | undefined {
  const ids = connectors.map(({ voiceConnectorId: id }) => (isText(id) ? id : filler(ID_LENGTH)));
  for (let most = 0; most < ids.length; most++) {
    const of = fullOf(region, ids.slice(0, most + 1), args, mode);
    if (of !== undefined) return { most, of };
  }
  return undefined;
}

function fullOf(region: string, ids: string[], args: Record<string, unknown>, mode: unknown): string | undefined {
  if (streamingEventPattern(ACCOUNT, ids).length > LONGEST_PATTERN) return "an EventBridge rule";
  const roles = Object.entries(rolesOf(longestReach(region, ids, args), args, mode));
  const full = roles.find(([, statements]) => policyDocument(statements).length > LONGEST_ROLE_POLICY);
  return full && `the policy of the role "${full[0]}"`;
}
