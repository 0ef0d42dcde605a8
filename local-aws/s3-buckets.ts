import { Bucket } from "./bucket.js";
import { AwsError, type AwsReply, type AwsRequest } from "./exchange.js";
import { xmlReply } from "./s3-multipart.js";
import type { World } from "./world.js";

export function listBuckets(request: AwsRequest): AwsReply {
  const { account } = request.caller;
  return xmlReply("ListAllMyBucketsResult", {
    Owner: { ID: account.id, DisplayName: account.id },
    Buckets: {
      Bucket: [...account.buckets.values()].map((bucket) => ({
        Name: bucket.name,
        CreationDate: new Date(bucket.createdMs).toISOString(),
      })),
    },
  });
}

export function createBucket(world: World, request: AwsRequest, name: string): AwsReply {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
    throw new AwsError("InvalidBucketName", 400, "The specified bucket is not valid.", { BucketName: name });
  }
  const { buckets } = request.caller.account;
  const constraint = /<LocationConstraint[^>]*>([^<]*)</.exec(request.body.toString("utf8"))?.[1];
  const region = constraint || "us-east-1";
  if (buckets.has(name) && region !== "us-east-1") {
    throw new AwsError(
      "BucketAlreadyOwnedByYou",
      409,
      "Your previous request to create the named bucket succeeded and you already own it.",
      { BucketName: name },
    );
  }
  if (!buckets.has(name)) buckets.set(name, new Bucket(name, region, world.clock.nowMs()));
  return { status: 200, headers: { location: `/${name}` } };
}

export function deleteBucket(request: AwsRequest, bucket: Bucket): AwsReply {
  if (bucket.objects.size > 0) throw new AwsError("BucketNotEmpty", 409, "The bucket you tried to delete is not empty");
  request.caller.account.buckets.delete(bucket.name);
  return { status: 204 };
}

/** ListObjectsV2. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listObjects(request: AwsRequest, bucket: Bucket): AwsReply {
  const { query } = request;
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const maxKeys = Math.min(1_000, Number(query.get("max-keys") ?? 1_000));
  const token = query.get("continuation-token");
  const startAfter = query.get("start-after") ?? "";
  const after = token ? Buffer.from(token, "base64").toString("utf8") : startAfter;
  const encode =
    query.get("encoding-type") === "url" ? (text: string) => encodeURIComponent(text).replaceAll("%2F", "/") : String;

  const contents: object[] = [];
  const commonPrefixes = new Set<string>();
  let last = "";
  let isTruncated = false;
  // UTF-8 order, as S3 has it.
  for (const object of [...bucket.objects.values()].sort((a, b) =>
    Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)),
  )) {
    if (!object.key.startsWith(prefix)) continue;
    const end = delimiter ? object.key.indexOf(delimiter, prefix.length) : -1;
    const group = end < 0 ? undefined : object.key.slice(0, end + delimiter.length);
    if ((group ?? object.key) <= after || (group && commonPrefixes.has(group))) continue;
    if (contents.length + commonPrefixes.size >= maxKeys) {
      isTruncated = true;
      break;
    }
    last = group ?? object.key;
    if (group) commonPrefixes.add(group);
    else {
      contents.push({
        Key: encode(object.key),
        LastModified: new Date(object.modifiedMs).toISOString(),
        ETag: object.etag,
        Size: object.data.length,
        StorageClass: "STANDARD",
      });
    }
  }
  return xmlReply("ListBucketResult", {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter ? encode(delimiter) : undefined,
    StartAfter: startAfter ? encode(startAfter) : undefined,
    ContinuationToken: token ?? undefined,
    EncodingType: query.get("encoding-type") ?? undefined,
    MaxKeys: maxKeys,
    KeyCount: contents.length + commonPrefixes.size,
    IsTruncated: isTruncated,
    NextContinuationToken: isTruncated ? Buffer.from(last).toString("base64") : undefined,
    Contents: contents as { [name: string]: string }[],
    CommonPrefixes: [...commonPrefixes].map((group) => ({ Prefix: encode(group) })),
  });
}
