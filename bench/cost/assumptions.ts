import { lambdaMemoryMb, lambdaStorageMb, taskStorageGib } from "../../components/consumer-sizing.js";
import { METRIC_UNITS } from "../../consumer/metrics/metrics.js";

/** What a cost is computed from. Everything that is not a price. */
export interface Assumptions {
  callMinutes: number;
  /** Of a leg as Kinesis takes it in and gives it out: audio, headers and tags. */
  mediaBytesPerLegMinute: number;
  /** Hours for which streams keep media. */
  retentionHours: number;
  /** Days for which recordings are kept. */
  recordingDays: number;
  /** USD that Chime takes for streaming a minute of a leg; undefined: not known. */
  chimePerLegMinute: number | undefined;
  archive: {
    memoryMb: number;
    storageMb: number;
    /** For a leg, however long: start, the two listings that prove its end, the mix. */
    secondsPerLeg: number;
    /** For each minute of it: 60 fragments at 500 a second, which is the stream's quota, and the way to the bucket. */
    secondsPerLegMinute: number;
    /** For an event that records nothing. */
    secondsPerOtherEvent: number;
  };
  live: {
    vcpus: number;
    memoryGb: number;
    storageGb: number;
    legsPerTask: number;
    /** How many of these places are taken, over all hours of the month. */
    share: number;
  };
  /** S3 requests of one call of `callMinutes`, both legs, their marks and the stereo file. */
  s3: { writes: number; reads: number };
  /** SQS requests for an event: sent, received, deleted. */
  sqsRequestsPerEvent: number;
  /** Live: a message is kept hidden by a request every 20 s. */
  sqsRequestsPerLegMinute: number;
  logBytesPerLeg: number;
  monthly: {
    metrics: number;
    alarms: number;
    /** Lambda keeps five long polls of 20 s on a queue. */
    pollingRequests: number;
    reconcileMemoryMb: number;
    /** Of the marks, and of an hour's share of the streams. */
    reconcileSecondsPerHour: number;
  };
  /** Designs of public samples, as AWS published them. */
  samples: {
    /** amazon-transcribe-live-call-analytics: one function reads both legs for as long as the call lasts, and starts itself again. */
    lambda: { memoryMb: number; continuationMinutes: number };
    /** amazon-chime-voiceconnector-transcription: a task for each leg. Fargate gives two vCPUs no less than 4 GB. */
    task: { vcpus: number; memoryGb: number };
  };
}

const MAX_CALL_HOURS = 4;
const LEGS_PER_TASK = 100;
export const LEGS_PER_CALL = 2;
/** STARTED and ENDED. */
export const EVENTS_PER_LEG = 2;

/** @param mediaBytesPerLegMinute measured of our own streams */
export function assumptionsOf(mediaBytesPerLegMinute: number, given: Partial<Assumptions> = {}): Assumptions {
  return {
    callMinutes: 5,
    mediaBytesPerLegMinute,
    retentionHours: 28,
    recordingDays: 30,
    chimePerLegMinute: undefined,
    archive: {
      memoryMb: lambdaMemoryMb(MAX_CALL_HOURS),
      storageMb: lambdaStorageMb(MAX_CALL_HOURS, true),
      secondsPerLeg: 3,
      secondsPerLegMinute: 0.2,
      secondsPerOtherEvent: 0.2,
    },
    live: {
      vcpus: 0.5,
      memoryGb: 1,
      storageGb: taskStorageGib(MAX_CALL_HOURS, LEGS_PER_TASK, true),
      legsPerTask: LEGS_PER_TASK,
      share: 0.3,
    },
    s3: { writes: 24, reads: 34 },
    sqsRequestsPerEvent: 3,
    sqsRequestsPerLegMinute: 3,
    logBytesPerLeg: 2_500,
    monthly: {
      metrics: Object.keys(METRIC_UNITS).length,
      alarms: 14,
      pollingRequests: 5 * 3 * 60 * 730,
      reconcileMemoryMb: 512,
      reconcileSecondsPerHour: 180,
    },
    samples: { lambda: { memoryMb: 768, continuationMinutes: 12 }, task: { vcpus: 2, memoryGb: 4 } },
    ...given,
  };
}
