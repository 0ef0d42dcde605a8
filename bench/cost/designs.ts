import { type Assumptions, EVENTS_PER_LEG, LEGS_PER_CALL } from "./assumptions.js";
import { prices } from "./prices.js";

/** What a cost is for, in the order of the table. */
export const parts = [
  "Chime, streaming",
  "Kinesis Video Streams, in",
  "Kinesis Video Streams, out",
  "Kinesis Video Streams, kept",
  "Lambda or Fargate",
  "public addresses",
  "SQS",
  "S3, requests",
  "S3, kept",
  "logs",
] as const;

export type Part = (typeof parts)[number];

/** USD by part; undefined: not known. What is not there costs nothing. */
export type Cost = Partial<Record<Part, number | undefined>>;

/** Of calls with so many minutes altogether. */
type Design = (minutes: number, assumptions: Assumptions) => Cost;

const GB = 1024 ** 3;
const HOURS_A_MONTH = 730;
const DAYS_A_MONTH = 30;
/** 8,000 samples of two bytes a second: one leg's file, and the stereo file, which has two. */
const WAV_BYTES_PER_MINUTE = 8_000 * 2 * 60;
const FREE_STORAGE_MB = 512;
const FREE_TASK_STORAGE_GB = 20;

function media(minutes: number, { mediaBytesPerLegMinute }: Assumptions): number {
  return (minutes * LEGS_PER_CALL * mediaBytesPerLegMinute) / GB;
}

function streamed(minutes: number, assumptions: Assumptions): Cost {
  const { chimePerLegMinute } = assumptions;
  const gb = media(minutes, assumptions);
  return {
    "Chime, streaming": chimePerLegMinute === undefined ? undefined : minutes * LEGS_PER_CALL * chimePerLegMinute,
    "Kinesis Video Streams, in": gb * prices.kinesisVideoIn.usd,
    "Kinesis Video Streams, out": gb * prices.kinesisVideoOut.usd,
  };
}

function kept(minutes: number, assumptions: Assumptions): Cost {
  const gbMonths = (media(minutes, assumptions) * assumptions.retentionHours) / HOURS_A_MONTH;
  return { "Kinesis Video Streams, kept": gbMonths * prices.kinesisVideoKept.usd };
}

/** Both legs and the stereo file. */
function recordings(minutes: number, { recordingDays }: Assumptions): Cost {
  const gb = (minutes * LEGS_PER_CALL * 2 * WAV_BYTES_PER_MINUTE) / GB;
  return { "S3, kept": ((gb * recordingDays) / DAYS_A_MONTH) * prices.s3Kept.usd };
}

function bookkeeping(minutes: number, { callMinutes, s3, logBytesPerLeg }: Assumptions): Cost {
  const calls = minutes / callMinutes;
  return {
    "S3, requests": calls * (s3.writes * prices.s3Write.usd + s3.reads * prices.s3Read.usd),
    logs: ((calls * LEGS_PER_CALL * logBytesPerLeg) / GB) * prices.logsIn.usd,
  };
}

function lambda(seconds: number, requests: number, memoryMb: number, storageMb: number, price: number): number {
  const storageGb = Math.max(0, storageMb - FREE_STORAGE_MB) / 1024;
  const second = (memoryMb / 1024) * price + storageGb * prices.lambdaStorage.usd;
  return seconds * second + requests * prices.lambdaRequest.usd;
}

/** An hour of a task, its public address left out. */
export function taskHour({
  vcpus,
  memoryGb,
  storageGb,
}: {
  vcpus: number;
  memoryGb: number;
  storageGb: number;
}): number {
  const disk = Math.max(0, storageGb - FREE_TASK_STORAGE_GB) * prices.fargateStorage.usd;
  return vcpus * prices.fargateCpu.usd + memoryGb * prices.fargateMemory.usd + disk;
}

const archive: Design = (minutes, assumptions) => {
  const { archive, callMinutes, sqsRequestsPerEvent } = assumptions;
  const legs = (minutes / callMinutes) * LEGS_PER_CALL;
  const secondsPerLeg =
    archive.secondsPerLeg +
    archive.secondsPerLegMinute * callMinutes +
    archive.secondsPerOtherEvent * (EVENTS_PER_LEG - 1);
  const { memoryMb, storageMb } = archive;
  const events = legs * EVENTS_PER_LEG;
  return {
    ...streamed(minutes, assumptions),
    ...kept(minutes, assumptions),
    ...recordings(minutes, assumptions),
    ...bookkeeping(minutes, assumptions),
    "Lambda or Fargate": lambda(legs * secondsPerLeg, events, memoryMb, storageMb, prices.lambdaArm.usd),
    SQS: events * sqsRequestsPerEvent * prices.sqsRequest.usd,
  };
};

const live: Design = (minutes, assumptions) => {
  const { live, callMinutes, sqsRequestsPerEvent, sqsRequestsPerLegMinute } = assumptions;
  const legMinutes = minutes * LEGS_PER_CALL;
  const taskHours = legMinutes / 60 / (live.legsPerTask * live.share);
  const events = (legMinutes / callMinutes) * EVENTS_PER_LEG;
  const requests = events * sqsRequestsPerEvent + legMinutes * sqsRequestsPerLegMinute;
  return {
    ...streamed(minutes, assumptions),
    ...kept(minutes, assumptions),
    ...recordings(minutes, assumptions),
    ...bookkeeping(minutes, assumptions),
    "Lambda or Fargate": taskHours * taskHour(live),
    "public addresses": taskHours * prices.publicAddress.usd,
    SQS: requests * prices.sqsRequest.usd,
  };
};

/** What it keeps is taken to be the same; it needs no retention, and puts one file a call. */
const lambdaPerCall: Design = (minutes, assumptions) => {
  const { samples, callMinutes } = assumptions;
  const { memoryMb, continuationMinutes } = samples.lambda;
  const calls = minutes / callMinutes;
  const invocations = LEGS_PER_CALL * EVENTS_PER_LEG + Math.ceil(callMinutes / continuationMinutes) - 1;
  return {
    ...streamed(minutes, assumptions),
    ...recordings(minutes, assumptions),
    "Lambda or Fargate": lambda(minutes * 60, calls * invocations, memoryMb, FREE_STORAGE_MB, prices.lambdaX86.usd),
    "S3, requests": calls * prices.s3Write.usd,
  };
};

/** Likewise; the time in which a task starts is not counted. */
const taskPerLeg: Design = (minutes, assumptions) => {
  const { samples, callMinutes, sqsRequestsPerEvent } = assumptions;
  const legMinutes = minutes * LEGS_PER_CALL;
  const legs = legMinutes / callMinutes;
  const hours = legMinutes / 60;
  return {
    ...streamed(minutes, assumptions),
    ...recordings(minutes, assumptions),
    "Lambda or Fargate": hours * taskHour({ ...samples.task, storageGb: FREE_TASK_STORAGE_GB }),
    "public addresses": hours * prices.publicAddress.usd,
    SQS: legs * EVENTS_PER_LEG * sqsRequestsPerEvent * prices.sqsRequest.usd,
    "S3, requests": legs * prices.s3Write.usd,
  };
};

export const designs = {
  "archive mode": archive,
  "live mode": live,
  "one Lambda held open per call": lambdaPerCall,
  "one 2-vCPU task per leg": taskPerLeg,
} as const satisfies Record<string, Design>;

/** What media costs more that reaches a worker through a NAT gateway. */
export function throughNatGateway(minutes: number, assumptions: Assumptions): number {
  return media(minutes, assumptions) * prices.natGatewayData.usd;
}

/** Of all that is known. */
export function totalOf(cost: Cost): number {
  return Object.values(cost).reduce<number>((sum, usd) => sum + (usd ?? 0), 0);
}

/** USD a month and region, whether anybody calls or not. */
export function monthlyOf({ monthly, live }: Assumptions): Record<string, number> {
  const { metrics, alarms, pollingRequests, reconcileMemoryMb, reconcileSecondsPerHour } = monthly;
  const seconds = reconcileSecondsPerHour * HOURS_A_MONTH;
  return {
    "custom metrics": metrics * prices.metric.usd,
    alarms: alarms * prices.alarm.usd,
    "the dashboard": prices.dashboard.usd,
    "reconciliation: every hour the marks, and a share of the streams": lambda(
      seconds,
      2 * HOURS_A_MONTH,
      reconcileMemoryMb,
      FREE_STORAGE_MB,
      prices.lambdaArm.usd,
    ),
    "archive mode: Lambda's polling of the queue": pollingRequests * prices.sqsRequest.usd,
    "live mode: one task that waits, with a public address":
      HOURS_A_MONTH * (taskHour(live) + prices.publicAddress.usd),
    "live mode, in private subnets: a NAT gateway instead of the address": HOURS_A_MONTH * prices.natGateway.usd,
  };
}
