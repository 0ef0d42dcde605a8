import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchContext } from "../bench-context.js";
import { lambdaBundle } from "../lambda-bundle.js";
import { runAgainIfHung } from "../repeated-run.js";
import type { RowPlan } from "../row-plan.js";
import { median, runInTurn } from "../statistics.js";

/** A difference of two processes' times needs more of them than a ratio. */
const FEWEST_PAIRS = 7;

/** What the bundle adds to the start of a function: whole processes that load it and end, against one whose module does nothing. */
export const coldImportRow: RowPlan = {
  name: "cold-import",
  what: "a process that loads the functions' bundle, over one with an empty function, wall",
  target: 300,
  async measure(context: BenchContext) {
    const empty = join(context.folder, "empty-function.js");
    await writeFile(empty, "exports.handler = async () => ({});\n");
    const load = async (module: string) => {
      const { wallMs } = await runAgainIfHung([process.execPath, module], context);
      return wallMs;
    };
    // Files are in memory then.
    await load(lambdaBundle);
    await load(empty);
    const pairs = Math.max(context.pairs, FEWEST_PAIRS);
    const { ours, peer } = await runInTurn(
      pairs,
      () => load(lambdaBundle),
      () => load(empty),
    );
    const added = ours.map((wallMs, i) => wallMs - peer[i]!);
    const value = median(added);
    const { name, what, target } = this;
    const spread: [number, number] = [Math.min(...added), Math.max(...added)];
    const note = `median of ${pairs} pairs of processes: ${median(ours).toFixed(0)} ms against ${median(peer).toFixed(0)} ms`;
    return { name, what, target, value, unit: "ms", spread, pairs, met: value < target, note };
  },
};
