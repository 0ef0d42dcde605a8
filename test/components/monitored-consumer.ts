import * as pulumi from "@pulumi/pulumi";
import { CallAudioConsumer, StreamingMonitoring, type StreamingMonitoringArgs } from "../../index.js";
import { a, account, b } from "./registered.js";

export const live = { mode: "live", live: { image: "registry.example/worker:1", subnetIds: ["subnet-1"] } } as const;
export const oneRegion = [{ voiceConnectorId: a, dataRetentionInHours: 48 }];
export const twoRegions = [
  ...oneRegion,
  { name: "berlin", voiceConnectorId: pulumi.output(b), region: "eu-central-1" },
];
export const topic = (region: string) => `arn:aws:sns:${region}:${account}:alarms`;

/** A consumer, and what watches it. */
export const monitoring =
  (args: Partial<StreamingMonitoringArgs>, consumer: object = {}) =>
  (options: pulumi.ComponentResourceOptions) =>
    new StreamingMonitoring(
      "watch",
      { consumer: new CallAudioConsumer("recorder", { connectors: oneRegion, ...consumer }), ...args },
      options,
    );
