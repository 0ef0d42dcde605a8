import type { MonitoredRegion } from "./monitored-region.js";
import type { AlarmThresholds } from "./streaming-monitoring-args.js";

/** An alarm as CloudWatch takes it. */
export interface AlarmSpecification {
  /** Last part of its names. */
  kind: string;
  alarmDescription: string;
  namespace: string;
  metricName: string;
  dimensions: Record<string, string>;
  statistic: "Sum" | "Maximum" | "SampleCount";
  period: number;
  evaluationPeriods: number;
  threshold: number;
  comparisonOperator: "GreaterThanOrEqualToThreshold" | "LessThanThreshold";
  /** Nothing to count is fine; what is measured once in a while stays as it was; a worker that is not there is not. */
  treatMissingData: "notBreaching" | "ignore" | "breaching";
}

const FIVE_MINUTES = 300;
/** What is tried again comes back every quarter of an hour at least, and takes as long at most. */
const HALF_AN_HOUR = 1_800;
const HOUR = 3_600;

function defaults(mode: MonitoredRegion["mode"]): Required<AlarmThresholds> {
  return {
    failedEvents: 1,
    incompleteRecordings: 1,
    deadLetters: 1,
    oldestMessageMinutes: mode === "live" ? 420 : 60,
    recordingLagMinutes: 30,
    retentionUsedPercent: 50,
    functionErrors: 1,
    pickupLagSeconds: 30,
  };
}

/** The alarms of a region. Each says what has happened and what to do. */
export function alarmsOf(monitored: MonitoredRegion, given?: AlarmThresholds | null): AlarmSpecification[] {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined && value !== null);
  const thresholds = { ...defaults(monitored.mode), ...Object.fromEntries(set) };
  return [
    ...recordingAlarms(monitored, thresholds),
    ...queueAlarms(monitored, thresholds),
    ...functionAlarms(monitored, thresholds),
    ...reconcileAlarms(monitored),
    ...(monitored.mode === "live" ? liveAlarms(monitored, thresholds) : archiveAlarms(monitored)),
  ];
}

/** One of the consumer's own metrics reaches a threshold. */
function own(
  { namespace, region }: MonitoredRegion,
  alarm: Pick<AlarmSpecification, "kind" | "alarmDescription" | "metricName" | "threshold"> &
    Partial<AlarmSpecification>,
): AlarmSpecification {
  return {
    namespace,
    dimensions: { Region: region },
    statistic: "Sum",
    period: FIVE_MINUTES,
    evaluationPeriods: 1,
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    treatMissingData: "notBreaching",
    ...alarm,
  };
}

function recordingAlarms(monitored: MonitoredRegion, thresholds: Required<AlarmThresholds>): AlarmSpecification[] {
  return [
    own(monitored, {
      kind: "failed-events",
      metricName: "EventsFailed",
      threshold: thresholds.failedEvents,
      alarmDescription:
        "Chime could not stream a call: there is no audio of it. The recorder's log has the reason by transaction id; look at Kinesis Video Streams' quotas and the service-linked role.",
    }),
    own(monitored, {
      kind: "incomplete-recordings",
      metricName: "LegsIncomplete",
      threshold: thresholds.incompleteRecordings,
      alarmDescription:
        "A call leg was recorded for good, and something of it is missing. Its sidecar has errors, gaps and endProof; the recorder's log names it.",
    }),
    own(monitored, {
      kind: "expired-legs",
      metricName: "LegsExpired",
      threshold: 1,
      alarmDescription:
        "Audio of a call expired before it was read, and is lost. The event is in the dead-letter queue. Make dataRetentionInHours longer, and find out what kept the recorder.",
    }),
    own(monitored, {
      kind: "recording-lag",
      metricName: "RecordingLag",
      statistic: "Maximum",
      threshold: thresholds.recordingLagMinutes * 60,
      alarmDescription:
        "Legs are recorded long after they have ended. Look at retries and throttles; more archive.maximumConcurrency or live.maxTasks may help.",
    }),
    own(monitored, {
      kind: "retention-used",
      metricName: "RetentionUsed",
      statistic: "Maximum",
      threshold: thresholds.retentionUsedPercent,
      treatMissingData: "ignore",
      alarmDescription:
        "A leg without a recording will expire: so much of its stream's retention is gone. Look at the dead-letter queue and the recorder's log, and move what can be recorded back into the queue.",
    }),
  ];
}

function queueAlarms(monitored: MonitoredRegion, thresholds: Required<AlarmThresholds>): AlarmSpecification[] {
  const { queue, deadLetterQueue, eventRule } = monitored;
  return [
    own(monitored, {
      kind: "dead-letters",
      namespace: "AWS/SQS",
      metricName: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: deadLetterQueue },
      statistic: "Maximum",
      threshold: thresholds.deadLetters,
      alarmDescription: `Events were put aside that could not be recorded. Each message has its reason as an attribute, and holds phone numbers. Mend it, and move them back before the audio expires: aws sqs start-message-move-task with this queue's ARN as --source-arn and that of ${queue} as --destination-arn, which it cannot do without.`,
    }),
    own(monitored, {
      kind: "oldest-message",
      namespace: "AWS/SQS",
      metricName: "ApproximateAgeOfOldestMessage",
      dimensions: { QueueName: queue },
      statistic: "Maximum",
      threshold: thresholds.oldestMessageMinutes * 60,
      alarmDescription:
        "An event has waited for long, and was taken twice at most: nobody takes messages, or too few do. Look at the recorder's errors, throttles and concurrency. SQS leaves out what was taken three times or more: message-age tells of that.",
    }),
    own(monitored, {
      kind: "message-age",
      metricName: "MessageAge",
      statistic: "Maximum",
      period: HALF_AN_HOUR,
      threshold: thresholds.oldestMessageMinutes * 60,
      alarmDescription:
        "An event is tried again and again, and has not been dealt with for long. The recorder's log says why it comes later; look at errors and throttles. After some six hours of tries it is put aside in the dead-letter queue.",
    }),
    own(monitored, {
      kind: "undelivered-events",
      namespace: "AWS/Events",
      metricName: "FailedInvocations",
      dimensions: { RuleName: eventRule },
      threshold: 1,
      alarmDescription:
        "EventBridge could not hand events to the queue. Look at the queue's policy; what it gave up is in the dead-letter queue.",
    }),
  ];
}

function functionAlarms(monitored: MonitoredRegion, { functionErrors }: AlarmThresholds): AlarmSpecification[] {
  return Object.entries(monitored.functions).map(([kind, FunctionName]) =>
    own(monitored, {
      kind: `${kind}-errors`,
      namespace: "AWS/Lambda",
      metricName: "Errors",
      dimensions: { FunctionName },
      // One of them runs every few minutes, the other once an hour.
      period: kind === "archive" ? FIVE_MINUTES : HOUR,
      threshold: functionErrors ?? 1,
      alarmDescription: `The function "${kind}" failed as a whole: timeout, memory, disk or a configuration that it refuses. Its log says which.`,
    }),
  );
}

/** Nobody would miss the function that looks for what is missing. */
function reconcileAlarms(monitored: MonitoredRegion): AlarmSpecification[] {
  return [
    own(monitored, {
      kind: "reconcile-unfinished",
      metricName: "SweepUnfinished",
      period: HOUR,
      threshold: 1,
      alarmDescription:
        "The search for legs that nobody recorded had not the time to look at all that was due, or was refused some of it. Its log says what: look at throttles there. If it stays so, spread the connectors over several CallAudioConsumers.",
    }),
    own(monitored, {
      kind: "reconcile-stopped",
      namespace: "AWS/Lambda",
      metricName: "Invocations",
      dimensions: { FunctionName: monitored.functions.reconcile },
      period: HOUR,
      // An hour more than there may be between two of them: schedules are not to the minute.
      evaluationPeriods: monitored.reconcileHours + 1,
      threshold: 1,
      comparisonOperator: "LessThanThreshold",
      treatMissingData: "breaching",
      alarmDescription:
        "Nobody looks for legs that were not recorded: the function is not run. Look at the rules of its schedules, which must be enabled, and at its permissions. Just after it was made this is so until the first run.",
    }),
  ];
}

function archiveAlarms(monitored: MonitoredRegion): AlarmSpecification[] {
  return [
    own(monitored, {
      kind: "streams-without-retention",
      metricName: "StreamsWithoutRetention",
      statistic: "Maximum",
      threshold: 1,
      treatMissingData: "ignore",
      alarmDescription:
        "Streams keep nothing, and archive mode cannot record what is on them: they were made before dataRetentionInHours was set. Raise their retention in Kinesis Video Streams, or delete them.",
    }),
  ];
}

function liveAlarms(monitored: MonitoredRegion, thresholds: Required<AlarmThresholds>): AlarmSpecification[] {
  const { cluster, name } = monitored.service!;
  return [
    own(monitored, {
      kind: "pickup-lag",
      metricName: "PickupLag",
      statistic: "Maximum",
      threshold: thresholds.pickupLagSeconds,
      alarmDescription:
        "Calls wait until they are read. All tasks are full, or do not start: look at the service's events, and raise live.maxTasks.",
    }),
    own(monitored, {
      kind: "no-worker",
      namespace: "AWS/ECS",
      metricName: "CPUUtilization",
      dimensions: { ClusterName: cluster, ServiceName: name },
      statistic: "SampleCount",
      evaluationPeriods: 2,
      threshold: 1,
      comparisonOperator: "LessThanThreshold",
      treatMissingData: "breaching",
      alarmDescription: "No task reads calls. Look at the service's events: image, subnets, roles.",
    }),
  ];
}
