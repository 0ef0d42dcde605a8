import { type ExtractedLeg, extractLeg } from "../extract-leg.js";
import type { LegReport, LegSelection, TransactionTally } from "../leg/leg-assembler.js";
import type { AudioFile } from "../sinks/audio-file.js";

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

export interface Extraction extends Omit<ExtractedLeg<{ location: string; bytes: number }>, "complete"> {
  verdict: ExtractionVerdict;
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

/** What keeps the audio from being kept. */
function refusal(report: LegReport, selection: LegSelection): ExtractionVerdict | undefined {
  if (areSeveralCalls(report, selection)) return "severalCalls";
  if (report.fragments === 0) return report.transactions.length === 0 ? "noMedia" : "noSuchTransaction";
  return selection.track !== undefined && report.track === undefined ? "noSuchTrack" : undefined;
}

/** One leg out of a stream of bytes into a sink, kept if it is the one that was meant. */
export async function extractChosenLeg(
  input: AsyncIterable<Uint8Array>,
  openSink: (sampleRateHz: number) => Promise<AudioFile>,
  options: { selection: LegSelection; gaps: "silence" | "none" },
): Promise<Extraction> {
  const { selection } = options;
  const accept = (report: LegReport) => refusal(report, selection) === undefined;
  const extracted = await extractLeg(input, openSink, { ...options, accept });
  const { report, errors } = extracted;
  const first = errors[0]?.code;
  if (first === "empty" || first === "notMatroska") return { ...extracted, verdict: first };
  return { ...extracted, verdict: refusal(report, selection) ?? (errors.length > 0 ? "damaged" : "done") };
}
