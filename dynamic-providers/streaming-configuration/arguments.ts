import { maximumRetentionInHours } from "../../aws/voice-connector.js";
import {
  type AssumeRole,
  checkAccountScope,
  type Fault,
  FaultList,
  isBoolean,
  isObject,
  isPending,
  isRegion,
  regionReason,
} from "../faults.js";
import type { Owner } from "../owner.js";

export type NotificationTarget = "EventBridge" | "SNS" | "SQS";
export type OnExisting = "adopt" | "fail";
export type OnDeleteStreaming = "stop" | "restore" | "retain";

export interface MediaInsights {
  /** ARN of a media insights pipeline configuration (Chime SDK media pipelines). */
  configurationArn: string;
  /** Default: false. */
  disabled?: boolean;
}

/** What a resource holds once check has filled in every default; the names are those of state, for ever. */
export interface StreamingConfigurationInputs {
  voiceConnectorId: string;
  region: string;
  dataRetentionInHours: number;
  disabled: boolean;
  notificationTargets: NotificationTarget[];
  mediaInsights?: MediaInsights;
  onExisting: OnExisting;
  onDelete: OnDeleteStreaming;
  /** These three are absent in states of 0.1. */
  applyRetentionToExistingStreams?: boolean;
  allowRetentionDecrease?: boolean;
  deleteStreamsOnDestroy?: boolean;
  profile?: string;
  assumeRole?: AssumeRole;
  /** Not an argument: the program sets it. Absent in states of 0.1. */
  owner?: Owner;
}

/** The part of a resource that Chime holds. */
export type ServiceHeld = Pick<
  StreamingConfigurationInputs,
  "dataRetentionInHours" | "disabled" | "notificationTargets" | "mediaInsights"
>;

export const argumentNames = [
  "voiceConnectorId",
  "region",
  "dataRetentionInHours",
  "disabled",
  "notificationTargets",
  "mediaInsights",
  "onExisting",
  "onDelete",
  "applyRetentionToExistingStreams",
  "allowRetentionDecrease",
  "deleteStreamsOnDestroy",
  "profile",
  "assumeRole",
] as const;

const targets: readonly unknown[] = ["EventBridge", "SNS", "SQS"];

export const isNotificationTarget = (value: unknown): value is NotificationTarget => targets.includes(value);

export const isVoiceConnectorId = (value: unknown): boolean =>
  typeof value === "string" &&
  (/^[a-z0-9]{21,22}$/.test(value) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value));

export const isRetention = (value: unknown): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maximumRetentionInHours;

export const idReason = "must be 21 or 22 lower-case letters and digits, or a UUID";
export const retentionReason = `must be a number: 0, or a whole number of hours from 1 to ${maximumRetentionInHours}`;

const isMediaInsightsArn = (value: unknown): boolean =>
  typeof value === "string" &&
  /^arn:aws[a-z-]*:chime:[a-z0-9-]+:\d{12}:media-insights-pipeline-configuration\/\S+$/.test(value);

const oneOf =
  (...names: string[]) =>
  (value: unknown): boolean =>
    names.some((name) => name === value);

function checkTargets(list: FaultList, value: unknown): void {
  if (value === undefined || value === null || isPending(value)) return;
  if (!Array.isArray(value) || value.length < 1 || value.length > 3) {
    list.add("notificationTargets", "must be a list of one to three of EventBridge, SNS, SQS");
    return;
  }
  value.forEach((target, i) => {
    const before = list.faults.length;
    list.required(`notificationTargets[${i}]`, target, isNotificationTarget, "must be EventBridge, SNS or SQS");
    const isRight = list.faults.length === before && !isPending(target);
    if (isRight && value.indexOf(target) < i) list.add(`notificationTargets[${i}]`, "is in the list twice");
  });
}

function checkMediaInsights(list: FaultList, value: unknown): void {
  if (value === undefined || value === null || isPending(value)) return;
  if (!isObject(value)) {
    list.add("mediaInsights", "must be an object with configurationArn");
    return;
  }
  list.known(value, ["configurationArn", "disabled"], "mediaInsights.");
  const reason = "must be the ARN of a media insights pipeline configuration";
  list.required("mediaInsights.configurationArn", value.configurationArn, isMediaInsightsArn, reason);
  list.optional("mediaInsights.disabled", value.disabled, isBoolean, "must be true or false");
}

/**
 * Every fault of a streaming configuration's arguments, as a program writes them. Values that are not known yet are none.
 * @param path what the properties' paths begin with, for a component that has several
 */
export function streamingConfigurationFaults(args: Record<string, unknown>, path = ""): Fault[] {
  const list = new FaultList(path);
  list.known(args, argumentNames);
  list.required("voiceConnectorId", args.voiceConnectorId, isVoiceConnectorId, idReason);
  list.optional("region", args.region, isRegion, regionReason);
  list.required("dataRetentionInHours", args.dataRetentionInHours, isRetention, retentionReason);
  list.optional("disabled", args.disabled, isBoolean, "must be true or false");
  checkTargets(list, args.notificationTargets);
  checkMediaInsights(list, args.mediaInsights);
  list.optional("onExisting", args.onExisting, oneOf("adopt", "fail"), 'must be "adopt" or "fail"');
  const onDeleteReason = 'must be "stop", "restore" or "retain"';
  list.optional("onDelete", args.onDelete, oneOf("stop", "restore", "retain"), onDeleteReason);
  for (const name of ["applyRetentionToExistingStreams", "allowRetentionDecrease", "deleteStreamsOnDestroy"]) {
    list.optional(name, args[name], isBoolean, "must be true or false");
  }
  if (args.deleteStreamsOnDestroy === true && args.onDelete === "retain") {
    list.add("deleteStreamsOnDestroy", 'cannot be true where onDelete is "retain": calls go on being streamed');
  }
  checkAccountScope(list, args);
  return list.faults;
}

/** What an argument means where a program does not give it. Others have no default, or one that is found. */
export const argumentDefaults = {
  disabled: false,
  notificationTargets: ["EventBridge"],
  onExisting: "adopt",
  onDelete: "stop",
  applyRetentionToExistingStreams: false,
  allowRetentionDecrease: false,
  deleteStreamsOnDestroy: false,
} as const satisfies Partial<Record<(typeof argumentNames)[number], unknown>>;

/** Fills in the defaults. Values that are not known yet stay as they are. */
export function withDefaults(args: Record<string, unknown>, region: unknown): Record<string, unknown> {
  const insights = args.mediaInsights;
  const whole: Record<string, unknown> = { ...args, region };
  for (const [name, value] of Object.entries(argumentDefaults)) whole[name] ??= value;
  if (isObject(insights)) whole.mediaInsights = { ...insights, disabled: insights.disabled ?? false };
  return whole;
}
