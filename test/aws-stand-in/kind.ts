import type { Clients } from "./clients.js";

export type Properties = Record<string, unknown>;

// biome-ignore lint/suspicious/noExplicitAny: properties are whatever the program gives; each kind names the ones that it takes
export type Inputs = Record<string, any>;

/** A resource type: what its properties are in AWS's API, in as few words as will do. */
export interface Kind {
  /** Properties that become API calls; a program that gives another is refused, not half obeyed. */
  properties: readonly string[];
  /** The property that is made up of the resource's name and some random characters where it is not given. */
  named?: string;
  /** A property that the made-up name begins with, where it is given. */
  namePrefix?: string;
  /** Properties that AWS cannot change. */
  replaceOn: readonly string[];
  /** @returns the id */
  create(inputs: Inputs, clients: Clients): Promise<string>;
  /**
   * What AWS holds.
   * @returns undefined where it is gone; else the properties as inputs would have them, and outputs beside them
   */
  read(id: string, inputs: Inputs, clients: Clients): Promise<{ inputs: Properties; outputs?: Properties } | undefined>;
  /** Absent where every property is in `replaceOn`. */
  update?(id: string, inputs: Inputs, clients: Clients, before: Inputs): Promise<void>;
  delete(id: string, inputs: Inputs, clients: Clients): Promise<void>;
}

/** Spellings that are not the property's with a capital letter. */
const SPELLINGS: Record<string, string> = { sseAlgorithm: "SSEAlgorithm", kmsMasterKeyId: "KMSMasterKeyID", id: "ID" };
const PROPERTIES = Object.fromEntries(Object.entries(SPELLINGS).map(([property, field]) => [field, property]));

/** A property's value as AWS's API spells it: `{ maximumConcurrency }` becomes `{ MaximumConcurrency }`. */
// biome-ignore lint/suspicious/noExplicitAny: the SDK's input types are checked by AWS
export function toAws(value: unknown): any {
  return renamed(value, (name) => SPELLINGS[name] ?? name[0]!.toUpperCase() + name.slice(1));
}

/** The other way round. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function fromAws(value: unknown): any {
  return renamed(value, (name) => PROPERTIES[name] ?? name[0]!.toLowerCase() + name.slice(1));
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [rename(name), renamed(item, rename)]));
}

/** The properties of `inputs` that are given, without those named. */
export function given(inputs: Inputs, ...without: string[]): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).filter(([name, value]) => value !== undefined && !["region", ...without].includes(name)),
  );
}

/** What an API call answers, or undefined where it says that the thing is not there. */
export async function orGone<T>(call: Promise<T>, ...codes: string[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    if ($metadata?.httpStatusCode === 404 || codes.includes(name)) return undefined;
    throw error;
  }
}

/** Tags as most services list them. */
export function tagList(tags: Record<string, string> = {}): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

export function tagMap(tags: { Key?: string; Value?: string }[] = []): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key!, Value!]));
}

/** Keys of tags that an update takes away. */
export function tagsGone(before: Inputs, inputs: Inputs): string[] {
  return Object.keys(before.tags ?? {}).filter((key) => !(key in (inputs.tags ?? {})));
}
