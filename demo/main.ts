import { join, relative } from "node:path";
import { findEngine } from "../engine/find-engine.js";
import { runJson } from "./processes.js";
import { Proofs } from "./proofs.js";
import { Stage } from "./stage.js";
import { Story } from "./story.js";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const INTERRUPTED = 130;

/** As it can be opened from here. */
const nameOf = (path: string) => relative(process.cwd(), path);

async function main(): Promise<number> {
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Not once: npm passes on a Ctrl-C that the terminal has sent to us already, and the second must not kill.
    process.on(name, () => interruption.abort(new Error("interrupted")));
  }
  const { signal } = interruption;
  const say = (line: string) => console.log(`• ${line}`);
  const quote = (line: string) => {
    if (line.trim()) console.log(`    ${line}`);
  };
  const proofs = new Proofs();
  let report: string | undefined;
  try {
    const engine = await findEngine({ say, signal });
    say(`Pulumi ${engine.version} (${engine.source})`);
    const startedAt = Date.now();
    await Stage.use({ engine, signal, quote }, async (stage) => {
      say(
        `local-aws answers at ${stage.endpoint}; its Voice Connectors: ${stage.connectors.map(({ region }) => region).join(", ")}`,
      );
      say(
        `What is recorded can be looked at and listened to at the end, in ${nameOf(join(stage.output, "index.html"))}`,
      );
      await new Story(stage, proofs, say, signal).play();
      say(`The recordings are in ${nameOf(stage.output)}/`);
      report = (await runJson<{ index: string }>(["report", stage.output, "--json"], {}, signal)).index;
    });
    const seconds = (Date.now() - startedAt) / 1000;
    console.log(`\nWhat was proved, in ${seconds.toFixed(0)} s:\n${proofs}`);
    if (report) console.log(`\nReport: ${nameOf(report)}`);
    return proofs.allHold ? 0 : 1;
  } catch (error) {
    if (signal.aborted) {
      console.error("Interrupted; everything that was started has been stopped.");
      return INTERRUPTED;
    }
    console.error(`error: ${(error as Error).message}`);
    return 1;
  }
}

main().then((code) => {
  process.exitCode = code;
});
