import * as pulumi from "@pulumi/pulumi";
import { VoiceConnectorStreaming } from "pulumi-chime-voice-streaming";

interface Account {
  /** Part of the resources' names. */
  name: string;
  /** A role of the account that the stack's credentials may assume. */
  roleArn: string;
  region: string;
  voiceConnectorIds: string[];
}

const accounts = new pulumi.Config().requireObject<Account[]>("accounts");

// One component an account: each account has a service-linked role of its own.
const streaming = accounts.map(
  ({ name, roleArn, region, voiceConnectorIds }) =>
    new VoiceConnectorStreaming(name, {
      assumeRole: { roleArn },
      region,
      dataRetentionInHours: 24,
      connectors: voiceConnectorIds.map((voiceConnectorId) => ({ voiceConnectorId })),
    }),
);

export const roleArns = streaming.map(({ serviceLinkedRoleArn }) => serviceLinkedRoleArn);
