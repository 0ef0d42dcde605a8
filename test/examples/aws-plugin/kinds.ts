import {
  ChimeSDKVoiceClient,
  CreateVoiceConnectorCommand,
  DeleteVoiceConnectorCommand,
  DeleteVoiceConnectorStreamingConfigurationCommand,
  GetVoiceConnectorCommand,
  GetVoiceConnectorStreamingConfigurationCommand,
  ListTagsForResourceCommand,
  type NotificationTarget,
  PutVoiceConnectorStreamingConfigurationCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateVoiceConnectorCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import type { Clients } from "../../aws-stand-in/clients.js";
import { type Inputs, type Kind, orGone } from "../../aws-stand-in/kind.js";

const chime = (inputs: Inputs, clients: Clients): ChimeSDKVoiceClient =>
  clients.get(ChimeSDKVoiceClient, inputs.region, clients.settings.chimeEndpoint);

const arnOf = (id: string, inputs: Inputs, clients: Clients): string =>
  `arn:aws:chime:${inputs.region}:${clients.settings.accountId}:vc/${id}`;

const tagList = (tags: Record<string, string> = {}) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** As the provider of AWS has it: it takes tags that the program does not name off again. */
const connector: Kind = {
  properties: ["name", "requireEncryption", "tags"],
  named: "name",
  replaceOn: [],
  async create({ name: Name, requireEncryption: RequireEncryption, tags, ...inputs }, clients) {
    const Tags = tags && Object.keys(tags).length ? tagList(tags) : undefined;
    const command = new CreateVoiceConnectorCommand({ Name, RequireEncryption, Tags });
    return (await chime(inputs, clients).send(command)).VoiceConnector?.VoiceConnectorId ?? "";
  },
  async read(VoiceConnectorId, inputs, clients) {
    const client = chime(inputs, clients);
    const held = await orGone(client.send(new GetVoiceConnectorCommand({ VoiceConnectorId })));
    if (!held) return undefined;
    const ResourceARN = arnOf(VoiceConnectorId, inputs, clients);
    const { Tags = [] } = await client.send(new ListTagsForResourceCommand({ ResourceARN }));
    const tags = Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
    const { Name: name, RequireEncryption: requireEncryption } = held.VoiceConnector ?? {};
    return { inputs: { name, requireEncryption, tags }, outputs: { voiceConnectorId: VoiceConnectorId } };
  },
  async update(VoiceConnectorId, inputs, clients, before) {
    const client = chime(inputs, clients);
    const { name: Name, requireEncryption: RequireEncryption, tags = {} } = inputs;
    await client.send(new UpdateVoiceConnectorCommand({ VoiceConnectorId, Name, RequireEncryption }));
    const ResourceARN = arnOf(VoiceConnectorId, inputs, clients);
    const TagKeys = Object.keys(before.tags ?? {}).filter((key) => !(key in tags));
    if (TagKeys.length) await client.send(new UntagResourceCommand({ ResourceARN, TagKeys }));
    if (Object.keys(tags).length) await client.send(new TagResourceCommand({ ResourceARN, Tags: tagList(tags) }));
  },
  async delete(VoiceConnectorId, inputs, clients) {
    await orGone(chime(inputs, clients).send(new DeleteVoiceConnectorCommand({ VoiceConnectorId })));
  },
};

async function put(inputs: Inputs, clients: Clients): Promise<void> {
  const targets: NotificationTarget[] = inputs.streamingNotificationTargets ?? [];
  await chime(inputs, clients).send(
    new PutVoiceConnectorStreamingConfigurationCommand({
      VoiceConnectorId: inputs.voiceConnectorId,
      StreamingConfiguration: {
        DataRetentionInHours: inputs.dataRetention,
        Disabled: inputs.disabled ?? false,
        ...(targets.length && {
          StreamingNotificationTargets: targets.map((NotificationTarget) => ({ NotificationTarget })),
        }),
      },
    }),
  );
}

const streaming: Kind = {
  properties: ["voiceConnectorId", "dataRetention", "disabled", "streamingNotificationTargets"],
  replaceOn: ["voiceConnectorId"],
  async create(inputs, clients) {
    await put(inputs, clients);
    return inputs.voiceConnectorId;
  },
  async read(VoiceConnectorId, inputs, clients) {
    const get = new GetVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId });
    const held = (await orGone(chime(inputs, clients).send(get)))?.StreamingConfiguration;
    if (!held) return undefined;
    return {
      inputs: {
        voiceConnectorId: VoiceConnectorId,
        dataRetention: held.DataRetentionInHours,
        disabled: held.Disabled,
        streamingNotificationTargets: held.StreamingNotificationTargets?.map((target) => target.NotificationTarget),
      },
    };
  },
  update: (_id, inputs, clients) => put(inputs, clients),
  async delete(VoiceConnectorId, inputs, clients) {
    const stop = new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId });
    await orGone(chime(inputs, clients).send(stop));
  },
};

export const kinds: Record<string, Kind> = {
  "aws:chime/voiceConnector:VoiceConnector": connector,
  "aws:chime/voiceConnectorStreaming:VoiceConnectorStreaming": streaming,
};
