import * as pulumi from "@pulumi/pulumi";
import { VoiceConnectorStreaming } from "pulumi-chime-voice-streaming";

const voiceConnectorId = new pulumi.Config().require("voiceConnectorId");

new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: 24,
  notificationTargets: ["EventBridge"],
  connectors: [{ voiceConnectorId }],
});
