import * as pulumi from "@pulumi/pulumi";
import type { AssumeRole } from "../faults.js";
import { ownerOf, ownerText } from "../owner.js";
import { type AssumeRoleArgs, assertProviderResolves, providerText, refuseProvider, withoutValues } from "../shim.js";
import { unlessSecret } from "../unless-secret.js";
import {
  argumentDefaults,
  type MediaInsights,
  type NotificationTarget,
  type OnDeleteStreaming,
  type OnExisting,
  type ServiceHeld,
} from "./arguments.js";
import { claimed } from "./claims.js";

/** Outputs that are what the program gave, or what that means where it gave nothing. */
const outputsOfArguments = { mediaInsights: undefined, profile: undefined, assumeRole: undefined, ...argumentDefaults };

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
   * get it) or 1 to 87600. It reaches streams that Chime makes from now on; streams it made before keep theirs, unless
   * `applyRetentionToExistingStreams` is true.
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
  /**
   * When the connector has a configuration already that is not this stack's: take it over and keep it as `previous` (`adopt`,
   * default), or stop at up with what was found (`fail`). What another stack of this package manages is never taken over.
   */
  onExisting?: pulumi.Input<OnExisting>;
  /**
   * On destroy: delete the configuration (`stop`, default), put back the one that create found (`restore`; where it found
   * none, as `stop`), or leave it (`retain`). A change takes an `up` to be recorded, which calls nothing.
   */
  onDelete?: pulumi.Input<OnDeleteStreaming>;
  /**
   * Whether the retention is set on the Kinesis Video Streams that Chime has made for this connector before, too: once, when
   * the resource is made and whenever the retention changes. Lowering it fails without `allowRetentionDecrease`.
   * Needs `kinesisvideo:ListStreams`, `kinesisvideo:DescribeStream` and `kinesisvideo:UpdateDataRetention`. Default: false.
   * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_UpdateDataRetention.html
   */
  applyRetentionToExistingStreams?: pulumi.Input<boolean>;
  /** Whether that may lower a stream's retention, at which AWS deletes older media at once. Default: false. */
  allowRetentionDecrease?: pulumi.Input<boolean>;
  /**
   * Whether destroy (and a replacement, which destroys first) deletes the connector's Kinesis Video Streams with all media in
   * them, once streaming has stopped. Not
   * together with `onDelete: "retain"`. Needs `kinesisvideo:ListStreams` and `kinesisvideo:DeleteStream`. Default: false.
   */
  deleteStreamsOnDestroy?: pulumi.Input<boolean>;
  /** A profile of the AWS configuration files, instead of the stack's credentials. */
  profile?: pulumi.Input<string>;
  /** A role to assume with those credentials. */
  assumeRole?: pulumi.Input<AssumeRoleArgs>;
}

/**
 * The streaming configuration of one Voice Connector: that the audio of its calls goes to Kinesis Video Streams.
 *
 * A connector has one, so it is marked with the stack that manages it, by tags that begin with `pulumi-chime-voice-streaming:`.
 * A second stack stops with the name of the first; a resource that is renamed or replaced goes on streaming. Without permission
 * for `chime:ListTagsForResource`, `chime:TagResource` and `chime:UntagResource` it works, unprotected, with a warning.
 *
 * Where the connector itself is an `aws.chime.VoiceConnector`, give that resource `ignoreChanges: ["tags", "tagsAll"]`: it
 * would remove the marks at its next update.
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
  declare readonly applyRetentionToExistingStreams: pulumi.Output<boolean>;
  declare readonly allowRetentionDecrease: pulumi.Output<boolean>;
  declare readonly deleteStreamsOnDestroy: pulumi.Output<boolean>;
  declare readonly profile: pulumi.Output<string | undefined>;
  declare readonly assumeRole: pulumi.Output<AssumeRole | undefined>;
  /** The account that holds the connector. */
  declare readonly accountId: pulumi.Output<string>;
  /** The configuration that create found and took over, if there was one: what `onDelete: "restore"` puts back. */
  declare readonly previous: pulumi.Output<ServiceHeld | undefined>;

  /** The type token, part of every URN. */
  static readonly type = "pulumi-nodejs:dynamic/chime:StreamingConfiguration";

  /**
   * @throws pulumi.RunError for a connector that another resource of the program manages, an argument that is a secret, the
   * option `provider`, or a program whose directory does not have this package
   */
  constructor(name: string, args: StreamingConfigurationArgs, options?: pulumi.CustomResourceOptions) {
    refuseProvider(options);
    assertProviderResolves("streaming-configuration");
    super(
      StreamingConfiguration.type,
      name,
      {
        ...withoutValues(["region", "accountId", "previous"]),
        ...args,
        // Where a program in JavaScript gives no arguments at all, check says which are needed.
        voiceConnectorId: claimed(args?.voiceConnectorId, args?.region, name),
        owner: unlessSecret(args ?? {}, name, ownerText(ownerOf(name))),
        __provider: providerText("streaming-configuration"),
      },
      // For those who cannot tag: created first and deleted second, the replacement of one connector by itself would end
      // with streaming off.
      { deleteBeforeReplace: true, ...options },
    );
    // State has no defaults, and each Output of the engine's costs a fleet time. Whoever uses one depends on the resource.
    for (const [argument, value] of Object.entries(outputsOfArguments)) {
      const given: unknown = args?.[argument as keyof typeof outputsOfArguments];
      Object.assign(this, { [argument]: pulumi.all([given, this.urn]).apply(([known]) => known ?? value) });
    }
  }
}
