import { createHash } from "node:crypto";
import type { Bucket, MultipartUpload, UploadPart } from "./bucket.js";
import { AwsError, type AwsReply, type AwsRequest } from "./exchange.js";
import { checkWriteConditions, objectHeaders, unquoted, uploadedData } from "./s3-upload.js";
import type { World } from "./world.js";
import { xmlDocument } from "./xml.js";

const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;
const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

export function createUpload(world: World, request: AwsRequest, bucket: Bucket, key: string): AwsReply {
  const upload: MultipartUpload = {
    id: world.identifiers.token(64),
    key,
    begunMs: world.clock.nowMs(),
    headers: objectHeaders(request),
    parts: new Map(),
  };
  bucket.uploads.set(upload.id, upload);
  return xmlReply("InitiateMultipartUploadResult", { Bucket: bucket.name, Key: key, UploadId: upload.id });
}

export function uploadPart(request: AwsRequest, bucket: Bucket, key: string): AwsReply {
  const upload = findUpload(request, bucket, key);
  const number = Number(request.query.get("partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS) {
    throw new AwsError("InvalidArgument", 400, `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`);
  }
  const { data, etag, crc32 } = uploadedData(request, bucket);
  upload.parts.set(number, { number, data, etag });
  return { status: 200, headers: { etag, "x-amz-checksum-crc32": crc32 } };
}

export function abortUpload(request: AwsRequest, bucket: Bucket, key: string): AwsReply {
  bucket.uploads.delete(findUpload(request, bucket, key).id);
  return { status: 204 };
}

export function completeUpload(world: World, request: AwsRequest, bucket: Bucket, key: string): AwsReply {
  const upload = findUpload(request, bucket, key);
  const parts = namedParts(upload, request.body.toString("utf8"));
  checkWriteConditions(request, bucket, key);
  const digest = createHash("md5");
  for (const part of parts) digest.update(Buffer.from(unquoted(part.etag), "hex"));
  const etag = `"${digest.digest("hex")}-${parts.length}"`;
  bucket.objects.set(key, {
    key,
    data: Buffer.concat(parts.map((part) => part.data)),
    etag,
    modifiedMs: world.clock.nowMs(),
    headers: upload.headers,
  });
  bucket.uploads.delete(upload.id);
  return xmlReply("CompleteMultipartUploadResult", {
    Location: `${world.endpoint}/${bucket.name}/${key}`,
    Bucket: bucket.name,
    Key: key,
    ETag: etag,
  });
}

/** Unfinished uploads: what an aborted program may have left behind. */
export function listUploads(bucket: Bucket): AwsReply {
  return xmlReply("ListMultipartUploadsResult", {
    Bucket: bucket.name,
    IsTruncated: false,
    Upload: [...bucket.uploads.values()].map((upload) => ({
      Key: upload.key,
      UploadId: upload.id,
      Initiated: new Date(upload.begunMs).toISOString(),
    })),
  });
}

export function xmlReply(root: string, elements: Parameters<typeof xmlDocument>[2]): AwsReply {
  return { status: 200, headers: { "content-type": "application/xml" }, body: xmlDocument(root, NAMESPACE, elements) };
}

function findUpload(request: AwsRequest, bucket: Bucket, key: string): MultipartUpload {
  const upload = bucket.uploads.get(request.query.get("uploadId") ?? "");
  if (!upload || upload.key !== key) {
    throw new AwsError(
      "NoSuchUpload",
      404,
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    );
  }
  return upload;
}

/**
 * The parts that a completion names: each there with this ETag, in rising order, all but the last of at least 5 MiB.
 */
function namedParts(upload: MultipartUpload, document: string): UploadPart[] {
  const parts = [...document.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, content]): UploadPart => {
    const number = Number(/<PartNumber>\s*(\d+)/.exec(content!)?.[1]);
    const etag = /<ETag>\s*(?:"|&quot;)?([0-9a-f]+)/.exec(content!)?.[1];
    const part = upload.parts.get(number);
    if (!part || unquoted(part.etag) !== etag) {
      throw new AwsError("InvalidPart", 400, "One or more of the specified parts could not be found.");
    }
    return part;
  });
  if (parts.length === 0) throw new AwsError("MalformedXML", 400, "The XML you provided was not well-formed.");
  if (parts.some((part, index) => index > 0 && part.number <= parts[index - 1]!.number)) {
    throw new AwsError("InvalidPartOrder", 400, "The list of parts was not in ascending order.");
  }
  if (parts.slice(0, -1).some((part) => part.data.length < MIN_PART_BYTES)) {
    throw new AwsError("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size");
  }
  return parts;
}
