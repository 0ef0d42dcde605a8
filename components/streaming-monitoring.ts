import * as pulumi from "@pulumi/pulumi";
import { faultsError } from "../dynamic-providers/shim.js";
import { alarmsOf } from "./alarm-catalogue.js";
import { type Aws, awsPackage } from "./aws-package.js";
import type { ByRegion } from "./call-audio-consumer.js";
import { consumedConnectors } from "./consumer-connectors.js";
import { dashboardBody } from "./dashboard-body.js";
import { monitoredRegion } from "./monitored-region.js";
import { NAME_LIMITS, ResourceNames } from "./resource-names.js";
import { stackRegion } from "./stack-region.js";
import type { StreamingMonitoringArgs } from "./streaming-monitoring-args.js";
import { streamingMonitoringFaults } from "./streaming-monitoring-faults.js";

/**
 * Looks after a `CallAudioConsumer`: one dashboard for all its regions, alarms in each that say what to do, and the logs of its Voice
 * Connectors.
 *
 * Needs `@pulumi/aws` 7 beside this package. All faults of the arguments are reported together, before anything is registered.
 */
export class StreamingMonitoring extends pulumi.ComponentResource {
  static readonly type = "pulumi-chime-voice-streaming:index:StreamingMonitoring";

  /** Where the dashboard is, in the AWS console. */
  readonly dashboardUrl: pulumi.Output<string>;
  /** By region, then by kind: `failed-events`, `incomplete-recordings`, `dead-letters`, … */
  readonly alarmArns: ByRegion<Readonly<Record<string, pulumi.Output<string>>>>;

  constructor(name: string, args: StreamingMonitoringArgs, options?: pulumi.ComponentResourceOptions) {
    super(StreamingMonitoring.type, name, {}, options);
    const faults = streamingMonitoringFaults(args, stackRegion());
    if (faults.length) throw faultsError(`The arguments of "${name}" cannot be used:`, faults, this);
    const aws = awsPackage("StreamingMonitoring");
    const { regions } = args.consumer;
    const names = new ResourceNames(pulumi.getProject(), pulumi.getStack(), name);

    this.dashboardUrl = this.#dashboard(aws, name, names, args);
    this.alarmArns = Object.fromEntries(
      regions.map((region) => [region, this.#alarms(aws, name, names, args, region)]),
    );
    this.#logs(aws, name, args);
    this.registerOutputs({ dashboardUrl: this.dashboardUrl, alarmArns: this.alarmArns });
  }

  #dashboard(aws: Aws, name: string, names: ResourceNames, args: StreamingMonitoringArgs): pulumi.Output<string> {
    const { consumer } = args;
    // A dashboard shows all regions, and is listed in each.
    const region = consumer.regions[0]!;
    const dashboard = new aws.cloudwatch.Dashboard(
      `${name}-dashboard`,
      {
        dashboardName: names.of("dashboard", NAME_LIMITS.dashboard),
        dashboardBody: pulumi
          .output(consumer.clusterName)
          .apply((cluster) => consumer.regions.map((each) => monitoredRegion(consumer, each, cluster)))
          .apply((regions) => dashboardBody(consumer.names.base, regions)),
        region,
      },
      { parent: this },
    );
    const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`;
    return pulumi.interpolate`${console}#dashboards/dashboard/${dashboard.dashboardName}`;
  }

  #alarms(
    aws: Aws,
    name: string,
    names: ResourceNames,
    { consumer, alarmTopicArn, thresholds }: StreamingMonitoringArgs,
    region: string,
  ): Record<string, pulumi.Output<string>> {
    const topic = topicOf(alarmTopicArn, region);
    const alarms = (cluster?: string) => alarmsOf(monitoredRegion(consumer, region, cluster), thresholds);
    // All of an alarm but its cluster is known while the program runs.
    const arns = alarms().map(({ kind, dimensions, ...alarm }, i) => {
      const made = new aws.cloudwatch.MetricAlarm(
        `${name}-${kind}-${region}`,
        {
          ...alarm,
          name: names.of(kind, NAME_LIMITS.alarm, region),
          dimensions: consumer.clusterName?.apply((cluster) => alarms(cluster)[i]!.dimensions) ?? dimensions,
          ...(topic && { alarmActions: [topic] }),
          tags: consumer.settings.tags,
          region,
        },
        { parent: this },
      );
      return [kind, made.arn] as const;
    });
    return Object.fromEntries(arns);
  }

  #logs(aws: Aws, name: string, args: StreamingMonitoringArgs): void {
    const { consumer, mediaLogs = true, sipLogs = false } = args;
    if (!mediaLogs && !sipLogs) return;
    const connectors = args.connectors
      ? consumedConnectors(args.connectors, stackRegion())
      : consumer.settings.connectors;
    for (const connector of connectors) {
      new aws.chime.VoiceConnectorLogging(
        `${name}-logs-${connector.name}`,
        {
          voiceConnectorId: connector.voiceConnectorId,
          enableMediaMetricLogs: mediaLogs,
          enableSipLogs: sipLogs,
          region: connector.region,
        },
        { parent: this },
      );
    }
  }
}

function topicOf(topics: StreamingMonitoringArgs["alarmTopicArn"], region: string): pulumi.Input<string> | undefined {
  if (topics === undefined || topics === null) return undefined;
  if (typeof topics === "string" || pulumi.Output.isInstance(topics) || topics instanceof Promise) return topics;
  return (topics as Record<string, pulumi.Input<string>>)[region];
}
