import * as pulumi from "@pulumi/pulumi";
import {
  CallAudioConsumer,
  type ConnectorArgs,
  StreamingMonitoring,
  VoiceConnectorStreaming,
} from "pulumi-chime-voice-streaming";

const config = new pulumi.Config();

// Audio waits in Kinesis Video Streams until it is recorded: for the longest call and a day in which something may be down.
const streaming = new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: config.getNumber("dataRetentionInHours") ?? 48,
  connectors: config.requireObject<ConnectorArgs[]>("connectors"),
});

const recorder = new CallAudioConsumer("recorder", {
  connectors: streaming,
  recordingRetentionDays: config.getNumber("recordingRetentionDays"),
  tags: { application: "call-recordings" },
});

const monitoring = new StreamingMonitoring("monitoring", {
  consumer: recorder,
  // One topic, or one by region where the connectors are in several.
  alarmTopicArn: config.getObject<string | Record<string, string>>("alarmTopicArn"),
});

export const recordings = pulumi.interpolate`s3://${recorder.bucket}/${recorder.keyPrefix}`;
export const dashboard = monitoring.dashboardUrl;
export const deadLetterQueues = recorder.deadLetterQueueUrls;
