import { Command } from "commander";
import { UnsupportedAudio } from "../audio/audio-encoding.js";
import { type FoundTransaction, findTransactions } from "../find-transactions.js";
import type { ArchiveOptions } from "../kinesis-video/archive-reader.js";
import { ArchiveUnavailable, type FragmentRange } from "../kinesis-video/fragment-listing.js";
import { EXPIRED_CODE } from "../kinesis-video/fragment-media.js";
import { type KinesisVideoAccess, openKinesisVideo } from "../kinesis-video/kinesis-video-access.js";
import { LegEnd } from "../kinesis-video/leg-end.js";
import { describeRetention } from "../kinesis-video/stream-retention.js";
import { LegError } from "../leg/leg-error.js";
import type { RecordingLimits } from "../leg-completeness.js";
import { addFacts, lackingFacts } from "../leg-facts.js";
import type { LegOutcome } from "../leg-recording.js";
import { type RecordLegOptions, recordLeg } from "../record-leg.js";
import { recordLiveLeg } from "../record-live-leg.js";
import { recordWholeLeg } from "../record-whole-leg.js";
import type { RecordingStore } from "../recordings/recording-store.js";
import type { Sidecar } from "../recordings/sidecar.js";
import { countedAudio } from "./counted-audio.js";
import { CommandFailure, ExitCode } from "./exit.js";
import { openOutput } from "./output.js";
import { Progress } from "./progress.js";
import { callDocument, describeCall, type MixedCall, mixCalls } from "./record-calls.js";
import { addRecordOptions, type RecordOptions } from "./record-options.js";

const HOUR_MS = 60 * 60_000;
/** Seen around a range, so that what begins in it is known to begin and to end there. */
const MARGIN_MS = 60_000;
/** A listing has to settle before an end is believed, however short the silence that a user wants to wait for. */
const SETTLING_MARGIN_MS = 10_000;

interface Recorded {
  outcome: "recorded" | "kept";
  sidecar: Sidecar;
  sidecarLocation: string;
}

function archiveOptions({ quiescenceSeconds }: RecordOptions): ArchiveOptions {
  const quiescenceMs = quiescenceSeconds * 1000;
  return { quiescenceMs, endLimitMs: 4 * quiescenceMs + SETTLING_MARGIN_MS };
}

function sideOf({ side }: RecordOptions): { isCaller?: boolean } {
  return side === undefined ? {} : { isCaller: side === "caller" };
}

function limitsOf({ from, to }: RecordOptions): RecordingLimits {
  return { fromMs: from, toMs: to };
}

function archivedRange(options: RecordOptions, dataRetentionInHours: number, nowMs: number): FragmentRange {
  const { from, to } = options;
  const by = from === undefined && to === undefined ? "server" : "producer";
  return { by, fromMs: from ?? nowMs - dataRetentionInHours * HOUR_MS, toMs: to ?? nowMs + HOUR_MS };
}

/** As much of `range` as shows one transaction whole, with a little of what surrounds it. */
function rangeAround(range: FragmentRange, found: FoundTransaction, next: FoundTransaction | undefined): FragmentRange {
  const timeOf = (place: FoundTransaction["first"]) =>
    range.by === "server" ? place.serverTimestampMs : place.producerTimestampMs;
  return {
    by: range.by,
    fromMs: Math.max(range.fromMs, timeOf(found.first) - MARGIN_MS),
    toMs: next ? Math.min(range.toMs, timeOf(next.first) + MARGIN_MS) : range.toMs,
  };
}

async function recordArchive(
  options: RecordOptions,
  access: KinesisVideoAccess,
  store: RecordingStore,
  signal: AbortSignal,
): Promise<LegOutcome[]> {
  const { streamArn: stream, transactionId, startFragment: startFragmentNumber, to: endTimeMs } = options;
  const { dataRetentionInHours } = await describeRetention(access.clients, stream, { ...access.retry, signal });
  if (dataRetentionInHours === 0) throw retentionZeroFailure(stream.streamName);
  const range = archivedRange(options, dataRetentionInHours, access.clock.now());
  const leg = { stream, transactionId, startFragmentNumber, startTimeMs: options.from, endTimeMs, ...sideOf(options) };
  // A fragment that starts after --to proves that none before it is still to come.
  const seen = endTimeMs === undefined ? range : { ...range, toMs: range.toMs + MARGIN_MS };
  const recording: RecordLegOptions = {
    access,
    store,
    archive: archiveOptions(options),
    limits: limitsOf(options),
    signal,
  };
  if (transactionId !== undefined) {
    const isWhole = options.from === undefined && endTimeMs === undefined;
    const outcome = await (isWhole ? recordWholeLeg : recordLeg)(leg, { ...recording, range: seen });
    if (outcome.kind === "nothing") throw nothingMatched(options, dataRetentionInHours);
    return [outcome];
  }

  const found = await findTransactions(access, stream, range, { startFragmentNumber }, signal);
  if (found.length === 0) throw nothingMatched(options, dataRetentionInHours);
  const outcomes: LegOutcome[] = [];
  for (const [i, transaction] of found.entries()) {
    const of = { ...leg, transactionId: transaction.transactionId };
    // A first fragment was named for the first transaction only; where the others begin is to be shown.
    const request = i === 0 ? of : { ...of, startFragmentNumber: undefined };
    outcomes.push(await recordLeg(request, { ...recording, range: rangeAround(seen, transaction, found[i + 1]) }));
  }
  return outcomes;
}

async function recordLive(
  options: RecordOptions,
  access: KinesisVideoAccess,
  store: RecordingStore,
  signal: AbortSignal,
  end: LegEnd,
): Promise<LegOutcome[]> {
  const { streamArn: stream, transactionId, startFragment: startFragmentNumber } = options;
  const quiescenceMs = options.quiescenceSeconds * 1000;
  const leg = { stream, transactionId, startFragmentNumber, startTimeMs: options.from, ...sideOf(options) };
  return [
    await recordLiveLeg(leg, {
      access,
      store,
      end,
      archive: archiveOptions(options),
      // Nobody tells this command that a call has ended, so silence has to.
      live: { quiescenceMs, holdLimitMs: quiescenceMs },
      silenceProves: true,
      limits: limitsOf(options),
      signal,
    }),
  ];
}

function retentionZeroFailure(streamName: string): CommandFailure {
  return new CommandFailure(
    ExitCode.failed,
    `${streamName} has a data retention of 0 hours, so nothing of it is archived. Record it with --live while the call lasts, or give the Voice Connector a dataRetentionInHours of at least 1 and the stream that exists already too (kinesisvideo:UpdateDataRetention)`,
  );
}

function nothingMatched(options: RecordOptions, keptHours?: number): CommandFailure {
  const { streamArn, transactionId, from, to } = options;
  const what = transactionId === undefined ? "no media of any transaction" : `no media of transaction ${transactionId}`;
  const where = from !== undefined || to !== undefined ? ` between --from and --to` : "";
  const kept = keptHours === undefined ? "" : `; what was received more than ${keptHours} h ago has expired`;
  return new CommandFailure(ExitCode.nothingMatched, `${what} was found in ${streamArn.streamName}${where}${kept}`);
}

function partsMissing(errors: Sidecar["errors"]): CommandFailure {
  const parts = errors.length === 1 ? "1 part" : `${errors.length} parts`;
  const expired = errors.filter(({ code }) => code === EXPIRED_CODE).length;
  const because = expired > 0 ? ` (${expired} of them expired before they were read)` : "";
  const text = `${parts} of the media could not be had${because}, see the sidecar`;
  return new CommandFailure(ExitCode.damagedInput, text);
}

function describe({ sidecar, sidecarLocation, outcome }: Recorded): string {
  const seconds = (sidecar.durationMs / 1000).toFixed(3);
  const state = sidecar.complete ? "complete" : "not known to be complete";
  const kept = outcome === "kept" ? ", recorded before" : "";
  return `${sidecar.audio.location}  ${seconds} s, gaps ${sidecar.gaps.length}, errors ${sidecar.errors.length}, ${state} (${sidecar.endProof})${kept}\n${sidecarLocation}`;
}

/** What was recorded before may not know whose leg it is. */
async function addSide(recorded: Recorded[], options: RecordOptions, store: RecordingStore): Promise<void> {
  for (const each of recorded) {
    const facts = lackingFacts(each.sidecar, sideOf(options));
    if (Object.keys(facts).length === 0) continue;
    await addFacts({ stream: options.streamArn, transactionId: each.sidecar.transactionId, ...facts }, store);
    each.sidecar = { ...each.sidecar, ...facts };
  }
}

function transactionsOf(recorded: readonly Recorded[]): string[] {
  return [...new Set(recorded.flatMap(({ sidecar }) => sidecar.transactionId ?? []))];
}

function report(recorded: readonly Recorded[], calls: readonly MixedCall[], json: boolean): void {
  const text = json
    ? JSON.stringify({
        recordings: recorded.map(({ outcome, sidecarLocation, sidecar }) => ({ outcome, sidecarLocation, ...sidecar })),
        calls: calls.map(callDocument),
      })
    : [...recorded.map(describe), ...calls.flatMap(describeCall)].join("\n");
  process.stdout.write(`${text}\n`);
}

async function record(options: RecordOptions): Promise<void> {
  const { from, to, live, json } = options;
  if (from !== undefined && to !== undefined && from >= to) {
    throw new CommandFailure(ExitCode.wrongUse, "--from must be before --to");
  }
  const access = openKinesisVideo({ retry: { attempts: 6 }, fragmentsPerSecond: options.fragmentsPerSecond });
  const place = await openOutput(options.output, { region: options.streamArn.region, environment: process.env });
  const totalAudioMs = from !== undefined && to !== undefined ? to - from : undefined;
  const progress = new Progress({ label: live ? "recording" : "record", json, totalAudioMs });
  const store = countedAudio(place, progress);
  const interrupted = new AbortController();
  const end = new LegEnd({ timeMs: to });
  let asked = false;
  const stop = (signal: NodeJS.Signals) => {
    if (live && !asked) end.callOff();
    else interrupted.abort(new CommandFailure(ExitCode.failed, `interrupted by ${signal}, nothing more was recorded`));
    asked = true;
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    const outcomes = live
      ? await recordLive(options, access, store, interrupted.signal, end)
      : await recordArchive(options, access, store, interrupted.signal);
    const recorded = outcomes.flatMap((outcome): Recorded[] =>
      outcome.kind === "recorded" || outcome.kind === "kept" ? [{ ...outcome, outcome: outcome.kind }] : [],
    );
    if (recorded.length === 0) throw nothingMatched(options);
    await addSide(recorded, options, store);
    let calls: MixedCall[] = [];
    try {
      if (options.stereo) calls = await mixCalls(transactionsOf(recorded), store, interrupted.signal);
    } finally {
      // Where mixing fails, the legs are recorded all the same.
      progress.finish();
      report(recorded, calls, json === true);
    }
    const errors = recorded.flatMap(({ sidecar }) => sidecar.errors);
    if (errors.length > 0) throw partsMissing(errors);
  } catch (error) {
    if (error instanceof UnsupportedAudio || error instanceof LegError) {
      throw new CommandFailure(ExitCode.failed, error.message);
    }
    if (!(error instanceof ArchiveUnavailable)) throw error;
    throw error.reason === "retentionZero"
      ? retentionZeroFailure(options.streamArn.streamName)
      : new CommandFailure(ExitCode.nothingMatched, error.message);
  } finally {
    progress.finish();
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    access.clients.destroy();
  }
}

/** `record`: one leg, or all legs of a range, out of a Kinesis video stream. */
export function recordCommand(): Command {
  return addRecordOptions(
    new Command("record").description("Record call audio out of a Kinesis video stream, live or from the archive."),
  ).action(record);
}
