import { Command } from "commander";
import { FaultLog } from "../leg/fault-log.js";
import { blockTableOf, fragmentStartMs } from "../leg/fragment-blocks.js";
import { TransactionFilter } from "../leg/transaction-filter.js";
import { TransactionTallies } from "../leg/transaction-tallies.js";
import type { Damage } from "../matroska/damage.js";
import type { Fragment } from "../matroska/fragment.js";
import { FragmentParser } from "../matroska/fragment-parser.js";
import { CommandFailure, ExitCode } from "./exit.js";
import { type FragmentRow, fragmentLines, fragmentRow, fragmentTableHead } from "./fragment-row.js";
import { openInput, sizeOf } from "./input-chunks.js";
import { interruptible } from "./interruption.js";
import { Progress } from "./progress.js";
import { writeOut } from "./standard-output.js";

/** Kinesis Video Streams takes none that is longer. */
const LONGEST_FRAGMENT_MS = 20_000;

interface Inspection {
  fragments: number;
  transactions: { transactionId: string | null; voiceConnectorId?: string; fragments: number }[];
  errors: { code: string; offset: number; message: string; bytesSkipped?: number }[];
  /** Beyond the 10,000 of each kind that are kept. */
  errorsOmitted: number;
  inputBytes: number;
}

/** Gets each fragment as it is found: an inspection does not grow with its input. */
interface Presentation {
  start(): Promise<void>;
  fragment(row: FragmentRow): Promise<void>;
  finish(inspection: Inspection): Promise<void>;
}

/** One document, in pieces. */
function jsonPresentation(): Presentation {
  let separator = "";
  return {
    start: () => writeOut('{"fragments":['),
    async fragment(row) {
      await writeOut(`${separator}${JSON.stringify(row)}`);
      separator = ",";
    },
    async finish({ transactions, errors, errorsOmitted, inputBytes }) {
      const complete = errors.length === 0;
      const rest = JSON.stringify({ transactions, errors, errorsOmitted, inputBytes, complete });
      await writeOut(`],${rest.slice(1)}\n`);
    },
  };
}

function tablePresentation(): Presentation {
  let tracks: string | undefined;
  return {
    start: () => writeOut(`${fragmentTableHead}\n`),
    async fragment(row) {
      const shown = fragmentLines(row, tracks);
      tracks = shown.tracks;
      await writeOut(`${shown.lines.join("\n")}\n`);
    },
    async finish({ fragments, transactions, errors, errorsOmitted, inputBytes }) {
      const lines = [`\n${fragments} fragments in ${inputBytes} bytes`];
      for (const { transactionId, voiceConnectorId, fragments: count } of transactions) {
        const connector = voiceConnectorId === undefined ? "" : ` of voice connector ${voiceConnectorId}`;
        lines.push(`transaction ${transactionId ?? "unknown"}${connector}: ${count} fragments`);
      }
      for (const { code, offset, message, bytesSkipped } of errors) {
        const skipped = bytesSkipped === undefined ? "" : `, ${bytesSkipped} bytes skipped`;
        lines.push(`${code} at offset ${offset}${skipped}: ${message}`);
      }
      if (errorsOmitted > 0) lines.push(`and ${errorsOmitted} more faults`);
      await writeOut(`${lines.join("\n")}\n`);
    },
  };
}

/** Counts what is seen of transactions, by the same rules as extraction goes by. */
class FragmentCensus {
  readonly tallies = new TransactionTallies();
  readonly faults = new FaultLog();
  fragments = 0;
  audioMs = 0;
  readonly #filter = new TransactionFilter({});

  add(fragment: Fragment): void {
    this.fragments++;
    const { error, offset } = fragment;
    if (error) {
      const code = error.code ?? String(error.id ?? "error");
      this.faults.add(code, offset, `Kinesis sent an error instead of media: ${error.message ?? code}`);
    }
    const table = blockTableOf(fragment);
    if (error && table.length === 0) return;
    const startMs = fragmentStartMs(fragment, table);
    const last = table.length - 1;
    const endMs =
      startMs === undefined || last < 0 ? startMs : startMs + table.timecodeMs(last) - table.clusterTimecodeMs;
    // Damage may claim any time.
    const lengthMs = startMs === undefined || endMs === undefined ? 0 : endMs - startMs;
    if (lengthMs > 0 && lengthMs <= LONGEST_FRAGMENT_MS) this.audioMs += lengthMs;
    const { transactionId, voiceConnectorId } = this.#filter.attribute(fragment, startMs, endMs);
    this.tallies.add(transactionId, voiceConnectorId, 0);
  }
}

function failureOf(name: string, damages: readonly Damage[], errors: Inspection["errors"]): CommandFailure | undefined {
  const first = errors[0];
  if (!first) return undefined;
  if (damages[0]?.code === "empty") return new CommandFailure(ExitCode.damagedInput, `${name} is empty`);
  if (damages[0]?.code === "notMatroska") {
    return new CommandFailure(ExitCode.damagedInput, `${name} is not a Matroska stream`);
  }
  const count = errors.length === 1 ? "" : `${errors.length} faults, the first: `;
  const text = `${name} is damaged: ${count}${first.code} at offset ${first.offset}: ${first.message}`;
  return new CommandFailure(ExitCode.damagedInput, text);
}

async function inspect(path: string, { json }: { json?: boolean }): Promise<void> {
  const name = path === "-" ? "standard input" : path;
  const presentation = json ? jsonPresentation() : tablePresentation();
  const parser = new FragmentParser();
  const census = new FragmentCensus();
  const show = async (fragments: readonly Fragment[]): Promise<void> => {
    for (const fragment of fragments) {
      census.add(fragment);
      await presentation.fragment(fragmentRow(fragment));
    }
  };
  await interruptible(async (signal) => {
    const totalBytes = () => sizeOf(path);
    const progress = new Progress({ label: "inspect", json, writesToStdout: true, totalBytes, signal });
    try {
      const input = await openInput(path, signal);
      await presentation.start();
      for await (const chunk of input) {
        if (signal.aborted) break;
        await show(parser.feed(chunk));
        progress.bytes = parser.bytesFed;
        progress.audioMs = census.audioMs;
      }
      if (signal.aborted) throw new CommandFailure(ExitCode.failed, "interrupted");
      await show(parser.end());
    } finally {
      progress.finish();
    }
  });
  const { fragments, tallies, faults } = census;
  const errors = [...parser.damages, ...faults.entries].sort((a, b) => a.offset - b.offset);
  const errorsOmitted = parser.damagesOmitted + faults.omitted;
  const transactions = tallies.list().map(({ transactionId, voiceConnectorId, fragments: count }) => {
    return { transactionId: transactionId ?? null, voiceConnectorId, fragments: count };
  });
  await presentation.finish({ fragments, transactions, errors, errorsOmitted, inputBytes: parser.bytesFed });
  const failure = failureOf(name, parser.damages, errors);
  if (failure) throw failure;
}

/** `inspect`: what is in Matroska bytes as GetMedia returns them. */
export function inspectCommand(): Command {
  return new Command("inspect")
    .description("fragments, tags, tracks, transactions and damage of MKV bytes")
    .argument("<file>", "MKV file, or - for standard input")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExit codes: 0 sound; 2 wrong use; 3 damaged, with error chunks, empty, or not Matroska.")
    .action(inspect);
}
