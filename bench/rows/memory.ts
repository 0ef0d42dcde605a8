import { join } from "node:path";
import type { BenchContext } from "../bench-context.js";
import { extractRun } from "../extract-run.js";
import type { ProcessCost } from "../measured-process.js";
import { runAgainIfHung } from "../repeated-run.js";
import type { RowPlan } from "../row-plan.js";
import { ratioOfPairs, typicalCost } from "../statistics.js";

const PEAK_LIMIT_BYTES = 100_000_000;

/** What `extract` takes at its most for inputs of three lengths; the longest against the middle one tells whether it grows. */
export const memoryRow: RowPlan = {
  name: "memory",
  what: "extract, peak memory: the whole leg / a tenth of it",
  target: 1.1,
  async measure(context: BenchContext) {
    const { folder, pairs } = context;
    const run = async (minutes: number): Promise<ProcessCost> => {
      const { stdout: _, ...cost } = await runAgainIfHung(
        await extractRun(await context.input(minutes)).command(join(folder, "output")),
        context,
      );
      return cost;
    };
    const lengths = [1 / 60, 1 / 10, 1].map((share) => context.minutes * share);
    const costs: [short: ProcessCost[], middle: ProcessCost[], long: ProcessCost[]] = [[], [], []];
    for (let turn = 0; turn < pairs; turn++) {
      for (const [i, minutes] of lengths.entries()) costs[i]!.push(await run(minutes));
    }
    const [short, middle, long] = costs;
    const peaks = costs.map((of) => typicalCost(of).peakRssBytes);
    const { ratio, spread } = ratioOfPairs(
      long.map(({ peakRssBytes }) => peakRssBytes),
      middle.map(({ peakRssBytes }) => peakRssBytes),
    );
    const inWords = peaks.map((bytes, i) => `${(bytes / 1e6).toFixed(0)} MB at ${minutesInWords(lengths[i]!)}`);
    return {
      name: this.name,
      what: this.what,
      target: this.target,
      ratio,
      spread,
      pairs: short.length,
      ours: typicalCost(long),
      peer: typicalCost(middle),
      met: ratio <= this.target && Math.max(...peaks) <= PEAK_LIMIT_BYTES,
      figures: Object.fromEntries(peaks.map((bytes, i) => [`peakRssBytesAt${lengths[i]}Minutes`, bytes])),
      note: `the largest of ${pairs} runs: ${inWords.join(", ")}; the limit is ${PEAK_LIMIT_BYTES / 1e6} MB`,
    };
  },
};

function minutesInWords(minutes: number): string {
  return minutes >= 60 ? `${minutes / 60} h` : `${Number(minutes.toFixed(2))} min`;
}
