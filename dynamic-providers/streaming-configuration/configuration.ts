import {
  DeleteVoiceConnectorStreamingConfigurationCommand,
  GetVoiceConnectorStreamingConfigurationCommand,
  PutVoiceConnectorStreamingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import type { AwsSession } from "../aws-clients.js";
import type { ServiceHeld } from "./arguments.js";
import { isNotFound, onceVisible } from "./new-connector.js";
import type { ConnectorPlace } from "./ownership.js";
import { fromService, toService } from "./service-shape.js";

/** @returns undefined where there is no configuration, or no connector */
export async function getConfiguration(aws: AwsSession, place: ConnectorPlace): Promise<ServiceHeld | undefined> {
  const command = new GetVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: place.voiceConnectorId });
  try {
    const { StreamingConfiguration } = await aws.chime(place.region, place).send(command);
    // Some answers to "none" are an empty document instead of NotFoundException.
    return StreamingConfiguration?.DataRetentionInHours === undefined ? undefined : fromService(StreamingConfiguration);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Puts the whole configuration.
 * @param ifMissing what to do about a connector that is not found: try again after these pauses and fail in the end, or
 * leave it
 */
export async function putConfiguration(
  aws: AwsSession,
  place: ConnectorPlace,
  held: ServiceHeld,
  ifMissing: readonly number[] | "unlessGone",
): Promise<void> {
  const command = new PutVoiceConnectorStreamingConfigurationCommand({
    VoiceConnectorId: place.voiceConnectorId,
    StreamingConfiguration: toService(held),
  });
  const put = () => aws.chime(place.region, place).send(command);
  if (ifMissing === "unlessGone") await unlessGone(put);
  else await onceVisible(aws, place, ifMissing, put);
}

export async function deleteConfiguration(aws: AwsSession, place: ConnectorPlace): Promise<void> {
  const command = new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: place.voiceConnectorId });
  await unlessGone(() => aws.chime(place.region, place).send(command));
}

/** The configuration, or the connector with it, is gone already: what was asked for. */
async function unlessGone(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
