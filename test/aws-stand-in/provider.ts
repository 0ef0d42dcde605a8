import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { provider } from "@pulumi/pulumi";
import type { Clients } from "./clients.js";
import type { Inputs, Kind, Properties } from "./kind.js";

/** A property with this name keeps what the program gave beside what AWS answered. */
const GIVEN = "__given";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Kinds by type token; a folder's kinds are loaded when the first of them is used. */
export type Kinds = Record<string, () => Record<string, Kind>>;

/** A provider plugin that turns the resource types of `kinds` into calls of AWS's API, and refuses every other. */
export class StandIn implements provider.Provider {
  constructor(
    readonly version: string,
    private readonly kinds: Kinds,
    private readonly clients: Clients,
  ) {}

  async check(urn: string, before: Inputs, news: Inputs): Promise<provider.CheckResult> {
    const { named, namePrefix = "", properties } = this.kindOf(urn);
    const inputs = { ...without(plain(news), "__defaults") };
    if (named) inputs[named] ??= before?.[named] ?? madeUpName(urn, inputs[namePrefix]);
    inputs.region ??= "us-east-1";
    const failures = Object.keys(inputs)
      .filter((property) => property !== "region" && !properties.includes(property))
      .map((property) => ({ property, reason: `the stand-in for the aws provider does not know it (${typeOf(urn)})` }));
    return { inputs, failures };
  }

  async diff(_id: string, urn: string, olds: Inputs, news: Inputs): Promise<provider.DiffResult> {
    const before = olds[GIVEN] as Inputs;
    const after = without(plain(news), "__defaults");
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const changed = names.filter((name) => !isDeepStrictEqual(comparable(before[name]), comparable(after[name])));
    const { replaceOn } = this.kindOf(urn);
    const replaces = changed.filter((name) => name === "region" || replaceOn.includes(name));
    return { changes: changed.length > 0, replaces, deleteBeforeReplace: true };
  }

  async create(urn: string, news: Inputs): Promise<provider.CreateResult> {
    const inputs = without(plain(news), "__defaults");
    const id = await this.kindOf(urn).create(inputs, this.clients);
    return { id, outs: await this.stateOf(urn, id, inputs) };
  }

  async read(id: string, urn: string, props: Inputs): Promise<provider.ReadResult> {
    const inputs = props[GIVEN] as Inputs | undefined;
    if (!inputs) throw new Error(`The stand-in cannot import: ${urn}`);
    const found = await this.kindOf(urn).read(id, inputs, this.clients);
    if (!found) return {};
    const actual = actualInputs(inputs, found.inputs);
    return { id, props: { ...actual, ...found.outputs, [GIVEN]: actual }, inputs: actual };
  }

  async update(id: string, urn: string, olds: Inputs, news: Inputs): Promise<provider.UpdateResult> {
    const inputs = without(plain(news), "__defaults");
    const kind = this.kindOf(urn);
    if (!kind.update) throw new Error(`${typeOf(urn)} has nothing that can be updated.`);
    await kind.update(id, inputs, this.clients, olds[GIVEN]);
    return { outs: await this.stateOf(urn, id, inputs) };
  }

  async delete(id: string, urn: string, props: Inputs): Promise<void> {
    await this.kindOf(urn).delete(id, props[GIVEN], this.clients);
  }

  async invoke(token: string): Promise<provider.InvokeResult> {
    if (token !== "aws:index/getCallerIdentity:getCallerIdentity")
      throw new Error(`The stand-in for the aws provider has no function ${token}.`);
    const { accountId } = this.clients.settings;
    const arn = `arn:aws:iam::${accountId}:root`;
    return { outputs: { accountId, arn, userId: accountId, id: accountId } };
  }

  /** State after a create or an update: read back, so that nothing is claimed that AWS does not hold. */
  private async stateOf(urn: string, id: string, inputs: Inputs): Promise<Properties> {
    const found = await this.kindOf(urn).read(id, inputs, this.clients);
    if (!found) throw new Error(`AWS does not find ${typeOf(urn)} ${id}, which was written this moment.`);
    for (const [name, value] of Object.entries(actualInputs(inputs, found.inputs))) {
      if (!isDeepStrictEqual(comparable(value), comparable(inputs[name]))) {
        const [held, wanted] = [JSON.stringify(value), JSON.stringify(inputs[name])];
        throw new Error(`AWS holds another ${name} of ${typeOf(urn)} ${id}: ${held}, and not ${wanted}.`);
      }
    }
    return { ...inputs, ...found.outputs, [GIVEN]: inputs };
  }

  private kindOf(urn: string): Kind {
    const type = typeOf(urn);
    const [, service] = /^aws:(\w+)\//.exec(type) ?? [];
    const kind = this.kinds[service ?? ""]?.()[type];
    if (!kind) throw new Error(`The stand-in for the aws provider has no ${type}.`);
    return kind;
  }
}

/** `urn:pulumi:stack::project::parent$type::name` */
function typeOf(urn: string): string {
  return urn.split("::")[2]!.split("$").at(-1)!;
}

function madeUpName(urn: string, prefix = `${urn.split("::").slice(3).join("::")}-`): string {
  return prefix + randomBytes(4).toString("hex").slice(1);
}

function without(inputs: Inputs, name: string): Inputs {
  const { [name]: _, ...rest } = inputs;
  return rest;
}

/** The value that secrets wrap; what is not known before `up` stays as the engine marks it. */
// biome-ignore lint/suspicious/noExplicitAny: any value of any property
function plain(value: any): any {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  if (value[SIGNATURE] === SECRET) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

/** What AWS holds of each property that the program gave. */
function actualInputs(inputs: Inputs, actual: Properties): Inputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, wanted]) => [name, name in actual ? shaped(actual[name], wanted) : wanted]),
  );
}

/** AWS adds defaults to what it is given: only what the program named counts. */
function shaped(actual: unknown, wanted: unknown): unknown {
  if (Array.isArray(actual) && Array.isArray(wanted) && actual.length === wanted.length)
    return actual.map((item, i) => shaped(item, wanted[i]));
  if (isObject(actual) && isObject(wanted)) {
    // Of tags and the like there may be more than were given: that is drift. Of settings there always are.
    const isMap = Object.values(actual).every((item) => typeof item === "string");
    const names = isMap ? Object.keys(actual) : Object.keys(wanted);
    return Object.fromEntries(names.map((name) => [name, shaped(actual[name], wanted[name])]));
  }
  return actual;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** JSON texts compare by what they say. An unknown value equals nothing. */
function comparable(value: unknown): unknown {
  if (value === UNKNOWN) return Symbol("unknown");
  if (typeof value === "string" && /^\s*[[{]/.test(value)) {
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }
  return value;
}
