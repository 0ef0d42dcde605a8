import { join } from "node:path";
import type { BenchContext } from "../bench-context.js";
import { compare } from "../comparison.js";
import { extractRun } from "../extract-run.js";
import { sha256OfFile } from "../file-hash.js";
import type { RowPlan } from "../row-plan.js";

const copyProgram = join(__dirname, "..", "peers", "copy.mjs");

/** Against what Node itself takes to read and to write as much. */
export const extractRow: RowPlan = {
  name: "extract",
  what: "extract / Node's own copy of the file, wall",
  target: 1.25,
  async measure(context: BenchContext) {
    const input = await context.input(context.minutes);
    const peer = {
      name: "Node's copy",
      command: (output: string) => [process.execPath, copyProgram, input.path, output],
      isRight: async (output: string) => (await sha256OfFile(output)) === input.sha256,
    };
    return compare({ ...this, ours: extractRun(input), peer }, context);
  },
};
