import { isBoolean, isText } from "../dynamic-providers/faults.js";
import { type ArgumentFaults, isWhole, matches } from "./argument-faults.js";
import { DEFAULTS } from "./call-audio-consumer-settings.js";
import { FARGATE_MEMORY, LARGEST_TASK_STORAGE_GIB, taskStorageGib } from "./consumer-sizing.js";

const NAMES = [
  "image",
  "cluster",
  "subnetIds",
  "securityGroupIds",
  "assignPublicIp",
  "cpu",
  "memoryMb",
  "minTasks",
  "maxTasks",
  "legsPerTask",
];

const isImage = (value: unknown): boolean => isText(value) && !/\s/.test(value);
const isSubnet = matches(/^subnet-[0-9a-f]+$/);
const isSecurityGroup = matches(/^sg-[0-9a-f]+$/);
const isCluster = matches(/^(?:arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:cluster\/)?[A-Za-z0-9_-]{1,255}$/);

/**
 * Faults of `live`, which live mode needs and archive mode has no use for.
 * @param region of the connectors, where that is known
 */
export function liveFaults(
  list: ArgumentFaults,
  args: Record<string, unknown>,
  mode: unknown,
  callHours: number | undefined,
  region: string | undefined,
): void {
  const isGiven = args.live !== undefined && args.live !== null;
  if (!isGiven && mode === "live") list.add("live", "is required in live mode: an object with image and subnetIds");
  const live = list.group("live", args.live, NAMES);
  if (!live) return;
  if (mode === "archive") list.add("live", 'is for mode: "live"');
  list.required("live.image", live.image, isImage, "must name an image, which consumer/Dockerfile makes");
  list.optional("live.cluster", live.cluster, isCluster, "must be the name or the ARN of an ECS cluster");
  const isArn = isCluster(live.cluster) && String(live.cluster).startsWith("arn:");
  if (isArn && region !== undefined && String(live.cluster).split(":")[3] !== region) {
    list.add("live.cluster", `must be in the connectors' region, ${region}`);
  }
  if (live.subnetIds === undefined || live.subnetIds === null)
    list.add("live.subnetIds", "is required: a list of subnets");
  const subnets = { most: 16, passes: isSubnet, reason: "must be the id of a subnet" };
  list.texts("live.subnetIds", live.subnetIds, subnets);
  const groups = { most: 5, passes: isSecurityGroup, reason: "must be the id of a security group" };
  list.texts("live.securityGroupIds", live.securityGroupIds, groups);
  list.plain("live.assignPublicIp", live.assignPublicIp, isBoolean, "must be true or false");
  checkSize(list, live);
  checkTasks(list, live);
  checkStorage(list, live, args.stereo !== false, callHours);
}

function checkSize(list: ArgumentFaults, { cpu, memoryMb }: Record<string, unknown>): void {
  const cpus = [...FARGATE_MEMORY.keys()];
  const isCpu = (value: unknown) => cpus.some((known) => known === value);
  if (cpu !== undefined && cpu !== null && !list.plain("live.cpu", cpu, isCpu, `must be one of ${cpus.join(", ")}`))
    return;
  const units = (cpu ?? DEFAULTS.live.cpu) as number;
  const sizes = FARGATE_MEMORY.get(units)!;
  const memory = memoryMb ?? DEFAULTS.live.memoryMb;
  const reason = `must be one of the sizes that Fargate has for ${units} CPU units: ${sizes.join(", ")}`;
  list.plain("live.memoryMb", memory, (value) => sizes.some((size) => size === value), reason);
}

function checkTasks(list: ArgumentFaults, { minTasks, maxTasks, legsPerTask }: Record<string, unknown>): void {
  const isCount = isWhole(1, 1_000);
  const reason = "must be a whole number from 1 to 1000";
  list.plain("live.minTasks", minTasks, isCount, reason);
  list.plain("live.maxTasks", maxTasks, isCount, reason);
  list.plain("live.legsPerTask", legsPerTask, isCount, reason);
  const [least, most] = [minTasks ?? DEFAULTS.live.minTasks, maxTasks ?? DEFAULTS.live.maxTasks] as number[];
  if (isCount(least) && isCount(most) && most! < least!)
    list.add("live.maxTasks", "must not be less than live.minTasks");
}

function checkStorage(
  list: ArgumentFaults,
  { legsPerTask }: Record<string, unknown>,
  stereo: boolean,
  callHours: number | undefined,
): void {
  const legs = legsPerTask ?? DEFAULTS.live.legsPerTask;
  if (callHours === undefined || typeof legs !== "number") return;
  const gib = taskStorageGib(callHours, legs, stereo);
  if (gib <= LARGEST_TASK_STORAGE_GIB) return;
  const reason = `needs ${gib} GiB of disk for calls of maxCallHours, of which a task has ${LARGEST_TASK_STORAGE_GIB}: make one of them smaller`;
  list.add("live.legsPerTask", reason);
}
