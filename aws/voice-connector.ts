/** The regions in which Amazon Chime SDK Voice Connectors exist (`VoiceConnectorAwsRegion` of the Chime SDK Voice API). */
export const voiceConnectorRegions = [
  "us-east-1",
  "us-west-2",
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-southeast-1",
  "ap-southeast-2",
  "ca-central-1",
  "eu-central-1",
  "eu-west-1",
  "eu-west-2",
] as const;

/** The service principal whose service-linked role streams call audio to Kinesis Video Streams. */
export const voiceConnectorPrincipal = "voiceconnector.chime.amazonaws.com";

/** The one name that role has in every account. */
export const serviceLinkedRoleName = "AWSServiceRoleForAmazonChimeVoiceConnector";

/** The longest retention that Kinesis Video Streams takes: ten years. */
export const maximumRetentionInHours = 87_600;

/** What the names of all Kinesis Video Streams of a connector begin with; one stream a call leg, reused by later calls. */
export function streamNamePrefix(voiceConnectorId: string): string {
  return `ChimeVoiceConnector-${voiceConnectorId}-`;
}

/** The host that a session border controller sends its SIPREC INVITEs to. */
export function outboundHostName(voiceConnectorId: string): string {
  return `${voiceConnectorId}.voiceconnector.chime.aws`;
}
