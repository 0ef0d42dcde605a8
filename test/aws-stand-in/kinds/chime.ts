import {
  ChimeSDKVoiceClient,
  GetVoiceConnectorLoggingConfigurationCommand,
  PutVoiceConnectorLoggingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import type { Clients } from "../clients.js";
import { type Inputs, type Kind, orGone } from "../kind.js";

async function put(inputs: Inputs, clients: Clients, media: boolean, sip: boolean): Promise<void> {
  await chime(inputs, clients).send(
    new PutVoiceConnectorLoggingConfigurationCommand({
      VoiceConnectorId: inputs.voiceConnectorId,
      LoggingConfiguration: { EnableMediaMetricLogs: media, EnableSIPLogs: sip },
    }),
  );
}

function chime(inputs: Inputs, clients: Clients): ChimeSDKVoiceClient {
  return clients.get(ChimeSDKVoiceClient, inputs.region, clients.settings.chimeEndpoint);
}

/** Voice Connectors are in local-aws; no other AWS for tests has them. */
const logging: Kind = {
  properties: ["voiceConnectorId", "enableMediaMetricLogs", "enableSipLogs"],
  replaceOn: ["voiceConnectorId"],
  async create(inputs, clients) {
    await put(inputs, clients, inputs.enableMediaMetricLogs ?? false, inputs.enableSipLogs ?? false);
    return inputs.voiceConnectorId;
  },
  async read(VoiceConnectorId, inputs, clients) {
    const get = new GetVoiceConnectorLoggingConfigurationCommand({ VoiceConnectorId });
    const held = (await orGone(chime(inputs, clients).send(get)))?.LoggingConfiguration;
    if (!held) return undefined;
    const { EnableMediaMetricLogs: enableMediaMetricLogs, EnableSIPLogs: enableSipLogs } = held;
    return { inputs: { voiceConnectorId: VoiceConnectorId, enableMediaMetricLogs, enableSipLogs } };
  },
  update: (_id, inputs, clients) =>
    put(inputs, clients, inputs.enableMediaMetricLogs ?? false, inputs.enableSipLogs ?? false),
  async delete(_id, inputs, clients) {
    await orGone(put(inputs, clients, false, false));
  },
};

export const kinds: Record<string, Kind> = { "aws:chime/voiceConnectorLogging:VoiceConnectorLogging": logging };
