import * as pulumi from "@pulumi/pulumi";
import type { LiveSettings } from "./call-audio-consumer-settings.js";
import type { Deployment } from "./deployment.js";
import { NAME_LIMITS } from "./resource-names.js";

/** Tasks are added while those that are there have room for calls that begin meanwhile. */
const TARGET_SHARE = 0.7;
/** A call that nobody reads after so long finds all tasks full. */
const PICKUP_LAG_SECONDS = 10;
/** A task that goes hands its legs over: that is worth only where calls are fewer for a while. */
const SCALE_IN_COOLDOWN_SECONDS = 600;
const SCALE_OUT_COOLDOWN_SECONDS = 60;

/** As many tasks as the legs in progress ask for, and more where calls wait to be read. */
export function scaleService(
  { aws, parent, name, names, settings }: Deployment,
  {
    region,
    live,
    clusterName,
    serviceName,
  }: {
    region: string;
    live: LiveSettings;
    clusterName: pulumi.Output<string>;
    serviceName: pulumi.Output<string>;
  },
): void {
  const { tags } = settings;
  const namespace = names.namespace;
  const target = new aws.appautoscaling.Target(
    `${name}-live-scaling-${region}`,
    {
      serviceNamespace: "ecs",
      scalableDimension: "ecs:service:DesiredCount",
      resourceId: pulumi.interpolate`service/${clusterName}/${serviceName}`,
      minCapacity: live.minTasks,
      maxCapacity: live.maxTasks,
      tags,
      region,
    },
    { parent },
  );
  const of = {
    serviceNamespace: target.serviceNamespace,
    scalableDimension: target.scalableDimension,
    resourceId: target.resourceId,
    region,
  };
  new aws.appautoscaling.Policy(
    `${name}-live-legs-policy-${region}`,
    {
      ...of,
      name: names.of("legs-in-progress", NAME_LIMITS.policy, region),
      policyType: "TargetTrackingScaling",
      targetTrackingScalingPolicyConfiguration: {
        targetValue: Math.max(1, live.legsPerTask * TARGET_SHARE),
        scaleInCooldown: SCALE_IN_COOLDOWN_SECONDS,
        scaleOutCooldown: SCALE_OUT_COOLDOWN_SECONDS,
        // Every task reports its own number of legs.
        customizedMetricSpecification: {
          namespace,
          metricName: "LegsInProgress",
          dimensions: [{ name: "Region", value: region }],
          statistic: "Average",
        },
      },
    },
    { parent },
  );
  const moreTasks = new aws.appautoscaling.Policy(
    `${name}-live-lag-policy-${region}`,
    {
      ...of,
      name: names.of("pickup-lag", NAME_LIMITS.policy, region),
      policyType: "StepScaling",
      stepScalingPolicyConfiguration: {
        adjustmentType: "PercentChangeInCapacity",
        minAdjustmentMagnitude: 1,
        cooldown: SCALE_OUT_COOLDOWN_SECONDS,
        metricAggregationType: "Maximum",
        stepAdjustments: [{ metricIntervalLowerBound: "0", scalingAdjustment: 50 }],
      },
    },
    { parent },
  );
  new aws.cloudwatch.MetricAlarm(
    `${name}-live-lag-alarm-${region}`,
    {
      name: names.of("scale-out", NAME_LIMITS.alarm, region),
      alarmDescription: `Calls wait for more than ${PICKUP_LAG_SECONDS} s until they are read: tasks are added. Nothing is to be done by hand.`,
      namespace,
      metricName: "PickupLag",
      dimensions: { Region: region },
      statistic: "Maximum",
      period: 60,
      evaluationPeriods: 1,
      threshold: PICKUP_LAG_SECONDS,
      comparisonOperator: "GreaterThanThreshold",
      treatMissingData: "notBreaching",
      alarmActions: [moreTasks.arn],
      tags,
      region,
    },
    { parent },
  );
}
