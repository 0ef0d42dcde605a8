import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Assumptions, assumptionsOf } from "./assumptions.js";
import { costTables, withTables } from "./cost-page.js";
import { measureLegBytesPerMinute } from "./leg-bytes.js";

const PAGE = join(__dirname, "..", "..", "docs", "cost.md");

const USAGE = `npm run cost -- [options]

  --call-minutes <n>            how long a call is (default 5)
  --retention-hours <n>         how long streams keep media (default 28)
  --recording-days <n>          how long recordings are kept (default 30)
  --chime-per-leg-minute <usd>  what Chime takes for streaming a minute of a leg (default: not known)
  --write                       put the tables into docs/cost.md, with the defaults
  --help                        print this
`;

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`--${name} takes a number above 0, not ${JSON.stringify(text)}`);
  return value;
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    options: {
      ...{ "call-minutes": text, "retention-hours": text, "recording-days": text, "chime-per-leg-minute": text },
      ...{ write: flag, help: flag },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const given: { [Name in keyof Assumptions]?: Assumptions[Name] | undefined } = {
    callMinutes: numberOf("call-minutes", values["call-minutes"]),
    retentionHours: numberOf("retention-hours", values["retention-hours"]),
    recordingDays: numberOf("recording-days", values["recording-days"]),
    chimePerLegMinute: numberOf("chime-per-leg-minute", values["chime-per-leg-minute"]),
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (values.write && Object.keys(set).length > 0) throw new RangeError("--write is for the defaults alone");
  const tables = costTables(assumptionsOf(await measureLegBytesPerMinute(), set));
  if (values.write) await writeFile(PAGE, withTables(await readFile(PAGE, "utf8"), tables));
  else process.stdout.write(tables);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
});
