import * as z from "zod";
import { parseOutputLocation } from "./recordings/output-location.js";

/** Variables that everything deployed reads alike: the workers and reconciliation. */

const quantity = (unit: string) => (range: { min: number; max: number; initial: number }) =>
  z.coerce
    .number(`must be a number of ${unit}`)
    .min(range.min, `must be at least ${range.min} ${unit}`)
    .max(range.max, `must be at most ${range.max} ${unit}`)
    .default(range.initial);

export const seconds = quantity("seconds");
export const hours = quantity("hours");

export const queueUrl = z.url("must be the URL of an SQS queue");

/** A directory, or `s3://bucket/prefix`. */
export const output = z.string("must name a directory or s3://bucket/prefix").transform((text, context) => {
  try {
    return parseOutputLocation(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as RangeError).message });
    return z.NEVER;
  }
});

/** `archive`: record when a leg has ended. `live`: record while it is spoken. */
export const mode = z.enum(["archive", "live"], 'must be "archive" or "live"').default("archive");

export const accountId = z.string().regex(/^\d{12}$/, "must have 12 digits");

export const logLevel = z
  .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "is not a level of pino")
  .default("info");

/** Variables that are set: an empty one counts as missing. */
export function present(environment: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
}

/** Every fault, each with the name of its variable. */
export function faultsOf(error: z.ZodError): string[] {
  return error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
}
