import { parseArgs } from "node:util";

export interface BenchOptions {
  format: "text" | "json" | "markdown";
  /** Names of rows; empty: all. */
  only: string[];
  pairs: number;
  minutes: number;
}

/** Wrong use; the message says what is right. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

export function usage(rowNames: readonly string[]): string {
  return `npm run bench -- [options]

  --only <row>     measure this row alone; may be repeated: ${rowNames.join(", ")}
  --pairs <n>      how many pairs of runs a ratio is made of, 1 to 99 (default 7)
  --minutes <n>    how long the leg is, 1 to 600 (default 600, which the targets are for)
  --json           print one JSON document
  --markdown       print the table as docs/performance.md has it
  --help           print this

Exit codes: 0 every row that could be measured has met its target; 1 something failed, or an output was wrong;
2 wrong use; 3 a target was missed.
`;
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most) {
    throw new OptionError(`--${name} takes a whole number from 1 to ${most}, not ${JSON.stringify(text)}`);
  }
  return value;
}

/** @returns undefined where help is asked for */
export function parseOptions(args: string[], rowNames: readonly string[]): BenchOptions | undefined {
  const { json, markdown, help, only, pairs, minutes } = parsed(args);
  if (help) return undefined;
  if (json && markdown) throw new OptionError("--json and --markdown: choose one");
  const unknown = only.find((name) => !rowNames.includes(name));
  if (unknown !== undefined) {
    throw new OptionError(`there is no row ${JSON.stringify(unknown)}; the rows are ${rowNames.join(", ")}`);
  }
  return {
    format: json ? "json" : markdown ? "markdown" : "text",
    only,
    pairs: wholeNumber("pairs", pairs, 99),
    minutes: wholeNumber("minutes", minutes, 600),
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        json: { type: "boolean", default: false },
        markdown: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        pairs: { type: "string", default: "7" },
        minutes: { type: "string", default: "600" },
      },
    }).values;
  } catch (error) {
    throw new OptionError((error as Error).message);
  }
}
