import {
  LegAssembler,
  type LegFault,
  type LegReport,
  type LegSelection,
  type TransactionTally,
} from "../leg/leg-assembler.js";
import type { Damage } from "../matroska/damage.js";
import type { Fragment } from "../matroska/fragment.js";
import { FragmentParser } from "../matroska/fragment-parser.js";
import type { AudioFile } from "../sinks/audio-file.js";
import { CommandFailure, ExitCode } from "./exit.js";

/**
 * How an extraction ended. Audio was kept with `done` and `damaged` only. `severalCalls`: no transaction was asked for, and there is
 * more than one to choose from: two callers must not end up in one file.
 */
export type ExtractionVerdict =
  | "done"
  | "damaged"
  | "empty"
  | "notMatroska"
  | "noMedia"
  | "severalCalls"
  | "noSuchTransaction"
  | "noSuchTrack";

export interface Extraction {
  verdict: ExtractionVerdict;
  report: LegReport;
  /** Faults of the bytes and of the leg, by offset. */
  errors: (Damage | LegFault)[];
  inputBytes: number;
  output?: { location: string; bytes: number };
}

/** Damage inside a fragment is known to the parser and to the leg: it is told once. */
function mergedErrors(damages: readonly Damage[], faults: readonly LegFault[]): (Damage | LegFault)[] {
  const known = new Set(damages.map(({ code, offset }) => `${code} ${offset}`));
  const added = faults.filter(({ code, offset }) => !known.has(`${code} ${offset}`));
  return [...damages, ...added].sort((a, b) => a.offset - b.offset);
}

/** Transactions that the selection leaves open. */
export function candidates(report: LegReport, selection: LegSelection): TransactionTally[] {
  const { voiceConnectorId } = selection;
  return report.transactions.filter(
    (tally) =>
      tally.transactionId !== undefined &&
      (voiceConnectorId === undefined || (tally.voiceConnectorId ?? voiceConnectorId) === voiceConnectorId),
  );
}

function areSeveralCalls(report: LegReport, selection: LegSelection): boolean {
  if (selection.transactionId !== undefined) return false;
  const tagged = candidates(report, selection).length;
  return tagged > 1 || (tagged === 1 && report.fragments > 0 && report.transactionId === undefined);
}

/** One leg out of a stream of bytes into a sink, which is opened with the leg's first sample and committed if there is a leg. */
export class LegExtraction {
  readonly #parser = new FragmentParser();
  readonly #assembler: LegAssembler;
  #sink: AudioFile | undefined;
  #fragments = 0;

  constructor(
    private readonly selection: LegSelection,
    gaps: "silence" | "none",
    private readonly openSink: (sampleRateHz: number) => Promise<AudioFile>,
  ) {
    this.#assembler = new LegAssembler(selection, { gaps });
  }

  async run(input: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Extraction> {
    try {
      for await (const chunk of input) {
        if (signal.aborted) break;
        await this.#take(this.#parser.feed(chunk));
      }
      if (signal.aborted) throw new CommandFailure(ExitCode.failed, "interrupted; nothing was kept");
      await this.#take(this.#parser.end());
      return await this.#finish();
    } finally {
      await this.#sink?.abort();
    }
  }

  async #take(fragments: readonly Fragment[]): Promise<void> {
    this.#fragments += fragments.length;
    for (const fragment of fragments) {
      const pcm = this.#assembler.push(fragment);
      if (pcm.length > 0) await this.#write(pcm);
    }
  }

  async #write(pcm: readonly Uint8Array[]): Promise<void> {
    if (pcm.length === 0) return;
    this.#sink ??= await this.openSink(this.#assembler.sampleRateHz);
    for (const piece of pcm) await this.#sink.write(piece);
  }

  async #finish(): Promise<Extraction> {
    const report = this.#assembler.report();
    const errors = mergedErrors(this.#parser.damages, report.errors);
    const verdict = this.#verdict(report, errors.length > 0);
    const extraction: Extraction = { verdict, report, errors, inputBytes: this.#parser.bytesFed };
    if (verdict === "done" || verdict === "damaged") {
      // A leg without a single block is a file without a single sample.
      this.#sink ??= await this.openSink(this.#assembler.sampleRateHz);
      extraction.output = await this.#sink.commit();
    }
    return extraction;
  }

  #verdict(report: LegReport, isFaulty: boolean): ExtractionVerdict {
    const first = this.#parser.damages[0]?.code;
    if (first === "empty" || first === "notMatroska") return first;
    if (areSeveralCalls(report, this.selection)) return "severalCalls";
    if (report.fragments === 0 && (this.#fragments === 0 || report.transactions.length === 0)) return "noMedia";
    if (report.fragments === 0) return "noSuchTransaction";
    if (this.selection.track !== undefined && report.track === undefined) return "noSuchTrack";
    return isFaulty ? "damaged" : "done";
  }
}
