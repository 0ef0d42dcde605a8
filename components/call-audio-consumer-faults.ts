import { type Fault, isBoolean, isObject } from "../dynamic-providers/faults.js";
import { ArgumentFaults, isBetween, isOneOf, isWhole } from "./argument-faults.js";
import { bucketFaults, bucketReason, isBucketName, isDays } from "./bucket-faults.js";
import { DEFAULTS } from "./call-audio-consumer-settings.js";
import { connectorLimit } from "./connector-limit.js";
import { byRegion, type ConsumedConnector, connectorFaults, consumedConnectors } from "./consumer-connectors.js";
import { LARGEST_LAMBDA_STORAGE_MB, lambdaStorageMb } from "./consumer-sizing.js";
import { liveFaults } from "./live-faults.js";
import { expiryFault } from "./retention-demands.js";
import { tagFaults } from "./tag-faults.js";

const NAMES = [
  "connectors",
  "mode",
  "bucket",
  "bucketRegion",
  "keyPrefix",
  "kmsKeyArn",
  "maxCallHours",
  "recoveryWindowHours",
  "recordingRetentionDays",
  "objectLock",
  "stereo",
  "includeNumbers",
  "archive",
  "live",
  "reconcile",
  "retainRecordings",
  "tags",
  "logRetentionDays",
  "logLevel",
];

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

const boolean = "must be true or false";

/**
 * Every fault of everything that the program knows, so that a user meets them all at once, before anything is registered.
 * @param defaultRegion of connectors that name none
 */
export function callAudioConsumerFaults(args: unknown, defaultRegion: string | undefined): Fault[] {
  if (!isObject(args)) return [{ property: "args", reason: "must be an object with connectors" }];
  const list = new ArgumentFaults();
  list.known(args, NAMES);
  const isMode = list.plain("mode", args.mode, isOneOf("archive", "live"), 'must be "archive" or "live"');
  const mode = isMode ? args.mode : (args.mode ?? "archive");
  const callHours = hoursOf(list, "maxCallHours", args.maxCallHours, 0.1, 168);
  const recoveryHours = hoursOf(list, "recoveryWindowHours", args.recoveryWindowHours, 0, 8_760);
  list.plain("stereo", args.stereo, isBoolean, boolean);
  list.plain("includeNumbers", args.includeNumbers, isBoolean, boolean);
  list.plain("logRetentionDays", args.logRetentionDays, isOneOf(...LOG_RETENTION_DAYS), daysReason);
  list.plain("logLevel", args.logLevel, isOneOf(...LOG_LEVELS), `must be one of ${LOG_LEVELS.join(", ")}`);
  const demanded = mode === "archive" && callHours !== undefined && recoveryHours !== undefined;
  const retentionInHours = demanded ? Math.ceil(callHours + recoveryHours) : undefined;
  const connectors = connectorFaults(args.connectors, { defaultRegion, retentionInHours });
  const consumed = connectors.faults.length ? [] : consumedConnectors(args.connectors, defaultRegion);
  checkRegions(list, consumed, args, mode);
  const firstRegion = consumed[0]?.region;
  bucketFaults(list, args, firstRegion);
  checkArchive(list, args, mode, callHours);
  liveFaults(list, args, mode, callHours, firstRegion);
  checkReconcile(list, args.reconcile, mode === "archive" ? recoveryHours : undefined);
  if (callHours !== undefined && recoveryHours !== undefined)
    checkExpiry(list, args, consumed, callHours, recoveryHours);
  tagFaults(list, args.tags);
  return [...connectors.faults, ...list.faults];
}

const daysReason = `must be one of the numbers of days that CloudWatch Logs knows: ${LOG_RETENTION_DAYS.join(", ")}`;

function hoursOf(
  list: ArgumentFaults,
  property: "maxCallHours" | "recoveryWindowHours",
  value: unknown,
  from: number,
  to: number,
): number | undefined {
  if (value === undefined || value === null) return DEFAULTS[property];
  const isRight = list.plain(property, value, isBetween(from, to), `must be a number of hours from ${from} to ${to}`);
  return isRight ? (value as number) : undefined;
}

/** A queue, a rule, roles, and in live mode the tasks, are of one region. */
function checkRegions(
  list: ArgumentFaults,
  consumed: readonly ConsumedConnector[],
  args: Record<string, unknown>,
  mode: unknown,
): void {
  const regions = byRegion(consumed);
  if (mode === "live" && regions.size > 1) {
    const names = [...regions.keys()].join(", ");
    list.add("connectors", `are in ${names}, and live mode reads in one region: make one CallAudioConsumer a region`);
  }
  for (const [region, connectors] of regions) {
    const limit = connectorLimit(region, connectors, args, mode);
    if (!limit) continue;
    const { most, of } = limit;
    const reason = `has ${connectors.length} connectors of ${region}, and ${of} has room for ${most}: make several CallAudioConsumers`;
    list.add("connectors", reason);
  }
}

/** As far as it is known when recordings expire, and for how long streams keep media. */
function checkExpiry(
  list: ArgumentFaults,
  { recordingRetentionDays: days, bucket }: Record<string, unknown>,
  consumed: readonly ConsumedConnector[],
  maxCallHours: number,
  recoveryWindowHours: number,
): void {
  const isMade = bucket === undefined || bucket === null;
  if (!isMade || !isDays(days) || list.faults.some(({ property }) => property === "recordingRetentionDays")) return;
  const hours = consumed.flatMap(({ dataRetentionInHours: each }) => (typeof each === "number" ? each : []));
  const fault = expiryFault(days as number, { maxCallHours, recoveryWindowHours }, hours);
  if (fault) list.add("recordingRetentionDays", fault);
}

function checkArchive(list: ArgumentFaults, args: Record<string, unknown>, mode: unknown, callHours?: number): void {
  const archive = list.group("archive", args.archive, ["memoryMb", "maximumConcurrency"]);
  if (archive && mode === "live") list.add("archive", "is for archive mode");
  const memory = "must be a whole number of MB from 256 to 10240";
  list.plain("archive.memoryMb", archive?.memoryMb, isWhole(256, 10_240), memory);
  const concurrency = "must be a whole number from 2, which SQS asks for, to 1000";
  list.plain("archive.maximumConcurrency", archive?.maximumConcurrency, isWhole(2, 1_000), concurrency);
  if (mode !== "archive" || callHours === undefined) return;
  const storage = lambdaStorageMb(callHours, args.stereo !== false);
  if (storage <= LARGEST_LAMBDA_STORAGE_MB) return;
  const fits = 'make it smaller, or stereo false, or record with mode: "live"';
  list.add(
    "maxCallHours",
    `needs ${storage} MB of disk, of which a function has ${LARGEST_LAMBDA_STORAGE_MB}: ${fits}`,
  );
}

/** @param recoveryHours undefined where it does not matter, or is not known */
function checkReconcile(list: ArgumentFaults, value: unknown, recoveryHours: number | undefined): void {
  const reconcile = list.group("reconcile", value, ["hours", "dailySweep", "detailRecordsBucket"]);
  const { hours, dailySweep, detailRecordsBucket: records } = reconcile ?? {};
  const isHours = isWhole(1, 24);
  list.plain("reconcile.hours", hours, isHours, "must be a whole number of hours from 1 to 24");
  list.plain("reconcile.dailySweep", dailySweep, isBoolean, boolean);
  list.optional("reconcile.detailRecordsBucket", records, isBucketName, bucketReason);
  if (dailySweep === false && records !== undefined && records !== null) {
    list.add("reconcile.detailRecordsBucket", "is read by the daily sweep alone: leave it out, or dailySweep true");
  }
  const every = (hours ?? DEFAULTS.reconcileHours) as number;
  if (recoveryHours === undefined || !isHours(every) || 2 * every <= recoveryHours) return;
  const why = "what is found must be recorded before it expires";
  if (hours === undefined || hours === null) {
    list.add("recoveryWindowHours", `must be at least twice reconcile.hours, which is ${every}: ${why}`);
  } else {
    list.add("reconcile.hours", `must be at most half of recoveryWindowHours, which is ${recoveryHours}: ${why}`);
  }
}
