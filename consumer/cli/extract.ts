import { statSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { format as formatPath, parse as parsePath } from "node:path";
import { Command, Option } from "commander";
import { UnsupportedAudio } from "../audio/audio-encoding.js";
import type { LegSelection, TransactionTally } from "../leg/leg-assembler.js";
import { LegError } from "../leg/leg-error.js";
import { describeTrack } from "../leg/track-choice.js";
import { type AudioFile, openAudioFile } from "../sinks/audio-file.js";
import type { AudioFileFormat } from "../sinks/pcm-file.js";
import { CommandFailure, ExitCode } from "./exit.js";
import { interrupted, openInput, sizeOf } from "./input-chunks.js";
import { interruptible } from "./interruption.js";
import { candidates, type Extraction, extractChosenLeg } from "./leg-extraction.js";
import { Progress } from "./progress.js";

interface ExtractOptions {
  transactionId?: string;
  voiceConnectorId?: string;
  track?: string;
  output?: string;
  format: AudioFileFormat;
  gaps: "silence" | "none";
  json?: boolean;
}

/** How many transactions an error message lists. */
const MOST_LISTED = 20;

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map((path) => realpath(path).catch(() => undefined)));
  return left !== undefined && left === right;
}

/** Where the audio goes: as told, else beside the input, and then never over something that is there. */
async function outputPath(input: string, options: ExtractOptions): Promise<string> {
  const { output, json } = options;
  if (output === "-" && json) {
    throw new CommandFailure(
      ExitCode.wrongUse,
      "-o - and --json would both write to standard output; name a file with -o",
    );
  }
  if (output === "") throw new CommandFailure(ExitCode.wrongUse, "-o names no file");
  if (output !== undefined) {
    if (await isSameFile(input, output)) throw new CommandFailure(ExitCode.wrongUse, `${output} is the input itself`);
    return output;
  }
  if (input === "-")
    throw new CommandFailure(ExitCode.wrongUse, "say where the audio goes with -o FILE, or -o - for standard output");
  const { dir, name, root } = parsePath(input);
  const path = formatPath({ dir, root, name, ext: `.${options.format}` });
  if (await stat(path).catch(() => undefined)) {
    throw new CommandFailure(ExitCode.wrongUse, `${path} is there already; name the output with -o to replace it`);
  }
  return path;
}

async function openOutput(path: string, format: AudioFileFormat, sampleRateHz: number): Promise<AudioFile> {
  try {
    // Extracting again costs less than waiting for the disk, so the file is not synced.
    return await openAudioFile(path, { format, sampleRateHz, sync: false });
  } catch (error) {
    throw new CommandFailure(ExitCode.failed, `cannot write ${path}: ${(error as Error).message}`);
  }
}

function listed(transactions: readonly TransactionTally[], sampleRateHz: number): string {
  const shown = transactions.slice(0, MOST_LISTED).map(({ transactionId, voiceConnectorId, fragments, samples }) => {
    const connector = voiceConnectorId === undefined ? "" : ` of ${voiceConnectorId}`;
    return `${transactionId ?? "no transaction id"}${connector} (${fragments} fragments, ${(samples / sampleRateHz).toFixed(1)} s)`;
  });
  const more = transactions.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Audio that is counted on its way. */
function counted(file: AudioFile, sampleRateHz: number, progress: Progress): AudioFile {
  const msPerByte = 1000 / (2 * sampleRateHz);
  return {
    write(pcm) {
      progress.audioMs += pcm.length * msPerByte;
      return file.write(pcm);
    },
    commit: () => file.commit(),
    abort: () => file.abort(),
  };
}

/** An interrupted input ends like one that is whole: what was written of it must not be kept. */
async function* uninterrupted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (signal.aborted) break;
    progress.bytes += chunk.length;
    yield chunk;
  }
  if (signal.aborted) throw interrupted();
}

/** What goes to standard output with --json. */
function document(input: string, options: ExtractOptions, { report, errors, inputBytes, audio, verdict }: Extraction) {
  const { transactionId, voiceConnectorId, track, tracks: _tracks, complete, errors: _errors, ...rest } = report;
  return {
    input,
    inputBytes,
    output: audio?.location ?? null,
    outputBytes: audio?.bytes ?? null,
    format: options.format,
    transactionId: transactionId ?? null,
    voiceConnectorId: voiceConnectorId ?? null,
    track: track ? { number: track.number, name: track.name } : null,
    ...rest,
    transactions: report.transactions.map((tally) => ({ ...tally, transactionId: tally.transactionId ?? null })),
    errors,
    complete: complete && verdict === "done",
  };
}

function failureOf(
  input: string,
  options: ExtractOptions,
  selection: LegSelection,
  extraction: Extraction,
): CommandFailure | undefined {
  const { verdict, report, errors, audio } = extraction;
  const name = input === "-" ? "standard input" : input;
  switch (verdict) {
    case "done":
      return undefined;
    case "damaged": {
      const first = errors[0]!;
      const place = `${first.code} at offset ${first.offset}: ${first.message}`;
      const what = errors.length === 1 ? place : `${errors.length} faults, the first: ${place}`;
      return new CommandFailure(
        ExitCode.damagedInput,
        `${name} is damaged; what could be saved is in ${audio?.location}. ${what}`,
      );
    }
    case "empty":
      return new CommandFailure(ExitCode.damagedInput, `${name} is empty`);
    case "notMatroska":
      return new CommandFailure(ExitCode.damagedInput, `${name} is not a Matroska stream`);
    case "noMedia": {
      const why = errors[0] ? `: ${errors[0].message}` : "";
      return new CommandFailure(
        errors[0] ? ExitCode.damagedInput : ExitCode.nothingMatched,
        `${name} holds no media${why}`,
      );
    }
    case "severalCalls": {
      const calls = candidates(report, selection);
      const untagged = report.transactionId === undefined ? " besides fragments without a transaction id" : "";
      return new CommandFailure(
        ExitCode.wrongUse,
        `${name} holds ${calls.length} calls${untagged}; choose one with --transaction-id: ${listed(calls, report.sampleRateHz)}`,
      );
    }
    case "noSuchTransaction": {
      const wanted = [options.transactionId, options.voiceConnectorId && `voice connector ${options.voiceConnectorId}`];
      return new CommandFailure(
        ExitCode.nothingMatched,
        `nothing of ${wanted.filter(Boolean).join(" of ")} in ${name}; there is: ${listed(report.transactions, report.sampleRateHz)}`,
      );
    }
    case "noSuchTrack":
      return new CommandFailure(
        ExitCode.nothingMatched,
        `no track ${options.track} in ${name}; there is: ${report.tracks.map(describeTrack).join(", ") || "none"}`,
      );
  }
}

function summary({ report, audio }: Extraction): string {
  const seconds = (report.durationMs / 1000).toFixed(3);
  const gaps = report.gaps.length === 0 ? "" : `, ${report.gaps.length} gaps`;
  const call = report.transactionId === undefined ? "" : ` of ${report.transactionId}`;
  const uncertain = report.boundaryUncertain
    ? "; its last or first second may be a neighbouring call's or missing"
    : "";
  return `${audio?.location}: ${seconds} s${call}, ${report.fragments} fragments${gaps}${uncertain}`;
}

/**
 * One thread reads the file and writes the other. More would do that by turns, and take turns with the work itself: a tenth slower.
 * A pipe would keep the only one waiting. To be called before anything is read: the number is settled then.
 */
function useOneThreadForFiles(input: string, output: string | undefined): void {
  const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile();
  if (input === "-" || output === "-" || !isFile(input)) return;
  if (output === undefined || (isFile(output) ?? true)) process.env.UV_THREADPOOL_SIZE ??= "1";
}

async function extract(input: string, options: ExtractOptions): Promise<void> {
  useOneThreadForFiles(input, options.output);
  const { transactionId, voiceConnectorId, track } = options;
  const selection: LegSelection = { transactionId, voiceConnectorId, track };
  const path = await outputPath(input, options);
  const extraction = await interruptible(async (signal) => {
    const { format, gaps, json } = options;
    const totalBytes = () => sizeOf(input);
    const progress = new Progress({ label: "extract", json, writesToStdout: path === "-", totalBytes, signal });
    try {
      const chunks = uninterrupted(await openInput(input, signal), signal, progress);
      const openSink = async (rate: number) => counted(await openOutput(path, format, rate), rate, progress);
      return await extractChosenLeg(chunks, openSink, { selection, gaps });
    } finally {
      progress.finish();
    }
  }).catch((error: unknown) => {
    if (error instanceof LegError) throw new CommandFailure(ExitCode.wrongUse, `${error.message} with --track`);
    if (error instanceof UnsupportedAudio) throw new CommandFailure(ExitCode.failed, error.message);
    throw error;
  });
  if (options.json) console.log(JSON.stringify(document(input, options, extraction)));
  const failure = failureOf(input, options, selection, extraction);
  if (failure) throw failure;
  if (!options.json && path !== "-") console.log(summary(extraction));
}

/** `extract`: the audio of one leg out of Matroska bytes as GetMedia returns them. */
export function extractCommand(): Command {
  return new Command("extract")
    .description("audio of one leg of a call out of MKV bytes as GetMedia returns them")
    .argument("<file>", "MKV file, or - for standard input")
    .option("--transaction-id <id>", "the call; needed where the input holds several")
    .option("--voice-connector-id <id>", "only calls of this Voice Connector")
    .option("--track <name>", "name or number of the track; needed where there are several audio tracks")
    .option(
      "-o, --output <file>",
      "where to, - for standard output (default: beside the input, as .wav or .s16le, if nothing is there)",
    )
    .addOption(new Option("--format <format>", "file format").choices(["wav", "s16le"]).default("wav"))
    .addOption(
      new Option("--gaps <how>", "what to put where the timestamps leave more than 100 ms open")
        .choices(["silence", "none"])
        .default("silence"),
    )
    .option("--json", "print one JSON document about what was found")
    .addHelpText(
      "after",
      `
Exit codes: 0 done; 1 the output cannot be written, or the audio is not PCM; 2 wrong use, among it several calls or tracks to choose
from; 3 damaged input, or fragments that could be the call's or not: what could be saved was saved and is counted; 4 no such call or track.`,
    )
    .action(extract);
}
