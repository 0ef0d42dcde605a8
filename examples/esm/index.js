import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import { VoiceConnectorStreaming } from "pulumi-chime-voice-streaming";

// Top-level await: no resource of this package keeps code in its state, so nothing has to be serialized.
const { retention } = JSON.parse(await readFile(new URL("./settings.json", import.meta.url), "utf8"));

const calls = new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: retention,
  connectors: [{ voiceConnectorId: new pulumi.Config().require("voiceConnectorId") }],
});

export const { serviceLinkedRoleArn } = calls;
