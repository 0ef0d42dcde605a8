import { readFileSync } from "node:fs";
import { ACCOUNT_ID } from "../ministack.js";

/** What `api-recorder.cjs` wrote of a call. */
interface WireCall {
  caller: string;
  service: string;
  region: string;
  accessKey: string;
  method: string;
  host: string;
  path: string;
  target: string;
  conditions: string[];
  names: { QueueUrl?: string; StreamARN?: string; StreamName?: string };
  status: number;
}

/** A call as IAM sees it. */
export interface ApiCall {
  /** The function's name; `worker` of a task. */
  caller: string;
  action: string;
  resource: string;
  /** Condition keys that policies here use. */
  context: Record<string, string>;
  status: number;
}

/** S3's API by method and, where that does not tell, by a parameter of the query: https://docs.aws.amazon.com/AmazonS3/latest/API. */
const s3Actions: [method: string, onObject: boolean, parameter: string | undefined, action: string][] = [
  ["GET", false, "list-type", "s3:ListBucket"],
  ["GET", true, "uploadId", "s3:ListMultipartUploadParts"],
  ["GET", true, undefined, "s3:GetObject"],
  ["HEAD", true, undefined, "s3:GetObject"],
  ["PUT", true, undefined, "s3:PutObject"],
  ["POST", true, "uploads", "s3:PutObject"],
  ["POST", true, "uploadId", "s3:PutObject"],
  ["DELETE", true, "uploadId", "s3:AbortMultipartUpload"],
  ["DELETE", true, undefined, "s3:DeleteObject"],
];

/** Kinesis Video Streams' API by path. */
const kinesisVideoActions: Record<string, string> = {
  "/describeStream": "kinesisvideo:DescribeStream",
  "/getDataEndpoint": "kinesisvideo:GetDataEndpoint",
  "/listStreams": "kinesisvideo:ListStreams",
  "/listFragments": "kinesisvideo:ListFragments",
  "/getMediaForFragmentList": "kinesisvideo:GetMediaForFragmentList",
  "/getMedia": "kinesisvideo:GetMedia",
};

function s3Call({ method, path }: WireCall): Pick<ApiCall, "action" | "resource" | "context"> {
  const url = new URL(path, "http://s3");
  const [, bucket, ...key] = url.pathname.split("/");
  const object = decodeURIComponent(key.join("/"));
  const found = s3Actions.find(
    ([of, onObject, parameter]) =>
      of === method && onObject === (object !== "") && (parameter === undefined || url.searchParams.has(parameter)),
  );
  if (!found) throw new Error(`No IAM action is known for ${method} ${path} of S3.`);
  const resource = `arn:aws:s3:::${bucket}${object && `/${object}`}`;
  const prefix = url.searchParams.get("prefix");
  return { action: found[3], resource, context: prefix === null ? {} : { "s3:prefix": prefix } };
}

function sqsCall({ target, region, names }: WireCall): Pick<ApiCall, "action" | "resource" | "context"> {
  const [, operation] = /^AmazonSQS\.(\w+?)(?:Batch)?$/.exec(target) ?? [];
  if (!operation || !names.QueueUrl) throw new Error(`No IAM action is known for ${target} of SQS.`);
  const queue = names.QueueUrl.split("/").at(-1);
  return { action: `sqs:${operation}`, resource: `arn:aws:sqs:${region}:${ACCOUNT_ID}:${queue}`, context: {} };
}

function kinesisVideoCall({ path, region, names }: WireCall): Pick<ApiCall, "action" | "resource" | "context"> {
  const action = kinesisVideoActions[path];
  if (!action) throw new Error(`No IAM action is known for ${path} of Kinesis Video Streams.`);
  if (action === "kinesisvideo:ListStreams") return { action, resource: "*", context: {} };
  // By name the resource's last part, the time of its creation, is not on the wire.
  const resource = names.StreamARN ?? `arn:aws:kinesisvideo:${region}:${ACCOUNT_ID}:stream/${names.StreamName}/0`;
  return { action, resource, context: {} };
}

const services: Record<string, (call: WireCall) => Pick<ApiCall, "action" | "resource" | "context">> = {
  s3: s3Call,
  sqs: sqsCall,
  kinesisvideo: kinesisVideoCall,
};

/** The calls that functions and tasks made, in order. @throws Error for a call of which it is not known what IAM calls it */
export function recordedCalls(file: string): ApiCall[] {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => {
    const call: WireCall = JSON.parse(line);
    const service = services[call.service];
    if (!service) throw new Error(`No IAM action is known for ${call.method} ${call.path} of ${call.service}.`);
    return { caller: call.caller, status: call.status, ...service(call) };
  });
}
