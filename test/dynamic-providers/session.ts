import {
  ChimeSDKVoiceClient,
  CreateSipMediaApplicationCommand,
  CreateVoiceConnectorCommand,
  DeleteVoiceConnectorStreamingConfigurationCommand,
  PutVoiceConnectorStreamingConfigurationCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import { IAMClient, UpdateRoleDescriptionCommand } from "@aws-sdk/client-iam";
import { serviceLinkedRoleName } from "../../aws/voice-connector.js";
import { AwsSession } from "../../dynamic-providers/aws-clients.js";
import { readStackConfiguration } from "../../dynamic-providers/stack-configuration.js";
import type { StreamingConfigurationInputs } from "../../dynamic-providers/streaming-configuration/arguments.js";
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
    // Its quota goes by the real clock.
    localAws.control.change({ chimeCallsPerSecond: 0, streamControlCallsPerSecond: 0 });
    const values: Record<string, string> = {
      "aws:region": "us-east-1",
      "aws:accessKey": "AKIATEST",
      "aws:secretKey": "test",
      "aws:endpoints": JSON.stringify([
        { chimesdkvoice: endpoint, iam: endpoint, kinesisvideo: endpoint, sts: endpoint },
      ]),
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

  /** What a resource with defaults has for a connector of its own. */
  async streamingInputs(): Promise<StreamingConfigurationInputs> {
    return {
      voiceConnectorId: await this.createConnector(),
      region: "us-east-1",
      dataRetentionInHours: 24,
      disabled: false,
      notificationTargets: ["EventBridge"],
      onExisting: "adopt",
      onDelete: "stop",
      owner: { stack: "acme/calls/prod", name: "office" },
    };
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

  async tag(voiceConnectorId: string, Tags: Tag[]): Promise<void> {
    const ResourceARN = `arn:aws:chime:us-east-1:123456789012:vc/${voiceConnectorId}`;
    await this.chime("us-east-1").send(new TagResourceCommand({ ResourceARN, Tags }));
  }

  /** @param marks the tags of ours to take off, without their prefix */
  async untag(voiceConnectorId: string, marks: string[]): Promise<void> {
    const ResourceARN = `arn:aws:chime:us-east-1:123456789012:vc/${voiceConnectorId}`;
    const TagKeys = marks.map((mark) => `pulumi-chime-voice-streaming:${mark}`);
    await this.chime("us-east-1").send(new UntagResourceCommand({ ResourceARN, TagKeys }));
  }

  async createSipMediaApplication(region: string): Promise<string> {
    const Endpoints = [{ LambdaArn: `arn:aws:lambda:${region}:123456789012:function:ivr` }];
    const command = new CreateSipMediaApplicationCommand({ AwsRegion: region, Name: "ivr", Endpoints });
    return (await this.chime(region).send(command)).SipMediaApplication?.SipMediaApplicationId ?? "";
  }

  async describeRole(Description: string): Promise<void> {
    const credentials = { accessKeyId: "AKIAOTHER", secretAccessKey: "test" };
    const iam = new IAMClient({ region: "us-east-1", endpoint: this.localAws.endpoint, credentials });
    await iam.send(new UpdateRoleDescriptionCommand({ RoleName: serviceLinkedRoleName, Description }));
  }

  private chime(region: string): ChimeSDKVoiceClient {
    const credentials = { accessKeyId: "AKIAOTHER", secretAccessKey: "test" };
    return new ChimeSDKVoiceClient({ region, endpoint: this.localAws.endpoint, credentials });
  }
}
