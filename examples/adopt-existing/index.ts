import * as pulumi from "@pulumi/pulumi";
import { VoiceConnectorStreaming } from "pulumi-chime-voice-streaming";

const config = new pulumi.Config();

const calls = new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: config.requireNumber("dataRetentionInHours"),
  connectors: config.requireObject<string[]>("voiceConnectorIds").map((voiceConnectorId) => ({ voiceConnectorId })),
  // The default, said here because it is the point: "fail" would stop at a configuration that is there already.
  onExisting: "adopt",
  // A destroy gives back what was found.
  onDelete: "restore",
});

/** What was configured before, by connector; nothing where there was nothing. */
export const previous = Object.fromEntries(calls.connectors.map(({ name, streaming }) => [name, streaming.previous]));
