import type * as pulumi from "@pulumi/pulumi";
import { CONSUMER_TAG } from "../aws/consumer-tags.js";
import type {
  CallAudioConsumerArgs,
  ConsumerLogLevel,
  LiveArgs,
  ObjectLockArgs,
  RecordingMode,
} from "./call-audio-consumer-args.js";
import { byRegion, type ConsumedConnector, consumedConnectors } from "./consumer-connectors.js";
import { lambdaMemoryMb } from "./consumer-sizing.js";

export const DEFAULTS = {
  keyPrefix: "recordings",
  maxCallHours: 4,
  recoveryWindowHours: 24,
  maximumConcurrency: 20,
  reconcileHours: 1,
  logRetentionDays: 30,
  live: { cpu: 512, memoryMb: 1_024, minTasks: 1, maxTasks: 10, legsPerTask: 100 },
} as const;

/** The bucket that is made, as it is to be. */
export interface BucketSettings {
  region: string;
  /** Whether the program says where; if not, a bucket stays where it is. */
  isRegionGiven: boolean;
  recordingRetentionDays: number | undefined;
  objectLock: ObjectLockArgs | undefined;
  retain: boolean;
}

export type LiveSettings = Required<Omit<LiveArgs, "cluster" | "securityGroupIds">> &
  Pick<LiveArgs, "cluster" | "securityGroupIds">;

/** Arguments that have no fault, with the defaults in place. */
export interface ConsumerSettings {
  connectors: ConsumedConnector[];
  regions: Map<string, ConsumedConnector[]>;
  mode: RecordingMode;
  /** Name of a bucket that is there, or what is to be made. */
  bucket: { name: pulumi.Input<string> } | BucketSettings;
  keyPrefix: string;
  kmsKeyArn: pulumi.Input<string> | undefined;
  maxCallHours: number;
  recoveryWindowHours: number;
  stereo: boolean;
  includeNumbers: boolean;
  archive: { memoryMb: number; maximumConcurrency: number };
  live: LiveSettings | undefined;
  reconcile: { hours: number; dailySweep: boolean; detailRecordsBucket: pulumi.Input<string> | undefined };
  tags: Record<string, string>;
  logRetentionDays: number;
  logLevel: ConsumerLogLevel;
}

export function consumerSettings(
  component: string,
  args: CallAudioConsumerArgs,
  defaultRegion: string | undefined,
): ConsumerSettings {
  const connectors = consumedConnectors(args.connectors, defaultRegion);
  const maxCallHours = args.maxCallHours ?? DEFAULTS.maxCallHours;
  return {
    connectors,
    regions: byRegion(connectors),
    mode: args.mode ?? "archive",
    bucket: args.bucket ? { name: args.bucket } : bucketSettings(args, connectors[0]!.region),
    keyPrefix: args.keyPrefix ?? DEFAULTS.keyPrefix,
    kmsKeyArn: args.kmsKeyArn ?? undefined,
    maxCallHours,
    recoveryWindowHours: args.recoveryWindowHours ?? DEFAULTS.recoveryWindowHours,
    stereo: args.stereo ?? true,
    includeNumbers: args.includeNumbers ?? false,
    archive: {
      memoryMb: args.archive?.memoryMb ?? lambdaMemoryMb(maxCallHours),
      maximumConcurrency: args.archive?.maximumConcurrency ?? DEFAULTS.maximumConcurrency,
    },
    live: args.live ? liveSettings(args.live) : undefined,
    reconcile: {
      hours: args.reconcile?.hours ?? DEFAULTS.reconcileHours,
      dailySweep: args.reconcile?.dailySweep ?? true,
      detailRecordsBucket: args.reconcile?.detailRecordsBucket ?? undefined,
    },
    tags: { ...args.tags, [CONSUMER_TAG]: component },
    logRetentionDays: args.logRetentionDays ?? DEFAULTS.logRetentionDays,
    logLevel: args.logLevel ?? "info",
  };
}

function bucketSettings(args: CallAudioConsumerArgs, firstRegion: string): BucketSettings {
  return {
    region: args.bucketRegion ?? firstRegion,
    isRegionGiven: Boolean(args.bucketRegion),
    recordingRetentionDays: args.recordingRetentionDays ?? undefined,
    objectLock: args.objectLock ?? undefined,
    retain: args.retainRecordings ?? true,
  };
}

function liveSettings(live: LiveArgs): LiveSettings {
  return {
    image: live.image,
    cluster: live.cluster ?? undefined,
    subnetIds: live.subnetIds,
    securityGroupIds: live.securityGroupIds ?? undefined,
    assignPublicIp: live.assignPublicIp ?? false,
    cpu: live.cpu ?? DEFAULTS.live.cpu,
    memoryMb: live.memoryMb ?? DEFAULTS.live.memoryMb,
    minTasks: live.minTasks ?? DEFAULTS.live.minTasks,
    maxTasks: live.maxTasks ?? DEFAULTS.live.maxTasks,
    legsPerTask: live.legsPerTask ?? DEFAULTS.live.legsPerTask,
  };
}
