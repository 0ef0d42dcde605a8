import { AwsError } from "./exchange.js";
import type { JsonObject } from "./json-body.js";
import { notificationTargets, type StreamingConfiguration } from "./voice-connector.js";

export function badRequest(message: string): AwsError {
  return new AwsError("BadRequestException", 400, message);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function requiredBoolean(value: unknown, name: string): boolean {
  if (typeof value !== "boolean") throw badRequest(`${name} is required and must be a boolean.`);
  return value;
}

/** A connector's or group's name: `[a-zA-Z0-9 _.-]+`, 1 to 256 characters. */
export function requiredName(value: unknown): string {
  if (typeof value !== "string" || !/^[a-zA-Z0-9 _.-]{1,256}$/.test(value)) {
    throw badRequest("Name is required: 1 to 256 characters out of [a-zA-Z0-9 _.-].");
  }
  return value;
}

export function tagList(value: unknown): [key: string, value: string][] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length < 1 || value.length > 50) throw badRequest("Tags must hold 1 to 50 tags.");
  return value.map((tag) => {
    if (!isObject(tag) || typeof tag.Key !== "string" || !tag.Key || typeof tag.Value !== "string") {
      throw badRequest("A tag needs a Key and a Value.");
    }
    if (tag.Key.toLowerCase().startsWith("aws:")) throw badRequest("Tag keys that start with aws: are reserved.");
    return [tag.Key, tag.Value];
  });
}

/** Checks as the API's model has them: DataRetentionInHours and Disabled are required, 1 to 3 known targets. */
export function streamingConfiguration(value: unknown): StreamingConfiguration {
  if (!isObject(value)) throw badRequest("StreamingConfiguration is required.");
  const { DataRetentionInHours, StreamingNotificationTargets, MediaInsightsConfiguration } = value;
  if (typeof DataRetentionInHours !== "number" || !Number.isInteger(DataRetentionInHours) || DataRetentionInHours < 0) {
    throw badRequest("StreamingConfiguration.DataRetentionInHours is required and must be an integer of 0 or more.");
  }
  const configuration: StreamingConfiguration = {
    DataRetentionInHours,
    Disabled: requiredBoolean(value.Disabled, "StreamingConfiguration.Disabled"),
  };
  if (StreamingNotificationTargets !== undefined && StreamingNotificationTargets !== null) {
    configuration.StreamingNotificationTargets = targetList(StreamingNotificationTargets);
  }
  if (MediaInsightsConfiguration !== undefined && MediaInsightsConfiguration !== null) {
    configuration.MediaInsightsConfiguration = mediaInsights(MediaInsightsConfiguration);
  }
  return configuration;
}

function targetList(value: unknown): StreamingConfiguration["StreamingNotificationTargets"] {
  if (!Array.isArray(value) || value.length < 1 || value.length > 3) {
    throw badRequest("StreamingNotificationTargets must hold 1 to 3 targets.");
  }
  return value.map((target) => {
    const known = notificationTargets.find((name) => isObject(target) && target.NotificationTarget === name);
    if (!known) throw badRequest(`NotificationTarget must be one of ${notificationTargets.join(", ")}.`);
    return { NotificationTarget: known };
  });
}

function mediaInsights(value: unknown): StreamingConfiguration["MediaInsightsConfiguration"] {
  if (!isObject(value)) throw badRequest("MediaInsightsConfiguration must be an object.");
  const { Disabled, ConfigurationArn } = value;
  if (Disabled !== undefined) requiredBoolean(Disabled, "MediaInsightsConfiguration.Disabled");
  if (
    ConfigurationArn !== undefined &&
    !(typeof ConfigurationArn === "string" && /^arn[/:\-_.a-zA-Z0-9]+$/.test(ConfigurationArn))
  ) {
    throw badRequest("MediaInsightsConfiguration.ConfigurationArn must be an ARN.");
  }
  return {
    ...(Disabled !== undefined && { Disabled: Disabled as boolean }),
    ...(ConfigurationArn !== undefined && { ConfigurationArn: ConfigurationArn as string }),
  };
}
