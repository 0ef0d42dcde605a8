import * as aws from "@pulumi/aws";
import { VoiceConnectorStreaming } from "pulumi-chime-voice-streaming";

const names = ["office", "support"];

const connectors = names.map(
  (name) =>
    new aws.chime.VoiceConnector(
      name,
      { name, requireEncryption: true, tags: { team: "calls" } },
      // Streaming marks its connector by tags, so that two stacks cannot stream it two ways; without this they would be
      // taken off at the next update.
      { ignoreChanges: ["tags", "tagsAll"] },
    ),
);

const calls = new VoiceConnectorStreaming("calls", {
  dataRetentionInHours: 24,
  // An id that is not known before the first up needs a name beside it.
  connectors: connectors.map(({ id }, i) => ({ voiceConnectorId: id, name: names[i] })),
});

export const siprecHosts = calls.connectors.map(({ outboundHostName }) => outboundHostName);
