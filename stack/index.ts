import * as pulumi from "@pulumi/pulumi";
import { VoiceConnectorStreaming, voiceConnectorStreamingFaults } from "pulumi-chime-voice-streaming";
// Without an extension: the SDK's TypeScript runner finds no .ts file under the name of a .js file.
import { readConfiguration } from "./configuration";

// The SDK has it, but not among its types.
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

const namespace = `${pulumi.getProject()}:`;
const values = Object.fromEntries(
  Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(namespace))
    .map(([key, text]) => [key.slice(namespace.length), { text, isSecret: isConfigSecret(key) }]),
);
const { args, faults } = readConfiguration(values, voiceConnectorStreamingFaults);
if (faults.length) {
  const lines = faults.map(({ property, reason }) => `  ${namespace}${property} ${reason}`);
  throw new pulumi.RunError(`The stack's configuration cannot be used:\n${lines.join("\n")}`);
}

const calls = new VoiceConnectorStreaming("calls", args);

export const serviceLinkedRoleArn = calls.serviceLinkedRoleArn;
export const connectors = calls.connectors.map(({ voiceConnectorId, region, streamNamePrefix, outboundHostName }) => ({
  voiceConnectorId,
  region,
  streamNamePrefix,
  outboundHostName,
}));
