import * as pulumi from "@pulumi/pulumi";
import { VoiceConnectorStreaming } from "pulumi-chime-voice-streaming";

/** Voice Connector ids by region. */
const regions = new pulumi.Config().requireObject<Record<string, string[]>>("regions");

// One component for all regions of an account: they share the service-linked role, which goes when the last of them has stopped.
const calls = new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: 24,
  connectors: Object.entries(regions).flatMap(([region, ids]) =>
    ids.map((voiceConnectorId) => ({
      voiceConnectorId,
      region,
      // The law of a place may ask for more or less.
      dataRetentionInHours: region.startsWith("eu-") ? 6 : undefined,
    })),
  ),
});

export const roleArn = calls.serviceLinkedRoleArn;
export const streamNamePrefixes = calls.connectors.map(
  ({ region, streamNamePrefix }) => pulumi.interpolate`${region}: ${streamNamePrefix}`,
);
