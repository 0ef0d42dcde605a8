import type * as pulumi from "@pulumi/pulumi";
import type { StreamingConnector, VoiceConnectorStreaming } from "./voice-connector-streaming.js";

/** A Voice Connector whose calls are to be recorded. */
export interface ConsumerConnectorArgs {
  voiceConnectorId: pulumi.Input<string>;
  /** One of the ten regions with Voice Connectors, plain. Default: the stack's `aws:region`, then the environment's. */
  region?: string;
  /**
   * For how long the connector's streams keep audio, in hours. In archive mode it must be at least `maxCallHours` and
   * `recoveryWindowHours` together; where it is not given, nobody checks it.
   */
  dataRetentionInHours?: pulumi.Input<number>;
  /** Part of resource names. Default: the id. Needed where that is an Output. */
  name?: string;
}

export type RecordingMode = "archive" | "live";
export type ConsumerLogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** Archive mode: a Lambda function records each leg when it has ended. */
export interface ArchiveArgs {
  /** MB, 256 to 10240. Default: 1024, and more for calls of over eight hours. */
  memoryMb?: number;
  /** Legs recorded at a time in a region, 2 to 1000: what the event source mapping allows, not reserved concurrency. Default: 20. */
  maximumConcurrency?: number;
}

/** Live mode: Fargate tasks read calls while they are spoken. */
export interface LiveArgs {
  /** The worker's image for linux/arm64, made with this package's `consumer/Dockerfile`: `<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:…`. */
  image: pulumi.Input<string>;
  /** Name or ARN of an ECS cluster in the region of the connectors. Default: one is made. */
  cluster?: pulumi.Input<string>;
  /** Subnets of one VPC, 1 to 16. Tasks need a way to AWS from there: see `assignPublicIp`. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /** One to five. Nothing has to come in. Default: the VPC's default security group. */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether each task has a public IPv4 address, for public subnets; it is billed by the hour. Without it the subnets need a NAT
   * gateway, billed by the hour and for each GB of audio read, or endpoints for Kinesis Video Streams, SQS, S3, CloudWatch Logs and
   * ECR. docs/cost.md has the prices. Default: false.
   */
  assignPublicIp?: boolean;
  /** CPU units of a task, 1024 to a vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384. Default: 512. */
  cpu?: number;
  /** MB of a task; Fargate has a set of them for each `cpu`. Default: 1024. */
  memoryMb?: number;
  /** Default: 1. */
  minTasks?: number;
  /** Default: 10. */
  maxTasks?: number;
  /** Legs that one task reads at most, 1 to 1000; a call has two. Tasks are added from 70 % of it. Default: 100. */
  legsPerTask?: number;
}

/** The search for legs that nobody recorded, as EventBridge may lose an event. */
export interface ReconcileArgs {
  /**
   * How often legs are looked for that have begun and have no recording: every 1 to 24 hours, and in archive mode at least twice in
   * `recoveryWindowHours`. Default: 1.
   */
  hours?: number;
  /** Whether all streams are looked through once a day for calls that nobody announced, a share each hour. Default: true. */
  dailySweep?: boolean;
  /** Bucket in which Chime leaves this account's streaming detail records: they name every streamed call. For the daily sweep. Default: none. */
  detailRecordsBucket?: pulumi.Input<string>;
}

/** Nobody can remove a version of an object for so long: of recordings, of sidecars that were replaced, of marks. */
export interface ObjectLockArgs {
  /** `COMPLIANCE` holds for the account's root, too. */
  mode: "GOVERNANCE" | "COMPLIANCE";
  /** 1 to 36500. */
  days: number;
}

/** Arguments of `CallAudioConsumer`. What decides which resources are made must be plain; ids, ARNs and names may be Outputs. */
export interface CallAudioConsumerArgs {
  /** Connectors of one AWS account, or a `VoiceConnectorStreaming`, or its `connectors`. */
  connectors: ConsumerConnectorArgs[] | StreamingConnector[] | VoiceConnectorStreaming;
  /** `archive` (default) records a leg when it has ended; `live` while it is spoken, in one region. */
  mode?: RecordingMode;
  /** Name of a bucket that exists. Nothing of it is changed. Default: one is made. */
  bucket?: pulumi.Input<string>;
  /** Region of the bucket that is made; a bucket stays where it was made. Default: that of the first connector. */
  bucketRegion?: string;
  /** What the keys of recordings begin with, without a slash at its ends. Default: `recordings`. */
  keyPrefix?: string;
  /**
   * ARN of a KMS key for the recordings, in the bucket's region, which the roles may also use to read streams that are encrypted
   * with it. Default: keys of S3.
   */
  kmsKeyArn?: pulumi.Input<string>;
  /** The longest call that is expected, in hours, 0.1 to 168: it sizes disks and retention. Default: 4. */
  maxCallHours?: number;
  /**
   * How long an outage may last after a call before its audio expires, in hours, 0 to 8760; in archive mode at least twice
   * `reconcile.hours`. Default: 24.
   */
  recoveryWindowHours?: number;
  /**
   * Recordings are deleted after so many days, 1 to 36500. They must outlive the media that they were made of, or it would be recorded
   * again: at least three days more than `dataRetentionInHours`. Default: never.
   */
  recordingRetentionDays?: number;
  /** Object Lock for the bucket that is made. Default: none. */
  objectLock?: ObjectLockArgs;
  /** Whether a stereo file is made of every call, caller left, callee right. Default: true. */
  stereo?: boolean;
  /** Whether phone numbers are written into sidecars. Default: false. */
  includeNumbers?: boolean;
  archive?: ArchiveArgs;
  /** Required in live mode. */
  live?: LiveArgs;
  reconcile?: ReconcileArgs;
  /** Whether the bucket that was made outlives `pulumi destroy`. Otherwise it is emptied and deleted. Default: true. */
  retainRecordings?: boolean;
  /** On every resource that takes tags. */
  tags?: Record<string, string>;
  /** A number of days that CloudWatch Logs knows. Default: 30. */
  logRetentionDays?: number;
  /** Default: `info`. */
  logLevel?: ConsumerLogLevel;
}
