import type { ProcessCost } from "./measured-process.js";

/** The middle value; the mean of the two middle ones where there is an even number. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("nothing has no median");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface RatioOfPairs {
  /** The median of the ratios of each pair: what slows both down does not count. */
  ratio: number;
  /** The least and the greatest. */
  spread: [least: number, greatest: number];
}

/** How many times as much ours took, pair by pair. */
export function ratioOfPairs(ours: readonly number[], peer: readonly number[]): RatioOfPairs {
  if (ours.length !== peer.length) throw new RangeError("each run needs a run to be compared with");
  const ratios = ours.map((value, i) => value / peer[i]!);
  return { ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] };
}

/** Median times, and the largest memory, of several runs. */
export function typicalCost(costs: readonly ProcessCost[]): ProcessCost {
  return {
    wallMs: median(costs.map(({ wallMs }) => wallMs)),
    cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
    peakRssBytes: Math.max(...costs.map(({ peakRssBytes }) => peakRssBytes)),
  };
}

/** Runs one and the other in turn, and begins with the other one every second time. */
export async function runInTurn<Cost>(
  pairs: number,
  ours: () => Promise<Cost>,
  peer: () => Promise<Cost>,
): Promise<{ ours: Cost[]; peer: Cost[] }> {
  const costs: { ours: Cost[]; peer: Cost[] } = { ours: [], peer: [] };
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 0) costs.ours.push(await ours());
    costs.peer.push(await peer());
    if (pair % 2 === 1) costs.ours.push(await ours());
  }
  return costs;
}
