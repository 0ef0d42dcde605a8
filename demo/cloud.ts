import {
  ChimeSDKVoiceClient,
  CreateVoiceConnectorCommand,
  GetVoiceConnectorStreamingConfigurationCommand,
  PutVoiceConnectorStreamingConfigurationCommand,
  type StreamingConfiguration,
} from "@aws-sdk/client-chime-sdk-voice";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";

const ROLE = "AWSServiceRoleForAmazonChimeVoiceConnector";

/** Questions to AWS itself, so that the demo believes neither Pulumi's state nor this package. */
export class Cloud {
  constructor(
    private readonly endpoint: string,
    env: Record<string, string>,
  ) {
    this.credentials = {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
    };
  }

  private readonly credentials: { accessKeyId: string; secretAccessKey: string };

  chime(region: string): ChimeSDKVoiceClient {
    return new ChimeSDKVoiceClient({ region, endpoint: this.endpoint, credentials: this.credentials });
  }

  async createConnector(region: string, name = "office"): Promise<string> {
    const command = new CreateVoiceConnectorCommand({ Name: name, RequireEncryption: false });
    return (await this.chime(region).send(command)).VoiceConnector?.VoiceConnectorId ?? "";
  }

  async streaming(region: string, id: string): Promise<StreamingConfiguration | undefined> {
    try {
      const command = new GetVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId: id });
      return (await this.chime(region).send(command)).StreamingConfiguration;
    } catch (error) {
      if ((error as Error).name === "NotFoundException") return undefined;
      throw error;
    }
  }

  async putStreaming(region: string, id: string, StreamingConfiguration: StreamingConfiguration): Promise<void> {
    const command = new PutVoiceConnectorStreamingConfigurationCommand({
      VoiceConnectorId: id,
      StreamingConfiguration,
    });
    await this.chime(region).send(command);
  }

  async roleExists(): Promise<boolean> {
    const iam = new IAMClient({ region: "us-east-1", endpoint: this.endpoint, credentials: this.credentials });
    try {
      await iam.send(new GetRoleCommand({ RoleName: ROLE }));
      return true;
    } catch (error) {
      if ((error as Error).name === "NoSuchEntityException") return false;
      throw error;
    }
  }

  /** The actions that local-aws was asked for, oldest first. */
  async actions(): Promise<string[]> {
    const response = await fetch(`${this.endpoint}/_local/calls`);
    return ((await response.json()) as { calls: { action: string }[] }).calls.map(({ action }) => action);
  }
}
