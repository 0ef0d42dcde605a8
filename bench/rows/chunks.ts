import { join } from "node:path";
import type { BenchContext } from "../bench-context.js";
import type { ProcessCost } from "../measured-process.js";
import { runAgainIfHung } from "../repeated-run.js";
import type { RowPlan } from "../row-plan.js";
import { ratioOfPairs, runInTurn, typicalCost } from "../statistics.js";

const SMALL_BYTES = 1024;
const LARGE_BYTES = 64 * 1024;

const program = join(__dirname, "..", "fed-parser.mjs");

interface Fed {
  cpuMs: number;
  sha256?: string;
}

/** What small chunks cost, as the network brings them. Reading the file, and starting up, are not counted. */
export const chunksRow: RowPlan = {
  name: "chunks",
  what: "parser and assembler fed 1 KiB / 64 KiB chunks, CPU",
  target: 3,
  async measure(context: BenchContext) {
    const { pairs } = context;
    const input = await context.input(context.minutes);
    const feed = async (chunkBytes: number, task: "hash" | "time"): Promise<ProcessCost & Fed> => {
      const command = [process.execPath, program, input.path, `${chunkBytes}`, input.transactionId, task];
      const { stdout, ...cost } = await runAgainIfHung(command, context);
      const fed = JSON.parse(stdout) as Fed;
      return { ...cost, ...fed };
    };
    for (const chunkBytes of [SMALL_BYTES, LARGE_BYTES]) {
      const { sha256 } = await feed(chunkBytes, "hash");
      if (sha256 !== input.pcmSha256) throw new Error(`fed ${chunkBytes} bytes a chunk: not what was spoken`);
    }
    const costs = await runInTurn(
      pairs,
      () => feed(SMALL_BYTES, "time"),
      () => feed(LARGE_BYTES, "time"),
    );
    const { ratio, spread } = ratioOfPairs(
      costs.ours.map(({ cpuMs }) => cpuMs),
      costs.peer.map(({ cpuMs }) => cpuMs),
    );
    const ours = typicalCost(costs.ours);
    const peer = typicalCost(costs.peer);
    const perByte = (cpuMs: number) => (cpuMs * 1e6) / input.bytes;
    return {
      name: this.name,
      what: this.what,
      target: this.target,
      ratio,
      spread,
      pairs,
      ours,
      peer,
      met: ratio <= this.target,
      figures: { oursNanosecondsPerByte: perByte(ours.cpuMs), peerNanosecondsPerByte: perByte(peer.cpuMs) },
      note: "CPU is of feeding alone; wall time and memory are of the whole process",
    };
  },
};
