export { type ByRegion, CallAudioConsumer } from "./components/call-audio-consumer.js";
export type {
  ArchiveArgs,
  CallAudioConsumerArgs,
  ConsumerConnectorArgs,
  ConsumerLogLevel,
  LiveArgs,
  ObjectLockArgs,
  ReconcileArgs,
  RecordingMode,
} from "./components/call-audio-consumer-args.js";
export { StreamingMonitoring } from "./components/streaming-monitoring.js";
export type { AlarmThresholds, StreamingMonitoringArgs } from "./components/streaming-monitoring-args.js";
export {
  type ConnectorArgs,
  type DeclaredStreaming,
  type StreamingConnector,
  type StreamingDefaults,
  VoiceConnectorStreaming,
  type VoiceConnectorStreamingArgs,
} from "./components/voice-connector-streaming.js";
export { voiceConnectorStreamingFaults } from "./components/voice-connector-streaming-arguments.js";
export type { AssumeRole, Fault } from "./dynamic-providers/faults.js";
export type { OnDeleteRole } from "./dynamic-providers/service-linked-role/arguments.js";
export { ServiceLinkedRole, type ServiceLinkedRoleArgs } from "./dynamic-providers/service-linked-role/resource.js";
export type { AssumeRoleArgs } from "./dynamic-providers/shim.js";
export type {
  MediaInsights,
  NotificationTarget,
  OnDeleteStreaming,
  OnExisting,
  ServiceHeld as StreamingConfigurationHeld,
} from "./dynamic-providers/streaming-configuration/arguments.js";
export {
  StreamingConfiguration,
  type StreamingConfigurationArgs,
} from "./dynamic-providers/streaming-configuration/resource.js";
