import {
  ChimeSDKVoiceClient,
  CreateVoiceConnectorCommand,
  DeleteVoiceConnectorStreamingConfigurationCommand,
  PutVoiceConnectorStreamingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { AwsSession } from "../../dynamic-providers/aws-clients.js";
import { readStackConfiguration } from "../../dynamic-providers/stack-configuration.js";
import type { LocalAws } from "../../local-aws/index.js";

/** A provider process's session with local-aws, configured as a stack would, with a clock that a pause moves on. */
export class TestSession {
  readonly told: string[] = [];
  readonly pausesMs: number[] = [];
  readonly aws: AwsSession;
  private nowMs = 0;
  /** Runs at each pause, to change the world meanwhile. */
  whilePausing: () => void | Promise<void> = () => {};

  constructor(
    private readonly localAws: LocalAws,
    configuration: Record<string, string> = {},
  ) {
    const { endpoint } = localAws;
    const values: Record<string, string> = {
      "aws:region": "us-east-1",
      "aws:accessKey": "AKIATEST",
      "aws:secretKey": "test",
      "aws:endpoints": JSON.stringify([{ chimesdkvoice: endpoint, iam: endpoint, sts: endpoint }]),
      ...configuration,
    };
    this.aws = new AwsSession(readStackConfiguration((key) => values[key]).stack, {
      env: {},
      now: () => this.nowMs,
      sleep: async (ms) => {
        this.nowMs += ms;
        this.pausesMs.push(ms);
        await this.whilePausing();
      },
      tell: (message) => this.told.push(message),
    });
  }

  /** The actions that AWS was asked for since the last time. */
  takeActions(): string[] {
    const actions = this.localAws.control.calls().map(({ action }) => action);
    this.localAws.control.clearCalls();
    return actions;
  }

  async createConnector(region = "us-east-1"): Promise<string> {
    const command = new CreateVoiceConnectorCommand({ Name: "office", RequireEncryption: false });
    return (await this.chime(region).send(command)).VoiceConnector?.VoiceConnectorId ?? "";
  }

  async putStreaming(region: string, voiceConnectorId: string, retention: number, disabled = false): Promise<void> {
    const StreamingConfiguration = { DataRetentionInHours: retention, Disabled: disabled };
    await this.chime(region).send(
      new PutVoiceConnectorStreamingConfigurationCommand({
        VoiceConnectorId: voiceConnectorId,
        StreamingConfiguration,
      }),
    );
  }

  async stopStreaming(region: string, VoiceConnectorId: string): Promise<void> {
    await this.chime(region).send(new DeleteVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId }));
  }

  private chime(region: string): ChimeSDKVoiceClient {
    const credentials = { accessKeyId: "AKIAOTHER", secretAccessKey: "test" };
    return new ChimeSDKVoiceClient({ region, endpoint: this.localAws.endpoint, credentials });
  }
}
