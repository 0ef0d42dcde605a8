import type * as pulumi from "@pulumi/pulumi";
import type { CallAudioConsumer } from "./call-audio-consumer.js";
import type { CallAudioConsumerArgs } from "./call-audio-consumer-args.js";

/** From which values on an alarm is raised. */
export interface AlarmThresholds {
  /** FAILED events in five minutes. Default: 1. */
  failedEvents?: number;
  /** Recordings in five minutes that lack something. Default: 1. */
  incompleteRecordings?: number;
  /** Messages in the dead-letter queue. Default: 1. */
  deadLetters?: number;
  /** Age of the oldest event that waits, or is tried again. Default: 60 minutes; in live mode, where a message lasts as long as its call, 420. */
  oldestMessageMinutes?: number;
  /** Time from a leg's end to its recording. Default: 30 minutes. */
  recordingLagMinutes?: number;
  /** Age of the oldest leg without a recording, as a share of its stream's retention. Default: 50 %. */
  retentionUsedPercent?: number;
  /** Errors of a function: in five minutes of the one that records, in an hour of the one that looks for legs. Default: 1. */
  functionErrors?: number;
  /** Live mode: time from a call's beginning until it is read. Default: 30 s. */
  pickupLagSeconds?: number;
}

/** Arguments of `StreamingMonitoring`. */
export interface StreamingMonitoringArgs {
  consumer: CallAudioConsumer;
  /** Whose logs are turned on. Default: those of the consumer. */
  connectors?: CallAudioConsumerArgs["connectors"];
  /**
   * SNS topic that alarms are sent to. An alarm reaches topics of its own region alone: where the consumer has several regions, a
   * topic for each, by region. Default: alarms notify nobody.
   */
  alarmTopicArn?: pulumi.Input<string> | Record<string, pulumi.Input<string>>;
  thresholds?: AlarmThresholds;
  /** Voice Connector media metric logs, `/aws/ChimeVoiceConnectorLogs/<id>`. Default: true. */
  mediaLogs?: boolean;
  /** SIP logs, `/aws/ChimeVoiceConnectorSipMessages/<id>`: they hold phone numbers. Default: false. */
  sipLogs?: boolean;
}
