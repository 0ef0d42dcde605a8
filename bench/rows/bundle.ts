import { stat } from "node:fs/promises";
import { lambdaBundle } from "../lambda-bundle.js";
import type { RowPlan } from "../row-plan.js";

/** What a function has to fetch and to compile when it starts. */
export const bundleRow: RowPlan = {
  name: "bundle",
  what: "the functions' bundle, minified",
  target: 1.5,
  async measure() {
    const value = (await stat(lambdaBundle)).size / 1e6;
    const { name, what, target } = this;
    const note = "one file with all it needs, the AWS SDK's clients included; not compressed";
    return { name, what, target, value, unit: "MB", met: value < target, note };
  },
};
