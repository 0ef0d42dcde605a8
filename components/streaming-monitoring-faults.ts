import { type Fault, isBoolean, isObject, isPending } from "../dynamic-providers/faults.js";
import { ArgumentFaults, isBetween, matches } from "./argument-faults.js";
import { connectorFaults } from "./consumer-connectors.js";

const NAMES = ["consumer", "connectors", "alarmTopicArn", "thresholds", "mediaLogs", "sipLogs"];

/** The largest value that makes sense of each. */
const THRESHOLDS: Record<string, number> = {
  failedEvents: 1_000_000,
  incompleteRecordings: 1_000_000,
  deadLetters: 1_000_000,
  oldestMessageMinutes: 14 * 24 * 60,
  recordingLagMinutes: 14 * 24 * 60,
  retentionUsedPercent: 100,
  functionErrors: 1_000_000,
  pickupLagSeconds: 86_400,
};

const isTopic = matches(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/);
const topicReason = "must be the ARN of an SNS topic that is not FIFO";

/** Every fault of everything that the program knows. */
export function streamingMonitoringFaults(args: unknown, defaultRegion: string | undefined): Fault[] {
  if (!isObject(args)) return [{ property: "args", reason: "must be an object with consumer" }];
  const list = new ArgumentFaults();
  list.known(args, NAMES);
  const { consumer } = args;
  const isConsumer = isObject(consumer) && isObject(consumer.settings) && Array.isArray(consumer.regions);
  if (!isConsumer) list.add("consumer", "is required and must be a CallAudioConsumer");
  list.plain("mediaLogs", args.mediaLogs, isBoolean, "must be true or false");
  list.plain("sipLogs", args.sipLogs, isBoolean, "must be true or false");
  const thresholds = list.group("thresholds", args.thresholds, Object.keys(THRESHOLDS));
  for (const [name, most] of Object.entries(THRESHOLDS)) {
    const isRight = (value: unknown) => isBetween(0, most)(value) && value !== 0;
    list.plain(`thresholds.${name}`, thresholds?.[name], isRight, `must be a number over 0, at most ${most}`);
  }
  if (isConsumer) topicFaults(list, args.alarmTopicArn, (consumer as { regions: string[] }).regions);
  const isGiven = args.connectors !== undefined && args.connectors !== null;
  const demands = { defaultRegion, retentionInHours: undefined };
  return [...list.faults, ...(isGiven ? connectorFaults(args.connectors, demands).faults : [])];
}

function topicFaults(list: ArgumentFaults, topics: unknown, regions: readonly string[]): void {
  if (topics === undefined || topics === null) return;
  if (!isObject(topics)) {
    list.optional("alarmTopicArn", topics, isTopic, topicReason);
    const elsewhere = regions.filter((region) => isPending(topics) || regionOf(topics) !== region);
    if (regions.length > 1) {
      list.add(
        "alarmTopicArn",
        `must be an object with a topic for each of ${regions.join(", ")}: alarms reach no other region`,
      );
    } else if (isTopic(topics) && elsewhere.length) {
      list.add("alarmTopicArn", `must be a topic in ${elsewhere[0]}: alarms reach no other region`);
    }
    return;
  }
  list.known(topics, regions, "alarmTopicArn.");
  for (const region of regions) {
    const property = `alarmTopicArn.${region}`;
    const topic = topics[region];
    list.required(property, topic, isTopic, topicReason);
    if (isTopic(topic) && regionOf(topic) !== region) {
      list.add(property, `must be a topic in ${region}: alarms reach no other region`);
    }
  }
}

const regionOf = (arn: unknown): string | undefined => (typeof arn === "string" ? arn.split(":")[3] : undefined);
