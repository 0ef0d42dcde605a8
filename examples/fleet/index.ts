import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ConnectorArgs, VoiceConnectorStreaming } from "pulumi-chime-voice-streaming";

// A list that is kept in the repository, or written by whatever knows the connectors. Its faults are all told at preview.
const connectors: ConnectorArgs[] = JSON.parse(readFileSync(join(__dirname, "connectors.json"), "utf8"));

const calls = new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: 24,
  connectors,
});

export const siprecHosts = Object.fromEntries(
  calls.connectors.map(({ name, outboundHostName }) => [name, outboundHostName]),
);
