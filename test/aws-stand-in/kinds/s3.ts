import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { Clients } from "../clients.js";
import { fromAws, given, type Inputs, type Kind, orGone, type Properties, tagList, tagMap, toAws } from "../kind.js";

async function putTags(Bucket: string, inputs: Inputs, clients: Clients): Promise<void> {
  const put = new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: tagList(inputs.tags) } });
  await clients.get(S3Client, inputs.region).send(put);
}

async function empty(Bucket: string, s3: S3Client): Promise<void> {
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const all = [...Versions, ...DeleteMarkers];
    if (all.length === 0) return;
    for (const { Key, VersionId } of all) await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  }
}

const bucket: Kind = {
  properties: ["bucket", "bucketPrefix", "forceDestroy", "objectLockEnabled", "tags"],
  named: "bucket",
  namePrefix: "bucketPrefix",
  replaceOn: ["bucket", "bucketPrefix", "objectLockEnabled"],
  async create(inputs, clients) {
    const { bucket: Bucket, objectLockEnabled: ObjectLockEnabledForBucket, region } = inputs;
    const CreateBucketConfiguration = region === "us-east-1" ? undefined : { LocationConstraint: region };
    const create = new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket, CreateBucketConfiguration });
    await clients.get(S3Client, region).send(create);
    if (inputs.tags) await putTags(Bucket, inputs, clients);
    return Bucket;
  },
  async read(Bucket, inputs, clients) {
    const s3 = clients.get(S3Client, inputs.region);
    if (!(await orGone(s3.send(new HeadBucketCommand({ Bucket }))))) return undefined;
    const tagging = await orGone(s3.send(new GetBucketTaggingCommand({ Bucket })), "NoSuchTagSet");
    return {
      inputs: { bucket: Bucket, tags: tagMap(tagging?.TagSet) },
      outputs: {
        bucket: Bucket,
        region: inputs.region,
        arn: `arn:aws:s3:::${Bucket}`,
        bucketDomainName: `${Bucket}.s3.amazonaws.com`,
        bucketRegionalDomainName: `${Bucket}.s3.${inputs.region}.amazonaws.com`,
      },
    };
  },
  update: (id, inputs, clients) => putTags(id, inputs, clients),
  async delete(Bucket, inputs, clients) {
    const s3 = clients.get(S3Client, inputs.region);
    if (inputs.forceDestroy) await orGone(empty(Bucket, s3), "NoSuchBucket");
    await orGone(s3.send(new DeleteBucketCommand({ Bucket })), "NoSuchBucket");
  },
};

/** A setting of a bucket that is put, read and taken away as a whole. */
interface Setting {
  properties: readonly string[];
  put(Bucket: string, inputs: Inputs, s3: S3Client): Promise<unknown>;
  get(Bucket: string, s3: S3Client): Promise<Properties | undefined>;
  /** Absent where a setting cannot be taken back. */
  remove?(Bucket: string, s3: S3Client): Promise<unknown>;
}

const MISSING = ["NoSuchBucket", "NoSuchPublicAccessBlockConfiguration", "NoSuchBucketPolicy"].concat(
  ["ServerSideEncryptionConfigurationNotFoundError", "NoSuchLifecycleConfiguration"],
  ["OwnershipControlsNotFoundError", "ObjectLockConfigurationNotFoundError"],
);

function setting({ properties, put, get, remove }: Setting): Kind {
  return {
    properties: ["bucket", ...properties],
    replaceOn: ["bucket"],
    async create(inputs, clients) {
      await put(inputs.bucket, inputs, clients.get(S3Client, inputs.region));
      return inputs.bucket;
    },
    async read(Bucket, inputs, clients) {
      const held = await orGone(get(Bucket, clients.get(S3Client, inputs.region)), ...MISSING);
      return held && { inputs: { bucket: Bucket, ...held } };
    },
    async update(Bucket, inputs, clients) {
      await put(Bucket, inputs, clients.get(S3Client, inputs.region));
    },
    async delete(Bucket, inputs, clients) {
      if (remove) await orGone(remove(Bucket, clients.get(S3Client, inputs.region)), ...MISSING);
    },
  };
}

const settings: Record<string, Setting> = {
  "bucketPublicAccessBlock:BucketPublicAccessBlock": {
    properties: ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"],
    put: (Bucket, inputs, s3) => {
      const PublicAccessBlockConfiguration = toAws(given(inputs, "bucket"));
      return s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    },
    get: async (Bucket, s3) =>
      fromAws((await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration),
    remove: (Bucket, s3) => s3.send(new DeletePublicAccessBlockCommand({ Bucket })),
  },
  "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    properties: ["rules"],
    put: (Bucket, { rules }, s3) => {
      const ServerSideEncryptionConfiguration = { Rules: toAws(rules) };
      return s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
    },
    get: async (Bucket, s3) =>
      fromAws((await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration),
    remove: (Bucket, s3) => s3.send(new DeleteBucketEncryptionCommand({ Bucket })),
  },
  "bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
    properties: ["rules"],
    put: (Bucket, { rules }, s3) => {
      const LifecycleConfiguration = { Rules: toAws(rules) };
      return s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
    },
    get: async (Bucket, s3) => {
      const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
      return { rules: fromAws(Rules) };
    },
    remove: (Bucket, s3) => s3.send(new DeleteBucketLifecycleCommand({ Bucket })),
  },
  "bucketPolicy:BucketPolicy": {
    properties: ["policy"],
    put: (Bucket, { policy }, s3) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy })),
    get: async (Bucket, s3) => ({ policy: (await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy }),
    remove: (Bucket, s3) => s3.send(new DeleteBucketPolicyCommand({ Bucket })),
  },
  "bucketOwnershipControls:BucketOwnershipControls": {
    properties: ["rule"],
    put: (Bucket, { rule }, s3) => {
      const OwnershipControls = { Rules: [toAws(rule)] };
      return s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    },
    get: async (Bucket, s3) => {
      const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
      return { rule: fromAws(OwnershipControls?.Rules?.[0]) };
    },
    remove: (Bucket, s3) => s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket })),
  },
  "bucketVersioning:BucketVersioning": {
    properties: ["versioningConfiguration"],
    put: (Bucket, { versioningConfiguration }, s3) => {
      const VersioningConfiguration = toAws(versioningConfiguration);
      return s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    },
    get: async (Bucket, s3) => {
      const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
      return Status && { versioningConfiguration: { status: Status } };
    },
  },
  "bucketObjectLockConfiguration:BucketObjectLockConfiguration": {
    properties: ["objectLockEnabled", "rule"],
    put: (Bucket, { rule }, s3) => {
      const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled" as const, Rule: toAws(rule) };
      return s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    },
    get: async (Bucket, s3) =>
      fromAws((await s3.send(new GetObjectLockConfigurationCommand({ Bucket }))).ObjectLockConfiguration),
  },
};

export const kinds: Record<string, Kind> = {
  "aws:s3/bucket:Bucket": bucket,
  ...Object.fromEntries(Object.entries(settings).map(([type, of]) => [`aws:s3/${type}`, setting(of)])),
};
