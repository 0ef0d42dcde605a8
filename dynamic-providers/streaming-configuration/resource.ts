import * as pulumi from "@pulumi/pulumi";
import type { AssumeRole } from "../faults.js";
import { type AssumeRoleArgs, assertProviderResolves, providerText, refuseProvider, withoutValues } from "../shim.js";
import {
  argumentNames,
  type MediaInsights,
  type NotificationTarget,
  type OnDeleteStreaming,
  type OnExisting,
  type ServiceHeld,
} from "./arguments.js";

/** Arguments of {@link StreamingConfiguration}. */
export interface StreamingConfigurationArgs {
  /** The Voice Connector: 21 or 22 lower-case letters and digits, or a UUID. A change replaces the resource. */
  voiceConnectorId: pulumi.Input<string>;
  /**
   * One of the ten regions that have Voice Connectors. A change replaces the resource.
   * Default: the region that the resource has already, then the stack's `aws:region`, then the environment's or the profile's.
   */
  region?: pulumi.Input<string>;
  /**
   * How long Kinesis Video Streams keeps the audio, in hours: 0 (not kept; only consumers that read while the call goes on
   * get it) or 1 to 87600. It reaches streams that Chime makes from now on; streams it made before keep theirs.
   */
  dataRetentionInHours: pulumi.Input<number>;
  /** Keeps the configuration but streams nothing. Default: false. */
  disabled?: pulumi.Input<boolean>;
  /**
   * Where Chime announces streams, one to three without doubles. Default: `["EventBridge"]`.
   * SNS and SQS work only for topics and queues whose name begins with `ChimeVoiceConnector-Streaming`, as the
   * service-linked role's policy allows no others.
   */
  notificationTargets?: pulumi.Input<pulumi.Input<NotificationTarget>[]>;
  /** Call analytics of the streamed audio. Default: none. */
  mediaInsights?: pulumi.Input<{
    [Name in keyof MediaInsights]: pulumi.Input<NonNullable<MediaInsights[Name]>>;
  }>;
  /** When the connector has a configuration already: take it over (`adopt`, default) or stop with what was found (`fail`). */
  onExisting?: pulumi.Input<OnExisting>;
  /**
   * On destroy: delete the configuration (`stop`, default), put back the one that create found (`restore`), or leave it
   * (`retain`). A change takes an `up` to be recorded, which calls nothing. Where a first create was cut off after it had
   * reached AWS, the one that found its traces takes them for what was there before.
   */
  onDelete?: pulumi.Input<OnDeleteStreaming>;
  /** A profile of the AWS configuration files, instead of the stack's credentials. */
  profile?: pulumi.Input<string>;
  /** A role to assume with those credentials. */
  assumeRole?: pulumi.Input<AssumeRoleArgs>;
}

/**
 * The streaming configuration of one Voice Connector: that the audio of its calls goes to Kinesis Video Streams.
 *
 * The id is `<region>/<voiceConnectorId>`. Rests on Put, Get and DeleteVoiceConnectorStreamingConfiguration of the Chime SDK
 * Voice API (https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_voice-chime_PutVoiceConnectorStreamingConfiguration.html).
 */
export class StreamingConfiguration extends pulumi.CustomResource {
  declare readonly voiceConnectorId: pulumi.Output<string>;
  declare readonly region: pulumi.Output<string>;
  declare readonly dataRetentionInHours: pulumi.Output<number>;
  declare readonly disabled: pulumi.Output<boolean>;
  declare readonly notificationTargets: pulumi.Output<NotificationTarget[]>;
  declare readonly mediaInsights: pulumi.Output<MediaInsights | undefined>;
  declare readonly onExisting: pulumi.Output<OnExisting>;
  declare readonly onDelete: pulumi.Output<OnDeleteStreaming>;
  declare readonly profile: pulumi.Output<string | undefined>;
  declare readonly assumeRole: pulumi.Output<AssumeRole | undefined>;
  /** The account that holds the connector. */
  declare readonly accountId: pulumi.Output<string>;
  /** The configuration that create found and took over, if there was one. */
  declare readonly previous: pulumi.Output<ServiceHeld | undefined>;

  /** The type token, part of every URN. */
  static readonly type = "pulumi-nodejs:dynamic/chime:StreamingConfiguration";

  constructor(name: string, args: StreamingConfigurationArgs, options?: pulumi.CustomResourceOptions) {
    refuseProvider(options);
    assertProviderResolves("streaming-configuration");
    super(
      StreamingConfiguration.type,
      name,
      {
        ...withoutValues([...argumentNames, "accountId", "previous"]),
        ...args,
        __provider: providerText("streaming-configuration"),
      },
      // Created first and deleted second, the replacement of one connector by itself would end with streaming off.
      { deleteBeforeReplace: true, ...options },
    );
  }
}
