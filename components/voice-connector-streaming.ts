import * as pulumi from "@pulumi/pulumi";
import { outboundHostName, streamNamePrefix } from "../aws/voice-connector.js";
import { ServiceLinkedRole, type ServiceLinkedRoleArgs } from "../dynamic-providers/service-linked-role/resource.js";
import { faultsError, refuseProvider } from "../dynamic-providers/shim.js";
import {
  StreamingConfiguration,
  type StreamingConfigurationArgs,
} from "../dynamic-providers/streaming-configuration/resource.js";
import {
  childName,
  connectorArguments,
  formerNames,
  voiceConnectorStreamingFaults,
} from "./voice-connector-streaming-arguments.js";

/** What holds for every connector that does not say otherwise. */
export type StreamingDefaults = Partial<Omit<StreamingConfigurationArgs, "voiceConnectorId">>;

export interface ConnectorArgs extends StreamingDefaults {
  voiceConnectorId: pulumi.Input<string>;
  /**
   * Part of the resource's name. Default: the id. Needed where the id is an Output, as a name cannot be one; a name by
   * position would move every later connector when one is removed. A connector that had none may be given one; from one
   * name to another Pulumi makes a new resource and removes the old one, and the connector goes on streaming meanwhile,
   * unless it cannot be tagged (see {@link StreamingConfiguration}): then the resource needs an alias.
   */
  name?: string;
}

/** Arguments of {@link VoiceConnectorStreaming}; those beside `connectors` and `serviceLinkedRole` are defaults for all. */
export interface VoiceConnectorStreamingArgs extends StreamingDefaults {
  connectors: ConnectorArgs[];
  /** The role's arguments, or false where it is looked after elsewhere. Default: `{}`. */
  serviceLinkedRole?: ServiceLinkedRoleArgs | false;
}

/** A connector that streams, with what a program needs next. */
export interface StreamingConnector {
  name: string;
  voiceConnectorId: pulumi.Output<string>;
  region: pulumi.Output<string>;
  /** What the names of its Kinesis Video Streams begin with: `ChimeVoiceConnector-<id>-`. */
  streamNamePrefix: pulumi.Output<string>;
  /** Where a session border controller sends SIPREC: `<id>.voiceconnector.chime.aws`. */
  outboundHostName: pulumi.Output<string>;
  streaming: StreamingConfiguration;
  /** As the program gave it, the defaults included: what other components must know at preview, where outputs are unknown. */
  declared: DeclaredStreaming;
}

export type DeclaredStreaming = Pick<
  StreamingConfigurationArgs,
  "voiceConnectorId" | "region" | "dataRetentionInHours" | "notificationTargets"
>;

/**
 * Media streaming for one or many Voice Connectors, and the service-linked role that Chime streams with: the role is there
 * before streaming starts, and goes after it has stopped everywhere.
 *
 * All faults of all connectors are reported together, before any of them is registered. One component serves one AWS account.
 *
 * Where a connector is an `aws.chime.VoiceConnector` of the same program, give that resource
 * `ignoreChanges: ["tags", "tagsAll"]`: it would remove the tags that mark who manages its streaming.
 */
export class VoiceConnectorStreaming extends pulumi.ComponentResource {
  static readonly type = "pulumi-chime-voice-streaming:index:VoiceConnectorStreaming";

  /** Undefined with `serviceLinkedRole: false`. */
  readonly serviceLinkedRole: ServiceLinkedRole | undefined;
  readonly serviceLinkedRoleArn: pulumi.Output<string> | undefined;
  readonly connectors: StreamingConnector[];

  constructor(name: string, args: VoiceConnectorStreamingArgs, options?: pulumi.ComponentResourceOptions) {
    refuseProvider(options);
    super(VoiceConnectorStreaming.type, name, {}, options);
    const faults = voiceConnectorStreamingFaults(args);
    if (faults.length) throw faultsError(`The arguments of "${name}" cannot be used:`, faults, this);

    this.serviceLinkedRole =
      args.serviceLinkedRole === false
        ? undefined
        : new ServiceLinkedRole(
            `${name}-role`,
            { profile: args.profile, assumeRole: args.assumeRole, ...args.serviceLinkedRole },
            { parent: this },
          );
    this.serviceLinkedRoleArn = this.serviceLinkedRole?.arn;
    const dependsOn = this.serviceLinkedRole ? [this.serviceLinkedRole] : [];
    this.connectors = args.connectors.map((connector) => {
      const own = connectorArguments(args, connector) as unknown as StreamingConfigurationArgs;
      const streaming = new StreamingConfiguration(`${name}-${childName(connector)}`, own, {
        parent: this,
        dependsOn,
        aliases: formerNames(name, connector),
      });
      const { region, dataRetentionInHours, notificationTargets } = own;
      const voiceConnectorId = pulumi.output(connector.voiceConnectorId);
      return {
        name: childName(connector),
        voiceConnectorId,
        region: streaming.region,
        streamNamePrefix: voiceConnectorId.apply(streamNamePrefix),
        outboundHostName: voiceConnectorId.apply(outboundHostName),
        streaming,
        declared: { voiceConnectorId: connector.voiceConnectorId, region, dataRetentionInHours, notificationTargets },
      };
    });
    this.registerOutputs({ serviceLinkedRoleArn: this.serviceLinkedRoleArn });
  }
}
