/** The regions that have Voice Connectors: the enum `VoiceConnectorAwsRegion` of the Chime SDK Voice API. */
export const voiceConnectorRegions: readonly string[] = [
  "us-east-1",
  "us-west-2",
  "ca-central-1",
  "eu-central-1",
  "eu-west-1",
  "eu-west-2",
  "ap-northeast-2",
  "ap-northeast-1",
  "ap-southeast-1",
  "ap-southeast-2",
];

export const notificationTargets = ["EventBridge", "SNS", "SQS"] as const;

/** `StreamingConfiguration` as on the wire. */
export interface StreamingConfiguration {
  DataRetentionInHours: number;
  Disabled: boolean;
  StreamingNotificationTargets?: { NotificationTarget: (typeof notificationTargets)[number] }[];
  MediaInsightsConfiguration?: { Disabled?: boolean; ConfigurationArn?: string };
}

export interface VoiceConnector {
  readonly id: string;
  readonly arn: string;
  readonly region: string;
  readonly createdMs: number;
  readonly integrationType?: string;
  readonly networkType: string;
  updatedMs: number;
  name: string;
  requireEncryption: boolean;
  streaming?: StreamingConfiguration;
  logging?: { EnableSIPLogs: boolean; EnableMediaMetricLogs: boolean };
}

/** As far as it is needed here: that it is there keeps the service-linked role in use. */
export interface SipMediaApplication {
  readonly id: string;
  readonly arn: string;
  readonly region: string;
  readonly name: string;
  readonly lambdaArn: string;
  readonly createdMs: number;
}

export interface VoiceConnectorGroup {
  readonly id: string;
  readonly arn: string;
  readonly createdMs: number;
  updatedMs: number;
  name: string;
  items: { VoiceConnectorId: string; Priority: number }[];
}

/** Whether calls through the connector are streamed at present. */
export function isStreaming(connector: VoiceConnector): boolean {
  return connector.streaming !== undefined && !connector.streaming.Disabled;
}
