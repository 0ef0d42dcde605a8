import { join } from "node:path";
import { compare } from "../comparison.js";
import { extractRun } from "../extract-run.js";
import { sha256OfFile } from "../file-hash.js";
import { installedPeer } from "../installed-peer.js";
import type { RowPlan } from "../row-plan.js";

const INSTALL = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"] as const;

/** The fastest parser of npm, in a program that does the same. */
export const ebmlStreamRow: RowPlan = {
  name: "ebml-stream",
  what: "extract / npm ebml-stream 1.0.3, wall",
  target: 0.15,
  async measure(context) {
    const folder = await installedPeer("ebml-stream", INSTALL, context);
    const input = await context.input(context.minutes);
    const peer = {
      name: "ebml-stream",
      command: (output: string) => [
        process.execPath,
        join(folder, "extract.mjs"),
        ...[folder, input.path, input.transactionId, output],
      ],
      isRight: async (output: string) => (await sha256OfFile(output)) === input.pcmSha256,
    };
    return compare({ ...this, ours: extractRun(input), peer }, context);
  },
};
