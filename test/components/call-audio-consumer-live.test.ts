import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { CallAudioConsumer, type LiveArgs } from "../../index.js";
import { a, account, b, type Graph, resolved, run } from "./registered.js";

const image = `${account}.dkr.ecr.us-east-1.amazonaws.com/voice/worker@sha256:0123`;
const live: LiveArgs = { image, subnetIds: ["subnet-1", pulumi.output("subnet-2")] };

const deployed = (args: Partial<LiveArgs> = {}, others: object = {}) =>
  run(
    (options) =>
      new CallAudioConsumer(
        "recorder",
        {
          connectors: [{ voiceConnectorId: a, dataRetentionInHours: 0 }, { voiceConnectorId: b }],
          mode: "live",
          live: { ...live, ...args },
          ...others,
        },
        options,
      ),
  );

const container = (graph: Graph) =>
  JSON.parse(graph.inputs("TaskDefinition", "recorder-live-task-us-east-1").containerDefinitions)[0];

function statements(graph: Graph, kind: string): Record<string, { Action: string | string[]; Resource: string }> {
  const { policy } = graph.inputs("RolePolicy", `recorder-${kind}-policy-us-east-1`);
  const found: { Sid: string; Action: string | string[]; Resource: string }[] = JSON.parse(policy).Statement;
  return Object.fromEntries(found.map((statement) => [statement.Sid, statement]));
}

describe("CallAudioConsumer in live mode", () => {
  it("makes a service that scales, and no function but the one that looks for lost legs", async () => {
    const { made, graph } = await deployed();
    assert.deepEqual(graph.types, {
      Bucket: 1,
      BucketLifecycleConfiguration: 1,
      BucketOwnershipControls: 1,
      BucketPolicy: 1,
      BucketPublicAccessBlock: 1,
      BucketServerSideEncryptionConfiguration: 1,
      Cluster: 1,
      EventRule: 3,
      EventTarget: 3,
      Function: 1,
      LogGroup: 2,
      MetricAlarm: 1,
      Permission: 2,
      Policy: 2,
      Queue: 2,
      QueuePolicy: 2,
      Role: 3,
      RolePolicy: 3,
      Service: 1,
      Target: 1,
      TaskDefinition: 1,
    });
    assert.deepEqual(made.archiveFunctionArns, {});
    assert.equal(await resolved(made.clusterName!), "calls-prod-recorder-us-east-1-live");
    assert.equal(
      await resolved(made.recorderRoleArns["us-east-1"]!),
      `arn:aws:iam::${account}:role/calls-prod-recorder-us-east-1-live`,
    );
  });

  it("runs a container that cannot write but to its spool, drains for as long as ECS lets it, and is watched", async () => {
    const { graph } = await deployed();
    const task = graph.inputs("TaskDefinition", "recorder-live-task-us-east-1");
    assert.deepEqual(task.requiresCompatibilities, ["FARGATE"]);
    assert.deepEqual(task.runtimePlatform, { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" });
    assert.deepEqual([task.cpu, task.memory], ["512", "1024"]);
    const worker = container(graph);
    assert.equal(worker.image, image);
    assert.equal(worker.readonlyRootFilesystem, true);
    assert.deepEqual(worker.linuxParameters.capabilities, { drop: ["ALL"] });
    assert.equal(worker.stopTimeout, 120);
    assert.deepEqual(worker.mountPoints, [{ sourceVolume: "spool", containerPath: "/spool", readOnly: false }]);
    assert.deepEqual(task.volumes, [{ name: "spool" }]);
    assert.ok(worker.healthCheck.command.includes("--check-health"));
    assert.equal(worker.logConfiguration.options["awslogs-group"], "/ecs/calls-prod-recorder-us-east-1-live");
  });

  it("tells the worker what it needs", async () => {
    const { graph } = await deployed({ legsPerTask: 40 });
    const found: { name: string; value: string }[] = container(graph).environment;
    const environment = Object.fromEntries(found.map(({ name, value }) => [name, value]));
    const url = `https://sqs.us-east-1.amazonaws.com/${account}/calls-prod-recorder-us-east-1`;
    assert.deepEqual(environment, {
      AWS_REGION: "us-east-1",
      CONCURRENCY: "40",
      DEAD_LETTER_QUEUE_URL: `${url}-dead-letters`,
      HEALTH_FILE: "/spool/healthy",
      INCLUDE_NUMBERS: "false",
      LOG_LEVEL: "info",
      MAX_RECEIVE_COUNT: "30",
      METRICS_NAMESPACE: "ChimeVoiceStreaming/calls-prod-recorder",
      MODE: "live",
      OUTPUT: "s3://calls-prod-recorder-0001/recordings",
      QUEUE_URL: `${url}-events`,
      SHUTDOWN_GRACE_SECONDS: "105",
      SPOOL_DIRECTORY: "/spool",
      STEREO: "true",
      STREAM_ACCOUNT_ID: account,
      STREAM_REGIONS: "us-east-1",
      VISIBILITY_TIMEOUT_SECONDS: "60",
      VOICE_CONNECTOR_IDS: `${a},${b}`,
    });
    assert.equal(graph.inputs("Queue", "recorder-events-us-east-1").visibilityTimeoutSeconds, 60);
  });

  it("has disk for all the legs of a task", async () => {
    const gib = async (args: Partial<LiveArgs>, others?: object) =>
      (await deployed(args, others)).graph.inputs("TaskDefinition", "recorder-live-task-us-east-1").ephemeralStorage
        .sizeInGib;
    assert.equal(await gib({ legsPerTask: 10 }), 21);
    // 100 legs of four hours are 21.5 GiB, four stereo files 1.7, and a quarter more, and 5.
    assert.equal(await gib({}), 34);
    assert.equal(await gib({ legsPerTask: 200 }, { maxCallHours: 8, stereo: false }), 113);
  });

  it("lets the task read live, hand messages over and protect itself, and its agent pull one image", async () => {
    const { graph } = await deployed();
    const task = statements(graph, "live");
    assert.ok([task.ReadStreams?.Action].flat().includes("kinesisvideo:GetMedia"));
    assert.ok([task.TakeEvents?.Action].flat().includes("sqs:SendMessage"));
    assert.equal(
      task.ProtectTask?.Resource,
      `arn:aws:ecs:us-east-1:${account}:task/calls-prod-recorder-us-east-1-live/*`,
    );
    assert.equal(task.WriteLogs, undefined);
    const agent = statements(graph, "live-start");
    assert.deepEqual(Object.keys(agent), ["LogInToRegistry", "PullImage", "WriteLogs"]);
    assert.equal(agent.PullImage?.Resource, `arn:aws:ecr:us-east-1:${account}:repository/voice/worker`);
    const { assumeRolePolicy } = graph.inputs("Role", "recorder-live-role-us-east-1");
    const [trust] = JSON.parse(assumeRolePolicy).Statement;
    assert.deepEqual(trust.Principal, { Service: "ecs-tasks.amazonaws.com" });
    assert.deepEqual(trust.Condition, { StringEquals: { "aws:SourceAccount": account } });
  });

  it("needs no rights on a registry where the image is not in ECR", async () => {
    const { graph } = await deployed({ image: pulumi.output("ghcr.io/office/worker:1") });
    assert.deepEqual(Object.keys(statements(graph, "live-start")), ["WriteLogs"]);
  });

  it("runs in the subnets, security groups and cluster that are given", async () => {
    const cluster = `arn:aws:ecs:us-east-1:${account}:cluster/office`;
    const { made, graph } = await deployed({ cluster, securityGroupIds: ["sg-1"], assignPublicIp: true });
    assert.equal(graph.types.Cluster, undefined);
    const service = graph.inputs("Service", "recorder-live-service-us-east-1");
    assert.equal(service.cluster, cluster);
    assert.deepEqual(service.networkConfiguration, {
      subnets: ["subnet-1", "subnet-2"],
      securityGroups: ["sg-1"],
      assignPublicIp: true,
    });
    assert.equal(await resolved(made.clusterName!), "office");
    const { resourceId } = graph.inputs("Target", "recorder-live-scaling-us-east-1");
    assert.equal(resourceId, "service/office/calls-prod-recorder-us-east-1-worker");
  });

  it("stays private unless asked, rolls back what does not start, and leaves the number of tasks to the scaling", async () => {
    const { graph } = await deployed({ minTasks: 2, maxTasks: 5 });
    const service = graph.inputs("Service", "recorder-live-service-us-east-1");
    assert.deepEqual(service.networkConfiguration, { subnets: ["subnet-1", "subnet-2"], assignPublicIp: false });
    assert.deepEqual(service.deploymentCircuitBreaker, { enable: true, rollback: true });
    assert.deepEqual([service.desiredCount, service.propagateTags], [2, "SERVICE"]);
    assert.deepEqual(graph.options.get("recorder-live-service-us-east-1")?.ignoreChanges, ["desiredCount"]);
    const { minCapacity, maxCapacity } = graph.inputs("Target", "recorder-live-scaling-us-east-1");
    assert.deepEqual([minCapacity, maxCapacity], [2, 5]);
  });

  it("adds tasks while those there are have room, and more where calls wait", async () => {
    const { graph } = await deployed({ legsPerTask: 50 });
    const tracking = graph.inputs("Policy", "recorder-live-legs-policy-us-east-1");
    const { targetValue, customizedMetricSpecification } = tracking.targetTrackingScalingPolicyConfiguration;
    // Above what a task may take, the metric would never be.
    assert.equal(targetValue, 35);
    assert.deepEqual(customizedMetricSpecification, {
      namespace: "ChimeVoiceStreaming/calls-prod-recorder",
      metricName: "LegsInProgress",
      dimensions: [{ name: "Region", value: "us-east-1" }],
      statistic: "Average",
    });
    const alarm = graph.inputs("MetricAlarm", "recorder-live-lag-alarm-us-east-1");
    assert.equal(alarm.metricName, "PickupLag");
    assert.deepEqual(alarm.alarmActions, [
      `arn:aws:autoscaling:us-east-1:${account}:policy/calls-prod-recorder-us-east-1-pickup-lag`,
    ]);
  });
});
