import { z } from "zod";
import type { Policy } from "./policy.js";

const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)]);
const conditionTests = z.record(z.string(), oneOrMore).optional();

/** Apart from the types, so that theirs need no zod. */
export const policySchema: z.ZodType<Policy, Policy> = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z
    .array(
      z.strictObject({
        Sid: z.string().optional(),
        Effect: z.enum(["Allow", "Deny"]),
        Action: oneOrMore,
        Resource: oneOrMore,
        Condition: z.strictObject({ StringEquals: conditionTests, StringLike: conditionTests }).optional(),
      }),
    )
    .min(1),
});
