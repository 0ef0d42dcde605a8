import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BenchContext } from "./bench-context.js";
import { type ProcessCost, ProcessFailure } from "./measured-process.js";
import { runAgainIfHung } from "./repeated-run.js";
import { type MeasuredRow, PeerMissing } from "./row.js";
import { ratioOfPairs, runInTurn, typicalCost } from "./statistics.js";

/** A program that makes a file, or a folder. */
export interface Contestant {
  name: string;
  /** The command that makes `outputPath`, where there is nothing yet. What this does itself is not measured. */
  command(outputPath: string): readonly string[] | Promise<readonly string[]>;
  env?: NodeJS.ProcessEnv;
  /** Whether it made what it should. */
  isRight(outputPath: string): Promise<boolean>;
}

export interface Comparison {
  name: string;
  what: string;
  target: number;
  ours: Contestant;
  peer: Contestant;
  note?: string;
}

class Stand {
  readonly #outputPath: string;

  constructor(private readonly context: BenchContext) {
    this.#outputPath = join(context.folder, "output");
  }

  /** Runs once; what was there before is gone, as replacing a large file takes time of its own. */
  async run({ command, env }: Contestant): Promise<ProcessCost> {
    await this.clear();
    const run = await command(this.#outputPath);
    const { wallMs, cpuMs, peakRssBytes } = await runAgainIfHung(run, this.context, { env });
    return { wallMs, cpuMs, peakRssBytes };
  }

  /** A first run that does not count: it warms the caches, and shows whether the output is right. */
  async isRight(contestant: Contestant): Promise<boolean> {
    await this.run(contestant);
    return contestant.isRight(this.#outputPath);
  }

  async clear(): Promise<void> {
    await rm(this.#outputPath, { recursive: true, force: true });
  }
}

/**
 * Compares two programs by the wall time of whole processes, pair by pair.
 * @throws {PeerMissing} where the peer fails, or makes something else
 * @throws where ours does
 */
export async function compare(comparison: Comparison, context: BenchContext): Promise<MeasuredRow> {
  const { ours, peer, target, note } = comparison;
  const { pairs } = context;
  const stand = new Stand(context);
  try {
    if (!(await stand.isRight(ours))) throw new Error(`${ours.name}: the output is not what was spoken`);
    const peerIsRight = await stand.isRight(peer).catch((error: unknown) => {
      if (error instanceof ProcessFailure) throw new PeerMissing(error.message);
      throw error;
    });
    if (!peerIsRight) throw new PeerMissing(`${peer.name}: the output is not what it should be`);
    const costs = await runInTurn(
      pairs,
      () => stand.run(ours),
      () => stand.run(peer),
    );
    const { ratio, spread } = ratioOfPairs(
      costs.ours.map(({ wallMs }) => wallMs),
      costs.peer.map(({ wallMs }) => wallMs),
    );
    return {
      name: comparison.name,
      what: comparison.what,
      target,
      ratio,
      spread,
      pairs,
      ours: typicalCost(costs.ours),
      peer: typicalCost(costs.peer),
      met: ratio <= target,
      ...(note === undefined ? {} : { note }),
    };
  } finally {
    await stand.clear();
  }
}
