import type { Fault } from "./faults.js";
import type { KinesisVideoStream } from "./kinesis-video-stream.js";
import type { World } from "./world.js";

export type MediaFault = Extract<Fault, { kind: "reset" | "errorTags" | "endOfFile" | "cutBetweenBlocks" }>;

/** The fault that strikes at this fragment of a media response, if any. */
export function strikeMediaFault(
  world: World,
  api: "GetMedia" | "GetMediaForFragmentList",
  stream: KinesisVideoStream,
  fragmentIndex: number,
): MediaFault | undefined {
  const fits = (fault: MediaFault) =>
    fault.atFragment === fragmentIndex &&
    (fault.api === undefined || fault.api === api) &&
    (fault.region === undefined || fault.region === stream.region) &&
    (fault.stream === undefined || stream.arn.includes(fault.stream));
  return (
    world.faults.strike("reset", fits) ??
    world.faults.strike("errorTags", fits) ??
    world.faults.strike("endOfFile", fits) ??
    world.faults.strike("cutBetweenBlocks", fits)
  );
}
