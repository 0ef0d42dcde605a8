import * as pulumi from "@pulumi/pulumi";
import { type ConnectorArgs, VoiceConnectorStreaming } from "pulumi-chime-voice-streaming";

const config = new pulumi.Config();

const calls = new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: config.getNumber("dataRetentionInHours") ?? 24,
  connectors: config.requireObject<ConnectorArgs[]>("connectors"),
});

export const roleArn = calls.serviceLinkedRoleArn;
export const streams = calls.connectors.map(({ streamNamePrefix }) => streamNamePrefix);
export const siprecHosts = calls.connectors.map(({ outboundHostName }) => outboundHostName);
