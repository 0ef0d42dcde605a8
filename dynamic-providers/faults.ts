import { voiceConnectorRegions } from "../aws/voice-connector.js";

/** One thing wrong with a resource's arguments: the property's path, and what it must be. Values are never repeated. */
export interface Fault {
  property: string;
  reason: string;
}

/** What the engine puts in the place of a value that is not known during a preview, whatever its type. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Whether nothing can be said of a value yet: unknown at preview (provider process), or an Output or a Promise (program).
 * Such a value is no fault; it is checked when it is there.
 */
export function isPending(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && ("then" in value || "__pulumiOutput" in value);
}

/** Collects every fault of a set of arguments, so that a user meets them all at once. */
export class FaultList {
  readonly faults: Fault[] = [];

  /** @param path what every property's path begins with, e.g. `connectors[2].` */
  constructor(private readonly path = "") {}

  add(property: string, reason: string): void {
    this.faults.push({ property: `${this.path}${property}`, reason });
  }

  /** Adds `reason` where the value is there and does not pass. */
  optional(property: string, value: unknown, passes: (value: unknown) => boolean, reason: string): void {
    if (value === undefined || value === null || isPending(value) || passes(value)) return;
    this.add(property, reason);
  }

  required(property: string, value: unknown, passes: (value: unknown) => boolean, reason: string): void {
    if (value === undefined || value === null) this.add(property, `is required and ${reason}`);
    else this.optional(property, value, passes, reason);
  }

  /** Properties that no argument has, which are most often misspelt ones. */
  known(value: object, names: readonly string[], within = ""): void {
    for (const name of Object.keys(value)) {
      if (names.includes(name) || name.startsWith("__")) continue;
      this.add(`${within}${name}`, `is not an argument; known are ${names.join(", ")}`);
    }
  }
}

export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
export const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isPending(value);

export const isRegion = (value: unknown): boolean => voiceConnectorRegions.some((region) => region === value);
export const regionReason = `must be a region that has Voice Connectors: ${voiceConnectorRegions.join(", ")}`;

export const isRoleArn = (value: unknown): boolean =>
  typeof value === "string" && /^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/.test(value);

export interface AssumeRole {
  /** The role to assume, `arn:aws:iam::<account>:role/<name>`. */
  roleArn: string;
  externalId?: string;
  /** Default: `pulumi-chime-voice-streaming`. */
  sessionName?: string;
}

/** The two arguments by which a resource may use other credentials than the stack's. */
export function checkAccountScope(list: FaultList, { profile, assumeRole }: Record<string, unknown>): void {
  list.optional("profile", profile, isText, "must be the name of a profile in the AWS configuration files");
  if (assumeRole === undefined || assumeRole === null || isPending(assumeRole)) return;
  if (!isObject(assumeRole)) {
    list.add("assumeRole", "must be an object with roleArn");
    return;
  }
  list.known(assumeRole, ["roleArn", "externalId", "sessionName"], "assumeRole.");
  list.required("assumeRole.roleArn", assumeRole.roleArn, isRoleArn, "must be the ARN of an IAM role");
  list.optional("assumeRole.externalId", assumeRole.externalId, isText, "must be a text that is not empty");
  list.optional("assumeRole.sessionName", assumeRole.sessionName, isText, "must be a text that is not empty");
}
