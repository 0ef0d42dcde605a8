import { createHash } from "node:crypto";
import type { Tag } from "@aws-sdk/client-chime-sdk-voice";
import { nameTagKey, OWNER_TAG_PREFIX, stackTagKey } from "../../aws/owner-tags.js";
import type { Owner } from "../owner.js";
import { isNotificationTarget, isRetention, type MediaInsights, type ServiceHeld } from "./arguments.js";

/** What stands on a connector that is managed. */
export interface Mark extends Owner {
  /** Another one for each create: tells a replacement from what it replaces. */
  nonce: string;
  /** What was configured before the stack took the connector over. */
  previous?: ServiceHeld;
}

const keys = {
  /** Without it there is no mark: the one to remove where a stack is gone that never will release its connector. */
  stack: stackTagKey,
  name: nameTagKey,
  nonce: `${OWNER_TAG_PREFIX}nonce`,
  previous: `${OWNER_TAG_PREFIX}previous`,
};

export const markTagKeys: readonly string[] = Object.values(keys);

/** https://docs.aws.amazon.com/chime-sdk/latest/APIReference/API_voice-chime_Tag.html */
const LONGEST_VALUE = 256;
const HASH_LENGTH = 16;

/** A value that AWS takes as a tag's: what has to be left out is told from other such values by a hash. */
function tagValue(text: string): string {
  const allowed = text.replace(/[^A-Za-z0-9 +\-=._:/@]/g, "_");
  if (allowed === text && text.length <= LONGEST_VALUE) return text;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
  return `${allowed.slice(0, LONGEST_VALUE - HASH_LENGTH - 1)}:${hash}`;
}

/** Owners as their tags show them: only these can be compared with a mark's. */
export function asMarked({ stack, name }: Owner): Owner {
  return { stack: tagValue(stack), name: tagValue(name) };
}

/** `24 on EventBridge/SNS`, and with media insights ` on arn:…`: at most some 210 of 256 characters. */
function previousText({ dataRetentionInHours, disabled, notificationTargets, mediaInsights }: ServiceHeld): string {
  const insights = mediaInsights ? [mediaInsights.disabled ? "off" : "on", mediaInsights.configurationArn] : [];
  const targets = notificationTargets.join("/") || "-";
  return [dataRetentionInHours, disabled ? "off" : "on", targets, ...insights].join(" ");
}

function previousOf(text: string | undefined): ServiceHeld | undefined {
  const [hours, state, targets, insights, configurationArn] = (text ?? "").split(" ");
  if (!isRetention(Number(hours)) || !hours || !targets) return undefined;
  const notificationTargets = targets === "-" ? [] : targets.split("/");
  // Tags can be edited by hand: what AWS would refuse is not kept to be put back.
  if (!notificationTargets.every(isNotificationTarget)) return undefined;
  const mediaInsights: MediaInsights | undefined = configurationArn
    ? { configurationArn, disabled: insights === "off" }
    : undefined;
  return {
    dataRetentionInHours: Number(hours),
    disabled: state === "off",
    notificationTargets,
    ...(mediaInsights ? { mediaInsights } : {}),
  };
}

/** Whether `previous` can stand on the connector; an ARN of unusual length may not. */
export function fitsTag(previous: ServiceHeld): boolean {
  return previousText(previous).length <= LONGEST_VALUE;
}

export function tagsOf({ nonce, previous, ...owner }: Mark): Tag[] {
  const { stack, name } = asMarked(owner);
  const tags = [
    { Key: keys.stack, Value: stack },
    { Key: keys.name, Value: name },
    { Key: keys.nonce, Value: nonce },
  ];
  // Always there: a mark that is written over another one must not leave that one's.
  return [...tags, { Key: keys.previous, Value: previous && fitsTag(previous) ? previousText(previous) : "" }];
}

/** @returns undefined where no stack has marked the connector */
export function markOf(tags: readonly Tag[]): Mark | undefined {
  const value = (key: string): string | undefined => tags.find(({ Key }) => Key === key)?.Value;
  const stack = value(keys.stack);
  if (!stack) return undefined;
  const previous = previousOf(value(keys.previous));
  return { stack, name: value(keys.name) ?? "", nonce: value(keys.nonce) ?? "", ...(previous ? { previous } : {}) };
}
