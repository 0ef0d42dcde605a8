import { pluginYaml } from "../aws-stand-in/plugin.js";

const exported = `
exports.bucket = consumer.bucket;
exports.keyPrefix = consumer.keyPrefix;
exports.namespace = consumer.metricsNamespace;
exports.queueUrls = consumer.queueUrls;
exports.deadLetterQueueUrls = consumer.deadLetterQueueUrls;
exports.archive = consumer.archiveFunctionArns;
exports.reconcile = consumer.reconcileFunctionArns;
`;

const imports = `
const pulumi = require("@pulumi/pulumi");
const { CallAudioConsumer, StreamingMonitoring, VoiceConnectorStreaming } = require("pulumi-chime-voice-streaming");
const config = new pulumi.Config();
`;

/** What a user would write: streaming on connectors, their calls recorded when they have ended, and watched. */
export const archiveProgram = `${imports}
const streaming = new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: 48,
  connectors: config.requireObject("connectors"),
});
const consumer = new CallAudioConsumer("calls", {
  connectors: streaming,
  maxCallHours: 2,
  retainRecordings: config.requireBoolean("retainRecordings"),
  reconcile: { hours: 2 },
  tags: { team: "telephony" },
});
new StreamingMonitoring("calls", { consumer });
${exported}`;

/** The same with calls recorded while they are spoken. */
export const liveProgram = `${imports}
const streaming = new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: 48,
  connectors: config.requireObject("connectors"),
});
const consumer = new CallAudioConsumer("calls", {
  connectors: streaming,
  mode: "live",
  live: {
    image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker:1",
    subnetIds: ["subnet-0a1b2c3d4e5f60718"],
    assignPublicIp: true,
  },
  retainRecordings: config.requireBoolean("retainRecordings"),
  tags: { team: "telephony" },
});
new StreamingMonitoring("calls", { consumer });
${exported}
exports.cluster = consumer.clusterName;
exports.service = consumer.serviceArn;
`;

export const projectFiles = {
  "Pulumi.yaml": `name: office\nruntime: nodejs\nmain: index.js\n${pluginYaml}`,
  "package.json": '{ "name": "office", "private": true }',
};

/** The program's outputs; what is kept by region is keyed by it. */
export interface ProgramOutputs {
  bucket: string;
  keyPrefix: string;
  namespace: string;
  queueUrls: Record<string, string>;
  deadLetterQueueUrls: Record<string, string>;
  archive: Record<string, string>;
  reconcile: Record<string, string>;
  /** In live mode alone. */
  cluster?: string;
  service?: string;
}
