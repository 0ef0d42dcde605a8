import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const voiceConnectorId = new pulumi.Config().require("voiceConnectorId");

new aws.chime.VoiceConnectorStreaming(
  "calls",
  {
    voiceConnectorId,
    dataRetention: 24,
    streamingNotificationTargets: ["EventBridge"],
  },
  // Recorded by an up, which calls nothing: from then on its removal leaves AWS alone.
  { retainOnDelete: true },
);
