import type { BenchContext } from "./bench-context.js";
import { type MeasuredProcessOptions, type ProcessCost, ProcessHung, runMeasured } from "./measured-process.js";

/**
 * As `runMeasured`, but a process that hangs is run once more, and that is told. Node can fail to end where the last compilation of
 * a function wants the garbage collector while the main thread waits for compilations
 * (https://github.com/nodejs/node/issues/54918): seen about once in some hundred runs on a busy machine, in whatever Node runs.
 */
export async function runAgainIfHung(
  command: readonly string[],
  { say, signal }: Pick<BenchContext, "say" | "signal">,
  options: Omit<MeasuredProcessOptions, "signal"> = {},
): Promise<ProcessCost & { stdout: string }> {
  try {
    return await runMeasured(command, { ...options, signal });
  } catch (error) {
    if (!(error instanceof ProcessHung)) throw error;
    say(`${error.message}; it is run again`);
    return runMeasured(command, { ...options, signal });
  }
}
