import { join } from "node:path";
import type { Contestant } from "./comparison.js";
import { sha256OfFile } from "./file-hash.js";
import type { LegInput } from "./leg-input.js";

const repository = join(__dirname, "..");

/** The built command line, as a user has it. */
export const commandLine = [process.execPath, join(repository, "dist", "consumer", "cli", "main.js")];

/** `extract` of one call into a file of samples alone. */
export function extractRun(input: LegInput): Contestant {
  return {
    name: "extract",
    command: (output) => [
      ...commandLine,
      ...["extract", input.path, "--transaction-id", input.transactionId, "--format", "s16le", "-o", output],
    ],
    isRight: async (output) => (await sha256OfFile(output)) === input.pcmSha256,
  };
}
