import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { given, type Inputs, type Kind, orGone, type Properties } from "../kind.js";

const tagsOf = (tags: Record<string, string> = {}) => Object.entries(tags).map(([key, value]) => ({ key, value }));
const tagsFrom = (tags: { key?: string; value?: string }[] = []) =>
  Object.fromEntries(tags.map(({ key, value }) => [key!, value!]));

const cluster: Kind = {
  properties: ["name", "settings", "tags"],
  named: "name",
  replaceOn: ["name", "settings", "tags"],
  async create({ name: clusterName, settings, tags, region }, clients) {
    const create = new CreateClusterCommand({ clusterName, settings, tags: tagsOf(tags) });
    return (await clients.get(ECSClient, region).send(create)).cluster!.clusterArn!;
  },
  async read(id, inputs, clients) {
    const describe = new DescribeClustersCommand({ clusters: [id], include: ["TAGS", "SETTINGS"] });
    const held = (await clients.get(ECSClient, inputs.region).send(describe)).clusters?.[0];
    if (held?.status !== "ACTIVE") return undefined;
    const { clusterName: name, settings, tags } = held;
    return { inputs: { name, settings, tags: tagsFrom(tags) }, outputs: { arn: id, name } };
  },
  async delete(id, inputs, clients) {
    const remove = new DeleteClusterCommand({ cluster: id });
    await orGone(clients.get(ECSClient, inputs.region).send(remove), "ClusterNotFoundException");
  },
};

const TASK_PROPERTIES = [
  ...["family", "cpu", "memory", "networkMode", "requiresCompatibilities", "runtimePlatform", "ephemeralStorage"],
  ...["volumes", "executionRoleArn", "taskRoleArn", "containerDefinitions", "tags"],
];

const taskDefinition: Kind = {
  properties: TASK_PROPERTIES,
  replaceOn: TASK_PROPERTIES,
  async create(inputs, clients) {
    const fields = given(inputs, "containerDefinitions", "ephemeralStorage", "tags");
    const register = new RegisterTaskDefinitionCommand({
      ...(fields as { family: string }),
      containerDefinitions: JSON.parse(inputs.containerDefinitions),
      ephemeralStorage: inputs.ephemeralStorage && { sizeInGiB: inputs.ephemeralStorage.sizeInGib },
      tags: tagsOf(inputs.tags),
    });
    return (await clients.get(ECSClient, inputs.region).send(register)).taskDefinition!.taskDefinitionArn!;
  },
  async read(id, inputs, clients) {
    const describe = new DescribeTaskDefinitionCommand({ taskDefinition: id, include: ["TAGS"] });
    const found = await orGone(clients.get(ECSClient, inputs.region).send(describe), "ClientException");
    const held = found?.taskDefinition;
    if (held?.status !== "ACTIVE") return undefined;
    return {
      inputs: {
        ...held,
        // AWS adds a dozen defaults to each container: what was given is compared with what is there of it.
        containerDefinitions: JSON.stringify(
          subset(held.containerDefinitions, JSON.parse(inputs.containerDefinitions)),
        ),
        ephemeralStorage: held.ephemeralStorage && { sizeInGib: held.ephemeralStorage.sizeInGiB },
        tags: tagsFrom(found?.tags),
      },
      outputs: { arn: id, revision: held.revision },
    };
  },
  async delete(id, inputs, clients) {
    const remove = new DeregisterTaskDefinitionCommand({ taskDefinition: id });
    await orGone(clients.get(ECSClient, inputs.region).send(remove), "ClientException");
  },
};

function subset(held: unknown, wanted: unknown): unknown {
  if (Array.isArray(held) && Array.isArray(wanted)) return held.map((item, i) => subset(item, wanted[i]));
  if (typeof held !== "object" || typeof wanted !== "object" || !held || !wanted) return held;
  return Object.fromEntries(
    Object.keys(wanted).map((name) => [name, subset((held as Properties)[name], (wanted as Properties)[name])]),
  );
}

const SERVICE_PROPERTIES = [
  ...["name", "cluster", "taskDefinition", "desiredCount", "launchType", "platformVersion", "networkConfiguration"],
  ...["deploymentCircuitBreaker", "deploymentMinimumHealthyPercent", "deploymentMaximumPercent"],
  ...["enableEcsManagedTags", "propagateTags", "tags"],
];

function serviceFields(inputs: Inputs) {
  const { cluster: of, taskDefinition: task, desiredCount, networkConfiguration, deploymentCircuitBreaker } = inputs;
  const { assignPublicIp, ...network } = networkConfiguration ?? {};
  return {
    cluster: of,
    taskDefinition: task,
    desiredCount,
    networkConfiguration: networkConfiguration && {
      awsvpcConfiguration: {
        ...network,
        assignPublicIp: assignPublicIp ? ("ENABLED" as const) : ("DISABLED" as const),
      },
    },
    deploymentConfiguration: {
      deploymentCircuitBreaker,
      minimumHealthyPercent: inputs.deploymentMinimumHealthyPercent,
      maximumPercent: inputs.deploymentMaximumPercent,
    },
    enableECSManagedTags: inputs.enableEcsManagedTags,
    propagateTags: inputs.propagateTags,
  };
}

const service: Kind = {
  properties: SERVICE_PROPERTIES,
  named: "name",
  replaceOn: ["name", "cluster", "launchType", "tags"],
  async create(inputs, clients) {
    const { name: serviceName, launchType, platformVersion, tags } = inputs;
    const fields = { ...serviceFields(inputs), serviceName, launchType, platformVersion, tags: tagsOf(tags) };
    return (await clients.get(ECSClient, inputs.region).send(new CreateServiceCommand(fields))).service!.serviceArn!;
  },
  async read(id, inputs, clients) {
    const describe = new DescribeServicesCommand({ cluster: inputs.cluster, services: [id], include: ["TAGS"] });
    const found = await orGone(clients.get(ECSClient, inputs.region).send(describe), "ClusterNotFoundException");
    const held = found?.services?.[0];
    if (held?.status !== "ACTIVE") return undefined;
    const { assignPublicIp, ...network } = held.networkConfiguration?.awsvpcConfiguration ?? {};
    const deployment = held.deploymentConfiguration;
    return {
      inputs: {
        ...held,
        name: held.serviceName,
        cluster: inputs.cluster.startsWith("arn:") ? held.clusterArn : held.clusterArn?.split("/").at(-1),
        networkConfiguration: { ...network, assignPublicIp: assignPublicIp === "ENABLED" },
        deploymentCircuitBreaker: deployment?.deploymentCircuitBreaker,
        deploymentMinimumHealthyPercent: deployment?.minimumHealthyPercent,
        deploymentMaximumPercent: deployment?.maximumPercent,
        enableEcsManagedTags: held.enableECSManagedTags,
        tags: tagsFrom(held.tags),
      },
      outputs: { arn: id, name: held.serviceName },
    };
  },
  async update(id, inputs, clients) {
    await clients
      .get(ECSClient, inputs.region)
      .send(new UpdateServiceCommand({ ...serviceFields(inputs), service: id }));
  },
  async delete(id, inputs, clients) {
    const remove = new DeleteServiceCommand({ cluster: inputs.cluster, service: id, force: true });
    await orGone(clients.get(ECSClient, inputs.region).send(remove), "ServiceNotFoundException");
  },
};

export const kinds: Record<string, Kind> = {
  "aws:ecs/cluster:Cluster": cluster,
  "aws:ecs/taskDefinition:TaskDefinition": taskDefinition,
  "aws:ecs/service:Service": service,
};
