import * as pulumi from "@pulumi/pulumi";
import type { LiveSettings } from "./call-audio-consumer-settings.js";
import { LIVE_VISIBILITY_SECONDS, taskStorageGib } from "./consumer-sizing.js";
import { CONTAINER_NAME, containerDefinitions, SPOOL_VOLUME } from "./container-definition.js";
import {
  commonEnvironment,
  type Deployment,
  type EventQueue,
  type MadeRole,
  makeLogGroup,
  makeRole,
  type RegionPlan,
  reachOf,
} from "./deployment.js";
import { scaleService } from "./live-scaling.js";
import { trustPolicy } from "./policy-documents.js";
import { NAME_LIMITS, type ResourceNames } from "./resource-names.js";
import { executionStatements, liveStatements } from "./role-statements.js";

export interface LiveService {
  clusterName: pulumi.Output<string>;
  serviceArn: pulumi.Output<string>;
  taskRoleArn: pulumi.Output<string>;
}

export const serviceName = (names: ResourceNames, region: string) =>
  names.of(CONTAINER_NAME, NAME_LIMITS.service, region);

/** The tasks that read calls while they are spoken. */
export function makeLiveService(
  deployment: Deployment,
  plan: RegionPlan,
  queue: EventQueue,
  live: LiveSettings,
): LiveService {
  const { aws, parent, name, names, settings } = deployment;
  const { region } = plan;
  const { tags } = settings;
  const ownName = serviceName(names, region);
  const cluster = clusterOf(deployment, region, live);
  const { taskDefinition, taskRole } = makeTaskDefinition(deployment, plan, queue, live, cluster.name);
  const service = new aws.ecs.Service(
    `${name}-live-service-${region}`,
    {
      name: ownName,
      cluster: cluster.arn,
      taskDefinition,
      desiredCount: live.minTasks,
      launchType: "FARGATE",
      networkConfiguration: {
        subnets: live.subnetIds,
        ...(live.securityGroupIds && { securityGroups: live.securityGroupIds }),
        assignPublicIp: live.assignPublicIp,
      },
      deploymentCircuitBreaker: { enable: true, rollback: true },
      // New tasks read before old ones are stopped.
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      enableEcsManagedTags: true,
      propagateTags: "SERVICE",
      tags,
      region,
    },
    // How many tasks there are is for the scaling to say.
    { parent, dependsOn: [taskRole.policy], ignoreChanges: ["desiredCount"] },
  );
  scaleService(deployment, { region, live, clusterName: cluster.name, serviceName: service.name });
  return { clusterName: cluster.name, serviceArn: service.arn, taskRoleArn: taskRole.arn };
}

function clusterOf({ aws, parent, name, names, settings }: Deployment, region: string, { cluster }: LiveSettings) {
  if (cluster !== undefined) {
    const arn = pulumi.output(cluster);
    return { arn, name: arn.apply((text) => text.slice(text.lastIndexOf("/") + 1)) };
  }
  return new aws.ecs.Cluster(
    `${name}-live-cluster-${region}`,
    { name: names.of("live", NAME_LIMITS.cluster, region), tags: settings.tags, region },
    { parent },
  );
}

function makeTaskDefinition(
  deployment: Deployment,
  plan: RegionPlan,
  queue: EventQueue,
  live: LiveSettings,
  clusterName: pulumi.Output<string>,
): { taskDefinition: pulumi.Output<string>; taskRole: MadeRole } {
  const { aws, parent, name, names, settings } = deployment;
  const { region } = plan;
  const groupName = `/ecs/${names.of("live", NAME_LIMITS.logGroup, region)}`;
  const logs = makeLogGroup(deployment, { kind: "live", region, groupName });
  const taskRole = makeRole(deployment, {
    kind: "live",
    region,
    trust: deployment.accountId.apply((account) => trustPolicy("ecs-tasks", account)),
    description: "Reads call audio out of Kinesis Video Streams while it is spoken",
    statements: pulumi
      .all([reachOf(deployment, plan, queue, logs.arn), clusterName])
      .apply(([reach, cluster]) => liveStatements(reach, cluster)),
  });
  const executionRole = makeRole(deployment, {
    kind: "live-start",
    region,
    // Only for a task's own role does ECS say for which account it acts.
    trust: trustPolicy("ecs-tasks"),
    description: "Starts tasks that read call audio: pulls their image, writes their logs",
    statements: pulumi.all([live.image, logs.arn]).apply(([image, arn]) => executionStatements(image, arn)),
  });
  const { legsPerTask, cpu, memoryMb } = live;
  const definition = new aws.ecs.TaskDefinition(
    `${name}-live-task-${region}`,
    {
      family: names.of("live", NAME_LIMITS.service, region),
      cpu: String(cpu),
      memory: String(memoryMb),
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      runtimePlatform: { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" },
      ephemeralStorage: { sizeInGib: taskStorageGib(settings.maxCallHours, legsPerTask, settings.stereo) },
      volumes: [{ name: SPOOL_VOLUME }],
      taskRoleArn: taskRole.arn,
      executionRoleArn: executionRole.arn,
      containerDefinitions: pulumi
        .all([live.image, pulumi.all(commonEnvironment(deployment, plan, queue)), logs.name])
        .apply(([image, environment, logGroup]) =>
          containerDefinitions({
            image,
            environment,
            logGroup,
            region,
            legsPerTask,
            visibilityTimeoutSeconds: LIVE_VISIBILITY_SECONDS,
          }),
        ),
      tags: settings.tags,
      region,
    },
    { parent, dependsOn: [executionRole.policy] },
  );
  return { taskDefinition: definition.arn, taskRole };
}
