import * as pulumi from "@pulumi/pulumi";
import type { Aws } from "./aws-package.js";
import type { BucketSettings } from "./call-audio-consumer-settings.js";
import { bucketPolicy } from "./policy-documents.js";
import type { ResourceNames } from "./resource-names.js";

export interface RecordingsBucket {
  name: pulumi.Output<string>;
  arn: pulumi.Output<string>;
}

export interface BucketOptions {
  aws: Aws;
  parent: pulumi.ComponentResource;
  name: string;
  names: ResourceNames;
  settings: BucketSettings;
  keyPrefix: string;
  kmsKeyArn: pulumi.Input<string> | undefined;
  /** Days after which marks expire: later than the media of their legs. */
  markDays: pulumi.Input<number>;
  tags: Record<string, string>;
}

const UNFINISHED_UPLOAD_DAYS = 2;

/** A bucket that exists: nothing of it is changed. */
export function givenBucket(name: pulumi.Input<string>): RecordingsBucket {
  return { name: pulumi.output(name), arn: pulumi.interpolate`arn:aws:s3:::${name}` };
}

/** A bucket for recordings alone: private, encrypted, over TLS only. Where recordings are kept on destroy, so is all that protects them. */
export function makeBucket(options: BucketOptions): RecordingsBucket {
  const { aws, parent, name, names, settings, tags } = options;
  const kept: pulumi.CustomResourceOptions = { parent, retainOnDelete: settings.retain };
  const made = new aws.s3.Bucket(
    `${name}-bucket`,
    {
      bucketPrefix: names.bucketPrefix,
      forceDestroy: !settings.retain,
      ...(settings.objectLock && { objectLockEnabled: true }),
      tags,
      region: settings.region,
    },
    // Without a word from the program, a bucket does not move when another connector becomes the first.
    { ...kept, ...(!settings.isRegionGiven && { ignoreChanges: ["region"] }) },
  );
  const { bucket, region } = made;
  const publicAccess = new aws.s3.BucketPublicAccessBlock(
    `${name}-bucket-public-access`,
    {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
      region,
    },
    kept,
  );
  new aws.s3.BucketOwnershipControls(
    `${name}-bucket-ownership`,
    { bucket, rule: { objectOwnership: "BucketOwnerEnforced" }, region },
    kept,
  );
  new aws.s3.BucketServerSideEncryptionConfiguration(
    `${name}-bucket-encryption`,
    { bucket, rules: [encryptionRule(options.kmsKeyArn)], region },
    kept,
  );
  // S3 refuses two changes of a bucket's access at the same moment.
  new aws.s3.BucketPolicy(
    `${name}-bucket-policy`,
    { bucket, policy: made.arn.apply(bucketPolicy), region },
    { ...kept, dependsOn: [publicAccess] },
  );
  const versioning = settings.objectLock && [
    new aws.s3.BucketVersioning(
      `${name}-bucket-versioning`,
      { bucket, versioningConfiguration: { status: "Enabled" }, region },
      kept,
    ),
  ];
  if (settings.objectLock) {
    const { mode, days } = settings.objectLock;
    new aws.s3.BucketObjectLockConfiguration(
      `${name}-bucket-lock`,
      { bucket, rule: { defaultRetention: { mode, days } }, region },
      { ...kept, dependsOn: versioning },
    );
  }
  new aws.s3.BucketLifecycleConfiguration(
    `${name}-bucket-lifecycle`,
    {
      bucket,
      rules: pulumi.output(options.markDays).apply((days) => lifecycleRules(options.keyPrefix, settings, days)),
      region,
    },
    { ...kept, dependsOn: versioning },
  );
  return { name: bucket, arn: made.arn };
}

/** A bucket key spares a request to KMS for every object. */
function encryptionRule(kmsKeyArn: pulumi.Input<string> | undefined) {
  if (kmsKeyArn === undefined) return { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
  return {
    applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
    bucketKeyEnabled: true,
  };
}

/**
 * When what is in the bucket goes. Versions, which Object Lock needs, go as soon as they are replaced and no longer locked. The rule for
 * recordings covers marks, too, and the earlier of two counts: it has been seen to that it is not too early for them.
 */
export function lifecycleRules(
  keyPrefix: string,
  { recordingRetentionDays, objectLock }: Pick<BucketSettings, "recordingRetentionDays" | "objectLock">,
  markDays: number,
) {
  const enabled = { status: "Enabled" };
  return [
    {
      id: "unfinished-uploads",
      ...enabled,
      filter: { prefix: "" },
      abortIncompleteMultipartUpload: { daysAfterInitiation: UNFINISHED_UPLOAD_DAYS },
    },
    { id: "marks", ...enabled, filter: { prefix: `${keyPrefix}/marks/` }, expiration: { days: markDays } },
    ...(recordingRetentionDays === undefined
      ? []
      : [
          {
            id: "recordings",
            ...enabled,
            filter: { prefix: `${keyPrefix}/` },
            expiration: { days: recordingRetentionDays },
          },
        ]),
    ...(objectLock === undefined
      ? []
      : [
          {
            id: "replaced-versions",
            ...enabled,
            filter: { prefix: "" },
            noncurrentVersionExpiration: { noncurrentDays: 1 },
            expiration: { expiredObjectDeleteMarker: true },
          },
        ]),
  ];
}
