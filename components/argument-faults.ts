import { FaultList, isObject, isPending } from "../dynamic-providers/faults.js";

const PLAIN = "must be a plain value, as it decides what is made: an Output or a Promise is not known in time";

/** Faults of a component's arguments: some may be Outputs, and some, which decide what is registered, must not. */
export class ArgumentFaults extends FaultList {
  /** Whether the value is there, plain and right. Adds a fault where it is there and is not. */
  plain(property: string, value: unknown, passes: (value: unknown) => boolean, reason: string): boolean {
    if (value === undefined || value === null) return false;
    if (!isPending(value) && passes(value)) return true;
    this.add(property, isPending(value) ? PLAIN : reason);
    return false;
  }

  /** Like `plain`, of a value that must be there. */
  needed(property: string, value: unknown, passes: (value: unknown) => boolean, reason: string): void {
    if (value === undefined || value === null) this.add(property, `is required and ${reason}`);
    else this.plain(property, value, passes, reason);
  }

  /** The plain object in `property`, whose own properties are then checked; undefined where there is none. */
  group(property: string, value: unknown, names: readonly string[]): Record<string, unknown> | undefined {
    if (!this.plain(property, value, isObject, `must be an object with ${names.join(", ")}`)) return undefined;
    const group = value as Record<string, unknown>;
    this.known(group, names, `${property}.`);
    return group;
  }

  /** A list that is plain or an Output, with plain texts or Outputs in it. */
  texts(
    property: string,
    value: unknown,
    { most, passes, reason }: { most: number; passes: (value: unknown) => boolean; reason: string },
  ): void {
    if (value === undefined || value === null || isPending(value)) return;
    if (!Array.isArray(value) || value.length < 1 || value.length > most) {
      this.add(property, `must be a list of one to ${most}, each of which ${reason}`);
      return;
    }
    value.forEach((item, i) => {
      this.required(`${property}[${i}]`, item, passes, reason);
    });
  }
}

export const isWhole =
  (from: number, to: number) =>
  (value: unknown): boolean =>
    typeof value === "number" && Number.isInteger(value) && value >= from && value <= to;

export const isBetween =
  (from: number, to: number) =>
  (value: unknown): boolean =>
    typeof value === "number" && value >= from && value <= to;

export const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

export const matches =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === "string" && pattern.test(value);
