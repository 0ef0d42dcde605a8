import type { Region } from "./accounts.js";
import { AwsError } from "./exchange.js";
import { clientLimitExceeded, invalidArgument, type KinesisVideoRequest } from "./kinesis-video-request.js";
import { KinesisVideoStream } from "./kinesis-video-stream.js";
import { pageOf } from "./page.js";
import type { World } from "./world.js";

const MAX_RETENTION_HOURS = 87_600;
const MAX_STREAMS = 10_000;
/** The discard port: nobody listens there who would answer. */
const DEAD_ENDPOINT = "http://127.0.0.1:9";
const dataApis = [
  "PUT_MEDIA",
  "GET_MEDIA",
  "LIST_FRAGMENTS",
  "GET_MEDIA_FOR_FRAGMENT_LIST",
  "GET_HLS_STREAMING_SESSION_URL",
  "GET_DASH_STREAMING_SESSION_URL",
  "GET_CLIP",
  "GET_IMAGES",
];

/** A call of the control plane: JSON in, JSON out. */
export type ControlPlaneCall = (world: World, request: KinesisVideoRequest) => object;

/**
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_Operations_Amazon_Kinesis_Video_Streams.html, the part
 * that concerns streams.
 */
export const controlPlaneCalls: Readonly<Record<string, ControlPlaneCall>> = {
  createStream,
  describeStream: (_world, request) => ({ StreamInfo: wireForm(request.stream()) }),
  listStreams,
  deleteStream,
  updateDataRetention,
  getDataEndpoint,
};

function wireForm(stream: KinesisVideoStream): object {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    MediaType: stream.mediaType,
    KmsKeyId: `${stream.arn.split(":").slice(0, 2).join(":")}:kms:${stream.region}:${stream.arn.split(":")[4]}:alias/aws/kinesisvideo`,
    Version: stream.version,
    Status: "ACTIVE",
    CreationTime: stream.createdMs / 1000,
    DataRetentionInHours: stream.dataRetentionInHours,
  };
}

function createStream(world: World, request: KinesisVideoRequest): object {
  const { StreamName: name, MediaType: mediaType } = request.body;
  if (typeof name !== "string" || !/^[a-zA-Z0-9_.-]{1,256}$/.test(name))
    throw invalidArgument("StreamName is not valid.");
  const retentionInHours = request.integer("DataRetentionInHours", 0, MAX_RETENTION_HOURS, 0);
  if (request.streams.has(name)) {
    throw new AwsError("ResourceInUseException", 400, `The stream ${name} already exists.`);
  }
  if (request.streams.size >= MAX_STREAMS) {
    throw new AwsError("AccountStreamLimitExceededException", 400, `An account has ${MAX_STREAMS} streams at most.`);
  }
  const { region, caller } = request.request;
  const stream = new KinesisVideoStream(name, region, caller.account.id, retentionInHours, world.clock, world.settings);
  if (typeof mediaType === "string") stream.mediaType = mediaType;
  request.streams.set(name, stream);
  return { StreamARN: stream.arn };
}

function listStreams(world: World, request: KinesisVideoRequest): object {
  takeFromQuota(world, request, "listStreams");
  const condition = request.body.StreamNameCondition as
    | { ComparisonOperator?: string; ComparisonValue?: string }
    | undefined;
  if (condition && (condition.ComparisonOperator !== "BEGINS_WITH" || typeof condition.ComparisonValue !== "string")) {
    throw invalidArgument("StreamNameCondition needs ComparisonOperator BEGINS_WITH and a ComparisonValue.");
  }
  const prefix = condition?.ComparisonValue ?? "";
  const streams = [...request.streams.values()].filter((stream) => stream.name.startsWith(prefix));
  const token = request.body.NextToken;
  const page = pageOf(
    streams,
    typeof token === "string" ? token : undefined,
    request.integer("MaxResults", 1, 10_000, 10_000),
  );
  if (!page) throw invalidArgument("NextToken is not valid.");
  return { StreamInfoList: page.items.map(wireForm), NextToken: page.nextToken };
}

/** https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/limits.html, the limits of accounts. */
function takeFromQuota(
  world: World,
  { request }: KinesisVideoRequest,
  call: keyof Region["streamControlQuotas"],
): void {
  const { streamControlQuotas } = request.caller.account.region(request.region);
  const perSecond = world.settings.current.streamControlCallsPerSecond;
  if (!streamControlQuotas[call].take(world.clock.nowMs(), perSecond)) throw clientLimitExceeded("Rate exceeded.");
}

function checkVersion(stream: KinesisVideoStream, version: unknown): void {
  if (version !== stream.version) {
    throw new AwsError("VersionMismatchException", 400, "The stream version that was given is not the latest one.");
  }
}

function deleteStream(world: World, request: KinesisVideoRequest): object {
  takeFromQuota(world, request, "deleteStream");
  if (typeof request.body.StreamARN !== "string") throw invalidArgument("StreamARN is required.");
  const stream = request.stream();
  if (request.body.CurrentVersion !== undefined) checkVersion(stream, request.body.CurrentVersion);
  stream.delete();
  request.streams.delete(stream.name);
  return {};
}

function updateDataRetention(world: World, request: KinesisVideoRequest): object {
  takeFromQuota(world, request, "updateDataRetention");
  const stream = request.stream();
  checkVersion(stream, request.body.CurrentVersion);
  const change = request.integer("DataRetentionChangeInHours", 1, MAX_RETENTION_HOURS, 0);
  const operation = request.body.Operation;
  if (operation !== "INCREASE_DATA_RETENTION" && operation !== "DECREASE_DATA_RETENTION") {
    throw invalidArgument("Operation must be INCREASE_DATA_RETENTION or DECREASE_DATA_RETENTION.");
  }
  const hours = stream.dataRetentionInHours + (operation === "INCREASE_DATA_RETENTION" ? change : -change);
  if (hours < 0 || hours > MAX_RETENTION_HOURS) throw invalidArgument(`The retention would be ${hours} hours.`);
  stream.changeRetention(hours);
  return {};
}

function getDataEndpoint(world: World, request: KinesisVideoRequest): object {
  const stream = request.stream();
  if (!dataApis.includes(String(request.body.APIName)))
    throw invalidArgument(`APIName must be one of ${dataApis.join(", ")}.`);
  const allowed = stream.dataEndpointQuota.take(world.clock.nowMs(), world.settings.current.dataEndpointCallsPerSecond);
  if (!allowed) throw clientLimitExceeded("Rate exceeded: GetDataEndpoint for this stream.");
  const { arn, region } = stream;
  const isDead = world.faults.strike(
    "deadEndpoint",
    (fault) =>
      (fault.stream === undefined || arn.includes(fault.stream)) &&
      (fault.region === undefined || fault.region === region),
  );
  return { DataEndpoint: isDead ? DEAD_ENDPOINT : world.endpoint };
}
