import type { AwsReply, AwsService } from "./exchange.js";
import { jsonReply } from "./json-body.js";
import { getMediaForFragmentList, listFragments } from "./kinesis-video-archive.js";
import { controlPlaneCalls } from "./kinesis-video-control.js";
import { getMedia } from "./kinesis-video-media.js";
import { KinesisVideoRequest } from "./kinesis-video-request.js";
import { kinesisVideoErrors } from "./service-errors.js";
import type { World } from "./world.js";

/** Kinesis Video Streams: the control plane and both media APIs, which share one signing name and differ by path. */
export function kinesisVideoService(world: World): AwsService {
  return {
    actionPrefix: "kinesisvideo",
    errors: kinesisVideoErrors,
    operationOf(awsRequest) {
      const call = awsRequest.path.slice(1);
      const run = awsRequest.method === "POST" ? callOf(world, call) : undefined;
      if (!run) return undefined;
      const request = new KinesisVideoRequest(awsRequest);
      return {
        name: call.charAt(0).toUpperCase() + call.slice(1),
        resource: request.resource,
        run: () => run(request),
      };
    },
  };
}

function callOf(world: World, call: string): ((request: KinesisVideoRequest) => AwsReply) | undefined {
  if (call === "getMedia") return (request) => getMedia(world, request);
  if (call === "getMediaForFragmentList") return (request) => getMediaForFragmentList(world, request);
  if (call === "listFragments") return (request) => jsonReply(request.request.requestId, listFragments(world, request));
  const controlPlaneCall = Object.hasOwn(controlPlaneCalls, call) ? controlPlaneCalls[call] : undefined;
  if (!controlPlaneCall) return undefined;
  return (request) => jsonReply(request.request.requestId, controlPlaneCall(world, request));
}
