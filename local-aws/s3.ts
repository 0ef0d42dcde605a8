import type { Bucket } from "./bucket.js";
import {
  AwsError,
  type AwsReply,
  type AwsRequest,
  type AwsService,
  type Operation,
  percentDecoded,
} from "./exchange.js";
import { coversAction } from "./faults.js";
import { createBucket, deleteBucket, listBuckets, listObjects } from "./s3-buckets.js";
import { abortUpload, completeUpload, createUpload, listUploads, uploadPart, xmlReply } from "./s3-multipart.js";
import { deleteObject, getObject, headObject, putObject } from "./s3-objects.js";
import { commonError, s3Errors } from "./service-errors.js";
import type { World } from "./world.js";

type S3Run = (request: AwsRequest, bucket: Bucket, key: string) => AwsReply;

interface S3Route {
  name: string;
  iamAction?: string;
  method: string;
  /** Query parameters that must be there; the first route whose method and parameters fit is taken. */
  query?: readonly string[];
  run: S3Run;
}

/**
 * S3 as far as recordings need it, path style.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export function s3Service(world: World): AwsService {
  const objectRoutes: S3Route[] = [
    { name: "UploadPart", iamAction: "PutObject", method: "PUT", query: ["partNumber", "uploadId"], run: uploadPart },
    { name: "PutObject", method: "PUT", run: (request, bucket, key) => putObject(world, request, bucket, key) },
    {
      name: "CreateMultipartUpload",
      iamAction: "PutObject",
      method: "POST",
      query: ["uploads"],
      run: (request, bucket, key) => createUpload(world, request, bucket, key),
    },
    {
      name: "CompleteMultipartUpload",
      iamAction: "PutObject",
      method: "POST",
      query: ["uploadId"],
      run: (request, bucket, key) => completeUpload(world, request, bucket, key),
    },
    { name: "AbortMultipartUpload", method: "DELETE", query: ["uploadId"], run: abortUpload },
    { name: "DeleteObject", method: "DELETE", run: deleteObject },
    { name: "GetObject", method: "GET", run: orDenied(world, getObject) },
    { name: "HeadObject", iamAction: "GetObject", method: "HEAD", run: orDenied(world, headObject) },
  ];
  const bucketRoutes: S3Route[] = [
    {
      name: "ListMultipartUploads",
      iamAction: "ListBucketMultipartUploads",
      method: "GET",
      query: ["uploads"],
      run: (_request, bucket) => listUploads(bucket),
    },
    {
      name: "GetBucketLocation",
      method: "GET",
      query: ["location"],
      run: (_request, bucket) => ({
        ...xmlReply("LocationConstraint", {}),
        body: `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${bucket.region === "us-east-1" ? "" : bucket.region}</LocationConstraint>`,
      }),
    },
    { name: "ListObjectsV2", iamAction: "ListBucket", method: "GET", query: ["list-type"], run: listObjects },
    {
      name: "HeadBucket",
      iamAction: "ListBucket",
      method: "HEAD",
      run: (_request, bucket) => ({ status: 200, headers: { "x-amz-bucket-region": bucket.region } }),
    },
    { name: "DeleteBucket", method: "DELETE", run: deleteBucket },
  ];
  return {
    actionPrefix: "s3",
    errors: s3Errors,
    operationOf: (request) => operationOf(world, request, bucketRoutes, objectRoutes),
  };
}

/**
 * Whether an object is there is told only to those who may list the bucket: to others, what is not there is forbidden.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions)
 */
function orDenied({ faults }: World, read: S3Run): S3Run {
  return (request, bucket, key) => {
    const bucketArn = `arn:aws:s3:::${bucket.name}`;
    const mayNotList = () =>
      faults.strike(
        "deny",
        (fault) =>
          coversAction(fault.actions, "s3:ListBucket") &&
          (fault.region === undefined || fault.region === request.region) &&
          (fault.resource === undefined || bucketArn.includes(fault.resource)),
      );
    if (!bucket.objects.has(key) && mayNotList()) {
      const text = `User: ${request.caller.arn} is not authorized to perform: s3:ListBucket on resource: "${bucketArn}"`;
      throw commonError(s3Errors, "accessDenied", text);
    }
    return read(request, bucket, key);
  };
}

function operationOf(
  world: World,
  request: AwsRequest,
  bucketRoutes: readonly S3Route[],
  objectRoutes: readonly S3Route[],
): Operation | undefined {
  const [, bucketName = "", rest = ""] = /^\/([^/]*)\/?(.*)$/s.exec(request.path) ?? [];
  const key = percentDecoded(rest, "InvalidURI");
  if (bucketName === "") {
    return request.method === "GET"
      ? operation(request, "ListBuckets", "ListAllMyBuckets", "*", () => listBuckets(request))
      : undefined;
  }
  const resource = `arn:aws:s3:::${bucketName}${key ? `/${key}` : ""}`;
  if (key === "" && request.method === "PUT" && request.query.size === 0) {
    return operation(request, "CreateBucket", undefined, resource, () => createBucket(world, request, bucketName));
  }
  if (request.headers["x-amz-copy-source"]) return undefined;
  const route = (key === "" ? bucketRoutes : objectRoutes).find(
    (candidate) =>
      candidate.method === request.method && (candidate.query ?? []).every((name) => request.query.has(name)),
  );
  if (!route) return undefined;
  return operation(request, route.name, route.iamAction, resource, () => {
    const bucket = request.caller.account.buckets.get(bucketName);
    if (!bucket)
      throw new AwsError("NoSuchBucket", 404, "The specified bucket does not exist", { BucketName: bucketName });
    return route.run(request, bucket, key);
  });
}

function operation(
  request: AwsRequest,
  name: string,
  iamAction: string | undefined,
  resource: string,
  run: () => AwsReply,
): Operation {
  return {
    name,
    iamAction,
    resource,
    run: () => {
      const reply = run();
      return { ...reply, headers: { ...reply.headers, "x-amz-request-id": request.requestId } };
    },
  };
}
