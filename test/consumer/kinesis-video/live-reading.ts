import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import { LegEnd } from "../../../consumer/kinesis-video/leg-end.js";
import {
  type LiveEnd,
  type LiveFragment,
  type LiveOptions,
  LiveReader,
  type LiveRequest,
} from "../../../consumer/kinesis-video/live-reader.js";
import type { CallLeg } from "../../../local-aws/index.js";
import type { Telephone } from "../telephone.js";

export const QUICK: LiveOptions = { quiescenceMs: 80, holdLimitMs: 150, troubleLimitMs: 2_000 };

const never = { switchedAway: () => false, hasBegun: () => true };

export interface LiveReading {
  pcm: Buffer;
  reads: LiveFragment[];
  end: LiveEnd;
}

export function requestOf(leg: CallLeg, end = new LegEnd()): LiveRequest {
  const { startFragmentNumber } = leg;
  const stream = parseStreamArn(leg.streamArn)!;
  return { stream, startFragmentNumber, startTimeMs: Date.parse(leg.startTime), end };
}

/** Reads a leg to what the reader takes for its end. */
export async function readLive(
  { access }: Pick<Telephone, "access">,
  request: LiveRequest,
  options: LiveOptions = QUICK,
  onFragment: (read: LiveFragment) => void = () => undefined,
  signal?: AbortSignal,
): Promise<LiveReading> {
  const reads: LiveFragment[] = [];
  const reading = new LiveReader(access, request, never, options).fragments(signal);
  for (;;) {
    const step = await reading.next();
    if (step.done) {
      const blocks = reads.flatMap(({ fragment }) => fragment?.blocks ?? []);
      return { reads, pcm: Buffer.concat(blocks.map(({ data }) => data)), end: step.value };
    }
    reads.push(step.value);
    onFragment(step.value);
  }
}

export function numbersOf(reads: readonly LiveFragment[]): string[] {
  return reads.map(({ fragment }) => fragment?.fragmentNumber ?? "none");
}

/** How many calls of an action local-aws has received. */
export function callsOf({ aws }: Pick<Telephone, "aws">, action: string): number {
  return aws.control.calls().filter((call) => call.action === `kinesisvideo:${action}`).length;
}
