import type { StreamingConfiguration } from "@aws-sdk/client-chime-sdk-voice";
import type { MediaInsights, NotificationTarget, ServiceHeld } from "./arguments.js";

export const serviceHeldNames = ["dataRetentionInHours", "disabled", "notificationTargets", "mediaInsights"] as const;

/** As `PutVoiceConnectorStreamingConfiguration` takes it, which replaces the whole configuration. */
export function toService(held: ServiceHeld): StreamingConfiguration {
  const { mediaInsights, notificationTargets: targets } = held;
  return {
    DataRetentionInHours: held.dataRetentionInHours,
    Disabled: held.disabled,
    // A configuration that was found without targets is put back without: an empty list is refused.
    ...(targets.length
      ? { StreamingNotificationTargets: targets.map((target) => ({ NotificationTarget: target })) }
      : {}),
    ...(mediaInsights
      ? {
          MediaInsightsConfiguration: {
            ConfigurationArn: mediaInsights.configurationArn,
            Disabled: mediaInsights.disabled ?? false,
          },
        }
      : {}),
  };
}

/** As the resource's properties name it. A service default that the answer leaves out is written down. */
export function fromService(configuration: StreamingConfiguration): ServiceHeld {
  const { MediaInsightsConfiguration: insights } = configuration;
  const targets = (configuration.StreamingNotificationTargets ?? []).map(
    ({ NotificationTarget }) => NotificationTarget as NotificationTarget,
  );
  return {
    dataRetentionInHours: configuration.DataRetentionInHours ?? 0,
    disabled: configuration.Disabled ?? false,
    notificationTargets: targets,
    ...(insights?.ConfigurationArn
      ? { mediaInsights: { configurationArn: insights.ConfigurationArn, disabled: insights.Disabled ?? false } }
      : {}),
  };
}

/** Arguments that states of older versions lack; they mean what their default does. */
const laterArguments = ["applyRetentionToExistingStreams", "allowRetentionDecrease", "deleteStreamsOnDestroy"];

/** A form in which two values that mean the same are the same text: targets are a set, absent objects are undefined. */
export function comparable(name: string, value: unknown): string {
  if (value === undefined || value === null) return laterArguments.includes(name) ? "false" : "";
  if (name === "notificationTargets" && Array.isArray(value)) return JSON.stringify([...value].map(String).sort());
  if (name === "mediaInsights" && typeof value === "object") {
    const { configurationArn, disabled } = value as MediaInsights;
    return JSON.stringify([configurationArn, disabled ?? false]);
  }
  if (typeof value === "object") return JSON.stringify(Object.entries(value).sort());
  return JSON.stringify(value);
}

/** Says what a configuration holds, for people: no ids, no secrets. */
export function describe(held: ServiceHeld): string {
  const state = held.disabled ? "disabled" : "enabled";
  const targets = held.notificationTargets.join(", ") || "none";
  return `streaming ${state}, retention ${held.dataRetentionInHours} h, notification targets ${targets}`;
}
