import type { Bucket, StoredObject } from "./bucket.js";
import { AwsError, type AwsReply, type AwsRequest } from "./exchange.js";
import { checkWriteConditions, objectHeaders, preconditionFailed, unquoted, uploadedData } from "./s3-upload.js";
import type { World } from "./world.js";

export function putObject(world: World, request: AwsRequest, bucket: Bucket, key: string): AwsReply {
  const uploaded = uploadedData(request, bucket);
  checkWriteConditions(request, bucket, key);
  const headers = objectHeaders(request);
  bucket.objects.set(key, { key, ...uploaded, headers, modifiedMs: world.clock.nowMs() });
  return {
    status: 200,
    headers: { etag: uploaded.etag, "x-amz-checksum-crc32": uploaded.crc32, ...encryption(headers) },
  };
}

/** With `If-Match` only as it was: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html */
export function deleteObject(request: AwsRequest, bucket: Bucket, key: string): AwsReply {
  checkWriteConditions(request, bucket, key);
  // Without a condition, deleting what is not there is a success.
  bucket.objects.delete(key);
  return { status: 204 };
}

/** GetObject, with one range at most. */
export function getObject(request: AwsRequest, bucket: Bucket, key: string): AwsReply {
  const object = findObject(bucket, key);
  const notModified = readCondition(request, object);
  if (notModified) return notModified;
  const range = byteRange(request.headers.range, object.data.length);
  if (!range) return { status: 200, headers: readHeaders(request, object), body: object.data };
  const body = object.data.subarray(range.start, range.end + 1);
  return {
    status: 206,
    headers: {
      ...readHeaders(request, object),
      "content-range": `bytes ${range.start}-${range.end}/${object.data.length}`,
      "content-length": String(body.length),
    },
    body,
  };
}

export function headObject(request: AwsRequest, bucket: Bucket, key: string): AwsReply {
  const object = bucket.objects.get(key);
  // An answer to HEAD has no body, so that clients know no more than the status.
  if (!object) throw new AwsError("NotFound", 404, "Not Found");
  return readCondition(request, object) ?? { status: 200, headers: readHeaders(request, object) };
}

function findObject(bucket: Bucket, key: string): StoredObject {
  const object = bucket.objects.get(key);
  if (!object) throw new AwsError("NoSuchKey", 404, "The specified key does not exist.", { Key: key });
  return object;
}

function encryption(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith("x-amz-server-side-encryption")),
  );
}

function readHeaders(request: AwsRequest, object: StoredObject): Record<string, string> {
  const wantsChecksum = request.headers["x-amz-checksum-mode"] === "ENABLED" && request.headers.range === undefined;
  return {
    ...object.headers,
    etag: object.etag,
    "last-modified": new Date(object.modifiedMs).toUTCString(),
    "accept-ranges": "bytes",
    "content-length": String(object.data.length),
    ...(wantsChecksum &&
      object.crc32 && { "x-amz-checksum-crc32": object.crc32, "x-amz-checksum-type": "FULL_OBJECT" }),
  };
}

function readCondition(request: AwsRequest, object: StoredObject): AwsReply | undefined {
  const ifMatch = request.headers["if-match"];
  if (ifMatch !== undefined && ifMatch !== "*" && unquoted(ifMatch) !== unquoted(object.etag))
    throw preconditionFailed("If-Match");
  const ifNoneMatch = request.headers["if-none-match"];
  if (ifNoneMatch === undefined) return undefined;
  return ifNoneMatch === "*" || unquoted(ifNoneMatch) === unquoted(object.etag)
    ? { status: 304, headers: { etag: object.etag } }
    : undefined;
}

function byteRange(header: string | undefined, length: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (!match[1] && !match[2])) return undefined;
  const start = match[1] ? Number(match[1]) : Math.max(0, length - Number(match[2]));
  const end = match[1] && match[2] ? Math.min(Number(match[2]), length - 1) : length - 1;
  if (start >= length || start > end) {
    throw new AwsError("InvalidRange", 416, "The requested range is not satisfiable", {
      ActualObjectSize: String(length),
    });
  }
  return { start, end };
}
