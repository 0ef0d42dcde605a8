import { existsSync } from "node:fs";
import type { BenchContext } from "./bench-context.js";
import { LEG_BYTES_PER_MINUTE, type LegInput, writeLegInput } from "./leg-input.js";
import { type BenchOptions, OptionError, parseOptions, usage } from "./options.js";
import { asMarkdown, asText, type BenchReport, thisMachine } from "./report.js";
import { isMissing, PeerMissing, type Row } from "./row.js";
import type { RowPlan } from "./row-plan.js";
import { allRows } from "./rows/all.js";
import { openScratch } from "./scratch.js";

const ExitCode = { met: 0, failed: 1, wrongUse: 2, missed: 3, interrupted: 130 } as const;

/** Two inputs of full length, two shorter ones, and an output. */
const FULL_LENGTHS_AT_ONCE = 3.5;

const rowNames = allRows.map(({ name }) => name);

async function measure(plan: RowPlan, context: BenchContext): Promise<Row> {
  context.say(`${plan.name}: ${plan.what}`);
  try {
    return await plan.measure(context);
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    const { name, what, target } = plan;
    return { name, what, target, missing: error.message };
  }
}

async function bench(options: BenchOptions, signal: AbortSignal): Promise<BenchReport> {
  const { minutes, pairs } = options;
  const say = (line: string) => console.error(`• ${line}`);
  const scratch = await openScratch(FULL_LENGTHS_AT_ONCE * minutes * LEG_BYTES_PER_MINUTE);
  if (!scratch.isInMemory) say(`no room in memory: files are in ${scratch.path}, so the disk is measured too`);
  const inputs = new Map<string, Promise<LegInput>>();
  const context: BenchContext = {
    minutes,
    pairs,
    folder: scratch.path,
    signal,
    say,
    input: (ofMinutes, label = "asKinesis") => {
      const key = `${ofMinutes} ${label}`;
      const input = inputs.get(key) ?? writeLegInput(scratch.path, ofMinutes, label);
      inputs.set(key, input);
      return input;
    },
  };
  try {
    const rows: Row[] = [];
    for (const plan of allRows) {
      if (options.only.length > 0 && !options.only.includes(plan.name)) continue;
      rows.push(await measure(plan, context));
      signal.throwIfAborted();
    }
    return { machine: thisMachine(), minutes, pairs, inMemory: scratch.isInMemory, rows };
  } finally {
    await scratch.remove();
  }
}

function print(report: BenchReport, format: BenchOptions["format"]): void {
  if (format === "json") console.log(JSON.stringify(report));
  else process.stdout.write(format === "markdown" ? asMarkdown(report) : asText(report));
}

async function main(): Promise<number> {
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Not once: npm passes on a Ctrl-C that the terminal has sent already, and the second must not leave files behind.
    process.on(name, () => interruption.abort(new Error("interrupted")));
  }
  try {
    const options = parseOptions(process.argv.slice(2), rowNames);
    if (!options) {
      process.stdout.write(usage(rowNames));
      return ExitCode.met;
    }
    if (!existsSync("/proc/self/stat")) throw new Error("times and memory are read from /proc, which only Linux has");
    const report = await bench(options, interruption.signal);
    print(report, options.format);
    return report.rows.every((row) => isMissing(row) || row.met) ? ExitCode.met : ExitCode.missed;
  } catch (error) {
    if (interruption.signal.aborted) return ExitCode.interrupted;
    console.error(`error: ${(error as Error).message}`);
    return error instanceof OptionError ? ExitCode.wrongUse : ExitCode.failed;
  }
}

main().then((code) => {
  process.exitCode = code;
});
