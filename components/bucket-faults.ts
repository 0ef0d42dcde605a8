import { isBoolean, isText } from "../dynamic-providers/faults.js";
import { type ArgumentFaults, isOneOf, isWhole, matches } from "./argument-faults.js";

export const isBucketName = matches(/^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/);
export const bucketReason = "must be the name of an S3 bucket";
/** No character has a meaning in IAM, in an URL or in a path. */
const isKeyPrefix = (value: unknown): boolean =>
  matches(/^[A-Za-z0-9_=.-]+(?:\/[A-Za-z0-9_=.-]+)*$/)(value) &&
  (value as string).length <= 256 &&
  !/(?:^|\/)\.\.?(?:\/|$)/.test(value as string);
export const isDays = isWhole(1, 36_500);
const isKeyArn = matches(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/);

/**
 * Faults of what says where recordings go, and for how long.
 * @param firstRegion of the connectors, where that is known
 */
export function bucketFaults(
  list: ArgumentFaults,
  args: Record<string, unknown>,
  firstRegion: string | undefined,
): void {
  const { bucket, bucketRegion, kmsKeyArn, recordingRetentionDays: retentionDays, retainRecordings } = args;
  list.optional("bucket", bucket, isBucketName, bucketReason);
  list.plain("bucketRegion", bucketRegion, matches(/^[a-z]{2}(?:-[a-z]+)+-\d$/), "must be an AWS region");
  const prefixReason = "must have letters, digits and . _ = - alone, in parts with a slash between them, at most 256";
  list.plain("keyPrefix", args.keyPrefix, isKeyPrefix, prefixReason);
  list.optional("kmsKeyArn", kmsKeyArn, isKeyArn, "must be the ARN of a KMS key, not of an alias");
  list.plain("recordingRetentionDays", retentionDays, isDays, "must be a whole number of days from 1 to 36500");
  list.plain("retainRecordings", retainRecordings, isBoolean, "must be true or false");
  const lock = list.group("objectLock", args.objectLock, ["mode", "days"]);
  if (lock) {
    const isMode = isOneOf("GOVERNANCE", "COMPLIANCE");
    list.needed("objectLock.mode", lock.mode, isMode, 'must be "GOVERNANCE" or "COMPLIANCE"');
    list.needed("objectLock.days", lock.days, isDays, "must be a whole number of days from 1 to 36500");
    if (retainRecordings === false) {
      list.add(
        "retainRecordings",
        "must not be false with objectLock: a bucket with locked recordings cannot be deleted",
      );
    }
    if (isDays(lock.days) && isDays(retentionDays) && (retentionDays as number) < (lock.days as number)) {
      list.add(
        "recordingRetentionDays",
        "must not be less than objectLock.days, for which recordings cannot be deleted",
      );
    }
  }
  if (bucket !== undefined && bucket !== null) {
    for (const property of ["bucketRegion", "recordingRetentionDays", "objectLock", "retainRecordings"]) {
      if (args[property] === undefined || args[property] === null) continue;
      list.add(property, "is for a bucket that is made; with bucket, set it on that one");
    }
    return;
  }
  const region = bucketRegion ?? firstRegion;
  if (isKeyArn(kmsKeyArn) && isText(region) && (kmsKeyArn as string).split(":")[3] !== region) {
    list.add("kmsKeyArn", `must be a key of the bucket's region, ${region}`);
  }
}
