import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { plainBody } from "./aws-chunked.js";
import type { Bucket } from "./bucket.js";
import { AwsError, type AwsRequest } from "./exchange.js";

const MAX_STORED_BYTES = 1024 ** 3;

/** Headers of an upload that come back with every read. */
const keptHeaders = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-language",
  "expires",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-storage-class",
];

export interface UploadedData {
  data: Buffer;
  /** With quotes. */
  etag: string;
  /** Base64. */
  crc32: string;
}

/** The data of a PutObject or UploadPart, checked against every checksum that came with it. */
export function uploadedData(request: AwsRequest, bucket: Bucket): UploadedData {
  const { data, trailers } = plainBody(request);
  if (bucket.storedBytes + data.length > MAX_STORED_BYTES) {
    throw new AwsError("ServiceUnavailable", 507, `local-aws keeps ${MAX_STORED_BYTES} bytes a bucket at most.`);
  }
  const md5 = createHash("md5").update(data);
  const md5Digest = md5.digest();
  const contentMd5 = request.headers["content-md5"];
  if (contentMd5 && contentMd5 !== md5Digest.toString("base64")) throw badDigest("Content-MD5");
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(data));
  const given: [string, string][] = [
    ["crc32", checksum.toString("base64")],
    ["sha256", createHash("sha256").update(data).digest("base64")],
    ["sha1", createHash("sha1").update(data).digest("base64")],
  ];
  for (const [algorithm, computed] of given) {
    const name = `x-amz-checksum-${algorithm}`;
    const claimed = trailers.get(name) ?? request.headers[name];
    if (claimed !== undefined && claimed !== computed) throw badDigest(algorithm.toUpperCase());
  }
  return { data, etag: `"${md5Digest.toString("hex")}"`, crc32: checksum.toString("base64") };
}

function badDigest(algorithm: string): AwsError {
  return new AwsError("BadDigest", 400, `The ${algorithm} you specified did not match the calculated checksum.`);
}

/** Metadata and content headers out of an upload request. */
export function objectHeaders(request: AwsRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === "string" && (keptHeaders.includes(name) || name.startsWith("x-amz-meta-")))
      headers[name] = value;
  }
  headers["content-type"] ??= "binary/octet-stream";
  const encoding = String(request.headers["content-encoding"] ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "" && part !== "aws-chunked")
    .join(", ");
  if (encoding) headers["content-encoding"] = encoding;
  return headers;
}

/**
 * Conditional writes: `If-None-Match: *` and `If-Match: <etag>`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function checkWriteConditions(request: AwsRequest, bucket: Bucket, key: string): void {
  const ifNoneMatch = request.headers["if-none-match"];
  const ifMatch = request.headers["if-match"];
  const existing = bucket.objects.get(key);
  if (ifNoneMatch !== undefined && ifNoneMatch !== "*") {
    throw new AwsError(
      "NotImplemented",
      501,
      "A header you provided implies functionality that is not implemented: If-None-Match",
    );
  }
  if (ifNoneMatch === "*" && existing) throw preconditionFailed("If-None-Match");
  if (ifMatch !== undefined) {
    if (!existing) throw new AwsError("NoSuchKey", 404, "The specified key does not exist.", { Key: key });
    if (unquoted(ifMatch) !== unquoted(existing.etag)) throw preconditionFailed("If-Match");
  }
}

export function preconditionFailed(condition: string): AwsError {
  return new AwsError("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold", {
    Condition: condition,
  });
}

export function unquoted(etag: string): string {
  return etag.replace(/^"|"$/g, "");
}
