import { isAbsolute, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { CallNotMixable, planCall } from "../call/call-plan.js";
import { packageVersion } from "../package-version.js";
import { type AudioInspection, inspectAudio, type ReadingOptions } from "./audio-inspection.js";
import { callMarks } from "./call-marks.js";
import { legFacts, mixFacts } from "./fact-tables.js";
import { audioSentence, legStatement } from "./leg-statement.js";
import type { CallReportData, Lane, LaneRecording, Statement, Verdict } from "./report-data.js";
import { legAudioPath, mixAudioPath, type ReportedCall, type ReportedLeg } from "./reported-call.js";
import { lengthText, momentText } from "./time-text.js";

/** A recording in its place on the call's axis, with what its file turned out to be. */
export interface PlacedLeg extends ReportedLeg {
  lane: number;
  atMs: number;
  audio: AudioInspection;
  audioPath: string | undefined;
}

export interface CallReport {
  data: CallReportData;
  /** Paths of audio that is not there, or not what was recorded. */
  faultyAudio: string[];
}

/** What a page says of the legs that there are no others. */
const SIDES = ["caller", "callee"] as const;
const LABELS = { caller: "Caller", callee: "Callee" } as const;

interface Placing {
  lanes: { label: string; note: string }[];
  legs: (ReportedLeg & { lane: number; atMs: number })[];
  durationMs: number;
  startTime: string | undefined;
  /** Recordings left out, as another one has all of them. */
  superseded: ReportedLeg[];
  overlaps: { lane: number; atMs: number; durationMs: number }[];
  missingSide: string | undefined;
  /** Said of the whole call. */
  notes: string[];
}

/**
 * Reads a call's audio and says what is in it and what is not.
 * @param folder where the page will be: audio is named relative to it
 */
export async function reportCall(
  call: ReportedCall,
  { folder, now, ...reading }: ReadingOptions & { folder: string; now: Date },
): Promise<CallReport> {
  const placing = placeLegs(call);
  const legs: PlacedLeg[] = [];
  for (const leg of placing.legs) {
    const audioPath = legAudioPath(leg);
    const audio = await inspect(audioPath, leg.sidecar.sha256, reading);
    legs.push({ ...leg, audio, audioPath });
  }
  const mixPath = call.mix && mixAudioPath(call.mix);
  const mixAudio = call.mix && (await inspect(mixPath, call.mix.sidecar.sha256, reading));
  const isCurrentMix = call.mix !== undefined && isMixOf(call.mix.sidecar, legs);
  const { name, version } = packageVersion();
  const faultyAudio = [
    ...legs
      .filter(({ audio }) => audio.state !== "verified")
      .map(({ audioPath, sidecar }) => audioPath ?? sidecar.audio.location),
    ...(call.mix && mixAudio?.state !== "verified" ? [mixPath ?? call.mix.sidecar.audio.location] : []),
  ];
  const lanes = placing.lanes.map((lane, i) =>
    laneOf(
      lane,
      legs.filter((leg) => leg.lane === i),
      folder,
    ),
  );
  const statements: Statement[] = [
    ...legs.map((leg) => legStatement(headingOf(leg, legs, placing), leg.sidecar, leg.audio)),
    ...mixStatement(call, mixAudio, isCurrentMix),
  ];
  const data: CallReportData = {
    kind: "call",
    title: placing.startTime ? `Call of ${momentText(placing.startTime)}` : "Call",
    transactionId: call.transactionId,
    durationMs: placing.durationMs,
    startTime: placing.startTime,
    verdict: verdictOf(legs, placing, faultyAudio.length),
    lanes,
    ...(mixPath &&
      isCurrentMix &&
      mixAudio?.isPlayable && { mix: { url: urlOf(mixPath, folder), durationMs: mixAudio.durationMs! } }),
    marks: callMarks(legs, placing.overlaps),
    statements,
    facts: [
      ...legs.map((leg) => legFacts(headingOf(leg, legs, placing), leg)),
      ...(call.mix && mixAudio ? [mixFacts(call.mix.sidecar, mixAudio)] : []),
    ],
    madeBy: `${name} ${version}`,
    madeTime: now.toISOString(),
  };
  return { data, faultyAudio };
}

async function inspect(path: string | undefined, sha256: string, reading: ReadingOptions): Promise<AudioInspection> {
  return path === undefined ? { state: "missing", isPlayable: false } : inspectAudio(path, sha256, reading);
}

/** As the stereo file is mixed; each for itself where that cannot be. */
function placeLegs(call: ReportedCall): Placing {
  const { transactionId, legs } = call;
  if (legs.length === 0) return unplaced([], ["No leg of this call is recorded here."]);
  try {
    const named = legs.map(({ name, sidecar }) => ({ name, sidecar, version: "" }));
    const { sidecar: plan, recordings } = planCall(transactionId ?? "", named);
    const legOf = (id: string) => legs.find(({ sidecar }) => sidecar.recordingId === id)!;
    // A leg alone may have no side that anything tells.
    const isAlone = plan.legs.length === 1 && plan.channelAssignment === "guessed";
    const sides = SIDES.filter((side) => plan.legs.some((leg) => leg.side === side));
    const guess = plan.channelAssignment === "guessed" ? "guessed: heard first" : undefined;
    return {
      lanes: sides.map((side) => ({
        label: isAlone ? "One leg" : LABELS[side],
        note: isAlone
          ? "whose is not known"
          : side === "caller" && guess
            ? guess
            : side === "caller"
              ? "left channel"
              : "right channel",
      })),
      legs: plan.legs.map(({ recordingId, side, atMs }) => ({
        ...legOf(recordingId),
        lane: sides.indexOf(side),
        atMs,
      })),
      durationMs: plan.durationMs,
      startTime: plan.startTime,
      superseded: legs.filter(
        ({ sidecar }) => !recordings.some((kept) => kept.sidecar.recordingId === sidecar.recordingId),
      ),
      overlaps: plan.overlaps.map(({ channel, atMs, durationMs }) => ({
        lane: sides.indexOf(channel === "left" ? "caller" : "callee"),
        atMs,
        durationMs,
      })),
      missingSide: isAlone ? "other" : plan.missingLeg,
      notes: [],
    };
  } catch (error) {
    if (!(error instanceof CallNotMixable)) throw error;
    return unplaced(legs, [`The legs cannot be put on one time axis: ${error.message}. Each begins at 0:00.`]);
  }
}

function unplaced(legs: readonly ReportedLeg[], notes: string[]): Placing {
  return {
    lanes: legs.map(({ sidecar }, i) => ({
      label: sidecar.isCaller === undefined ? `Leg ${i + 1}` : LABELS[sidecar.isCaller ? "caller" : "callee"],
      note: "",
    })),
    legs: legs.map((leg, lane) => ({ ...leg, lane, atMs: 0 })),
    durationMs: Math.max(0, ...legs.map(({ sidecar }) => sidecar.durationMs)),
    startTime: legs
      .map(({ sidecar }) => sidecar.mediaStartTime)
      .filter((time) => time !== undefined)
      .sort()[0],
    superseded: [],
    overlaps: [],
    missingSide: undefined,
    notes,
  };
}

/** Whether a stereo file holds these recordings and no others. */
function isMixOf({ legs: mixed }: NonNullable<ReportedCall["mix"]>["sidecar"], legs: readonly PlacedLeg[]): boolean {
  const key = (list: { recordingId: string; sha256: string }[]) =>
    list
      .map(({ recordingId, sha256 }) => `${recordingId} ${sha256}`)
      .sort()
      .join();
  return key(mixed) === key(legs.map(({ sidecar }) => sidecar));
}

function laneOf({ label, note }: { label: string; note: string }, legs: readonly PlacedLeg[], folder: string): Lane {
  const gaps = legs.reduce((sum, { sidecar }) => sum + sidecar.gaps.length, 0);
  const isComplete = legs.every(({ sidecar }) => sidecar.complete);
  const heardMs = legs.reduce((sum, { sidecar }) => sum + sidecar.durationMs, 0);
  return {
    label,
    note: [note, isComplete ? "complete" : "incomplete"].filter(Boolean).join(" · "),
    description: `Waveform of ${label.toLowerCase()}: ${lengthText(heardMs)} in ${legs.length === 1 ? "one recording" : `${legs.length} recordings`}, ${gaps === 0 ? "no gaps" : `${gaps} gap${gaps === 1 ? "" : "s"}`}, ${isComplete ? "complete" : "incomplete"}.`,
    recordings: legs.map((leg): LaneRecording => {
      const { peaks, isPlayable, durationMs } = leg.audio;
      return {
        atMs: leg.atMs,
        durationMs: durationMs ?? leg.sidecar.durationMs,
        ...(leg.audioPath && isPlayable && { url: urlOf(leg.audioPath, folder) }),
        ...(peaks && {
          peaks: {
            bucketMs: (peaks.bucketSamples * 1000) / peaks.sampleRateHz,
            base64: Buffer.from(peaks.bytes.buffer, peaks.bytes.byteOffset, peaks.bytes.length).toString("base64"),
          },
        }),
        ...(leg.sidecar.fragmentStarts !== undefined && { fragmentStarts: leg.sidecar.fragmentStarts }),
      };
    }),
  };
}

/** Relative, so that page and audio can be moved together. */
function urlOf(path: string, folder: string): string {
  const way = relative(folder, path);
  // Another drive.
  if (isAbsolute(way)) return pathToFileURL(path).href;
  return way.split(sep).map(encodeURIComponent).join("/");
}

function headingOf(leg: PlacedLeg, legs: readonly PlacedLeg[], { lanes }: Placing): string {
  const inLane = legs.filter(({ lane }) => lane === leg.lane);
  const label = lanes[leg.lane]!.label;
  return inLane.length === 1 ? label : `${label}, recording ${inLane.indexOf(leg) + 1} of ${inLane.length}`;
}

function mixStatement(call: ReportedCall, audio: AudioInspection | undefined, isCurrent: boolean): Statement[] {
  if (!call.mix || !audio) return [];
  const isGood = audio.state === "verified" && isCurrent;
  const source = isCurrent
    ? "It was mixed of exactly these recordings: caller left, callee right."
    : "It was mixed of other recordings than these, as of earlier ones that were replaced since: it is not played here.";
  return [
    {
      heading: "Stereo file",
      level: isGood ? "good" : audio.state === "verified" ? "warning" : "bad",
      sentences: isGood
        ? [source, audioSentence(call.mix.sidecar.sha256, audio)]
        : [audioSentence(call.mix.sidecar.sha256, audio), source],
    },
  ];
}

function verdictOf(
  legs: readonly PlacedLeg[],
  { missingSide, overlaps, notes, superseded }: Placing,
  faulty: number,
): Verdict {
  const more = [
    ...notes,
    ...(superseded.length > 0 ? ["Recordings all of whose audio another one has are left out."] : []),
  ];
  const verdict = (level: Verdict["level"], title: string, text: string) => ({
    level,
    title,
    text: [text, ...more].join(" "),
  });
  if (legs.some(({ audio }) => audio.state === "altered")) {
    return verdict(
      "bad",
      "ALTERED",
      "Audio on disk is not what was recorded: its SHA-256 differs from the one in its sidecar.",
    );
  }
  if (faulty > 0) return verdict("bad", "Audio is not as recorded", "A file is missing or altered; below is which.");
  if (legs.length === 0)
    return verdict("bad", "Nothing is recorded", "There is a stereo file, and no recording that it was mixed of.");
  const incomplete = legs.filter(({ sidecar }) => !sidecar.complete).length;
  const verified = "Every audio file is verified by its SHA-256.";
  if (missingSide) {
    const what = incomplete > 0 ? "What is recorded is incomplete." : "What is recorded is complete.";
    return verdict(
      "warning",
      "One leg only",
      `There is no recording of the ${missingSide === "other" ? "other leg" : `${missingSide}'s leg`}. ${what} ${verified}`,
    );
  }
  if (incomplete > 0)
    return verdict(
      "warning",
      "Incomplete",
      `Something is missing, or cannot be proven to be there; below is what. ${verified}`,
    );
  if (overlaps.length > 0)
    return verdict(
      "warning",
      "Recordings overlap",
      `Each is complete, and two of one leg have audio of the same time: the later one is heard. ${verified}`,
    );
  return verdict(
    "good",
    "Complete",
    `Everything that Amazon Kinesis Video Streams lists for this call was received. ${verified}`,
  );
}
