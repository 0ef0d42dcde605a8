import * as z from "zod";
import { parseStreamArn } from "./stream-arn.js";

/** Control characters, and what makes text be shown in another order or on another line than it is in. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** SIP headers come from strangers: whatever shows them is to show them, and to do nothing else. */
function printable(text: string): string {
  return text.replace(UNPRINTABLE, " ").trim();
}

/** `null` stands for a missing field in events serialized from AWS' own model. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** A field that a recording can do without: a surprise in it is taken for its absence, for it must not cost one. */
export function dispensable<T extends z.ZodType>(schema: T) {
  return optional(schema).catch(undefined);
}

/** Of the envelope or the detail. What a later version means is not known. */
export const version = optional(z.literal("0", "is not a version that is known"));

export const identifier = z
  .string()
  .trim()
  .min(1)
  .max(512)
  .refine((id) => printable(id) === id, "has control characters");

export const timeMs = z.string().transform((text, context) => {
  const ms = Date.parse(text.replace(/\s+/g, ""));
  if (Number.isNaN(ms)) {
    context.addIssue({ code: "custom", message: "is not an ISO 8601 time" });
    return z.NEVER;
  }
  return ms;
});

// Numbers of 47 digits do not survive as JSON numbers, so only text is taken.
export const fragmentNumber = z
  .string()
  .transform((text) => text.replace(/\s+/g, ""))
  .pipe(z.string().regex(/^\d{1,128}$/, "is not a decimal fragment number"));

export const streamArn = z.string().transform((text, context) => {
  const stream = parseStreamArn(text);
  if (!stream) {
    context.addIssue({ code: "custom", message: "is not the ARN of a Kinesis video stream" });
    return z.NEVER;
  }
  return stream;
});

export const looseBoolean = z.union([
  z.boolean(),
  z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.enum(["true", "false"]))
    .transform((text) => text === "true"),
]);

export const text = dispensable(z.string().transform(printable));
export const label = dispensable(z.union([z.string(), z.number()]).transform((value) => printable(String(value))));
export const direction = dispensable(z.enum(["Inbound", "Outbound"]));
export const headers = dispensable(
  z
    .record(z.string(), z.coerce.string())
    .transform((record) =>
      Object.fromEntries(Object.entries(record).map(([name, value]) => [printable(name), printable(value)])),
    ),
);
