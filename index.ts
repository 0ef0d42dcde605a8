export {
  type ConnectorArgs,
  type StreamingConnector,
  type StreamingDefaults,
  VoiceConnectorStreaming,
  type VoiceConnectorStreamingArgs,
} from "./components/voice-connector-streaming.js";
export type { AssumeRole } from "./dynamic-providers/faults.js";
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
