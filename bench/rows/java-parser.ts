import { delimiter, join } from "node:path";
import { compare } from "../comparison.js";
import { extractRun } from "../extract-run.js";
import { sha256OfFile } from "../file-hash.js";
import { installedPeer } from "../installed-peer.js";
import type { RowPlan } from "../row-plan.js";

const INSTALL = ["mvn", "--quiet", "--batch-mode", "compile", "dependency:copy-dependencies"] as const;
/** It takes minutes for more. */
const MOST_MINUTES = 60;

/** AWS's own parser, read from as its examples do; both with the time they need to start. */
export const javaParserRow: RowPlan = {
  name: "java-parser",
  what: "extract / AWS's Java parser library 1.2.5 with its metadata visitor, wall",
  target: 0.1,
  async measure(context) {
    const folder = await installedPeer("java-parser", INSTALL, context);
    const minutes = Math.min(MOST_MINUTES, context.minutes);
    const input = await context.input(minutes);
    const classPath = [join(folder, "target", "classes"), join(folder, "target", "dependency", "*")].join(delimiter);
    const peer = {
      name: "the Java parser library",
      command: (output: string) => ["java", "-cp", classPath, "ExtractLeg", input.path, input.transactionId, output],
      isRight: async (output: string) => (await sha256OfFile(output)) === input.pcmSha256,
    };
    const note = `${minutes} min of a leg, with the time to start; a plain FileInputStream, as in the library's examples`;
    return compare({ ...this, ours: extractRun(input), peer, note }, context);
  },
};
