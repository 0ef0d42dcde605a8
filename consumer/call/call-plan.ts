import type { CallLeg, CallSidecar, ChannelOverlap } from "../recordings/call-sidecar.js";
import { type NamedRecording, supersedes } from "../recordings/leg-recordings.js";
import { assignChannels } from "./channel-assignment.js";
import { type PlannedOverlap, planChannel, type Stretch } from "./channel-plan.js";

/** How a call is to be mixed: all of its sidecar but for what is known only of the file, and who is heard when. */
export interface CallPlan {
  sidecar: Omit<CallSidecar, "package" | "audio" | "sha256">;
  sampleRateHz: number;
  channels: { left: Stretch[]; right: Stretch[] };
  /** What is heard, by id. */
  recordings: NamedRecording[];
}

/** Why recordings cannot be put on one time axis. */
export class CallNotMixable extends Error {
  override readonly name = "CallNotMixable";
}

/** When nobody on either side is heard for longer, clocks differ, and the axis would be silence: as with the gaps of a leg. */
const LONGEST_SILENCE_MS = 4 * 3600 * 1000;

const SIDES = ["caller", "callee"] as const;

interface TimedRecording {
  recording: NamedRecording;
  startMs: number;
  endMs: number;
}

/**
 * How the recordings of a call's legs become one stereo file: the caller left, the callee right, each recording where its first sample
 * was spoken by the producer's clock. What another recording supersedes is left out. The same recordings give the same plan, whoever
 * makes it.
 *
 * Throws `CallNotMixable` where sample rates differ, times are missing, or are hours apart.
 * @param found at least one
 */
export function planCall(transactionId: string, found: readonly NamedRecording[]): CallPlan {
  const current = found.filter(({ sidecar }) => !found.some((other) => supersedes(other.sidecar, sidecar)));
  const sampleRateHz = rateOf(current);
  const timed = timesOf(current);
  const startMs = Math.min(...timed.map((recording) => recording.startMs));
  const sampleAt = (ms: number) => Math.round(((ms - startMs) * sampleRateHz) / 1000);
  const msOf = (samples: number) => Math.round((samples * 1000) / sampleRateHz);

  const evidence = timed.map(({ recording: { sidecar }, ...times }) => ({ ...times, ...sidecar }));
  const { sides, by } = assignChannels(evidence);
  const placed = timed.map((each, i) => ({ ...each, side: sides[i]!, at: sampleAt(each.startMs) }));
  placed.sort((a, b) => order(a.side, b.side, SIDES) || a.at - b.at || (a.recording.name < b.recording.name ? -1 : 1));
  const samples = Math.max(...placed.map(({ at, recording }) => at + recording.sidecar.samples));

  const planOf = (side: CallLeg["side"]) =>
    planChannel(
      placed
        .filter((leg) => leg.side === side)
        .map(({ recording: { sidecar }, at }) => ({ id: sidecar.recordingId, at, samples: sidecar.samples })),
      samples,
    );
  const left = planOf("caller");
  const right = planOf("callee");
  const overlapsOf = (channel: ChannelOverlap["channel"], overlaps: PlannedOverlap[]) =>
    overlaps.map(({ from, to, heard, leftOut }) => ({
      channel,
      atMs: msOf(from),
      durationMs: msOf(to - from),
      heard,
      leftOut,
    }));
  const overlaps = [...overlapsOf("left", left.overlaps), ...overlapsOf("right", right.overlaps)];
  const missingLeg = SIDES.find((side) => !sides.includes(side));
  const hasTime = Number.isFinite(startMs) && placed.some(({ recording }) => recording.sidecar.mediaStartTime);
  return {
    sampleRateHz,
    channels: { left: left.stretches, right: right.stretches },
    recordings: current,
    sidecar: {
      version: 1,
      kind: "call",
      transactionId,
      callId: first(current, "callId"),
      voiceConnectorId: first(current, "voiceConnectorId"),
      channelAssignment: by,
      legs: placed.map(({ recording, side, at }) => legOf(recording, side, at, msOf(at))),
      missingLeg,
      overlaps,
      complete: missingLeg === undefined && overlaps.length === 0 && current.every(({ sidecar }) => sidecar.complete),
      samples,
      durationMs: msOf(samples),
      startTime: hasTime ? new Date(startMs).toISOString() : undefined,
      endTime: hasTime ? new Date(startMs + msOf(samples)).toISOString() : undefined,
    },
  };
}

function rateOf(recordings: readonly NamedRecording[]): number {
  const rates = [...new Set(recordings.map(({ sidecar }) => sidecar.audio.sampleRateHz))];
  if (rates.length === 1) return rates[0]!;
  throw new CallNotMixable(`its legs have different sample rates: ${rates.join(" and ")} Hz`);
}

/** When each was spoken. One alone needs no time; nor does one that says nothing. */
function timesOf(recordings: readonly NamedRecording[]): TimedRecording[] {
  const speaking = recordings.filter(({ sidecar }) => sidecar.samples > 0);
  const known = speaking.flatMap(({ sidecar }) => (sidecar.mediaStartTime ? Date.parse(sidecar.mediaStartTime) : []));
  if (speaking.length > 1 && known.length < speaking.length) {
    throw new CallNotMixable("the media of one of its recordings has no time");
  }
  const earliestMs = known.length > 0 ? Math.min(...known) : 0;
  const timed = recordings.map((recording) => {
    const { mediaStartTime, samples, audio } = recording.sidecar;
    const startMs = mediaStartTime && samples > 0 ? Date.parse(mediaStartTime) : earliestMs;
    return { recording, startMs, endMs: startMs + (samples * 1000) / audio.sampleRateHz };
  });
  expectTogether(timed);
  return timed;
}

function expectTogether(timed: readonly TimedRecording[]): void {
  let endMs: number | undefined;
  for (const recording of [...timed].sort((a, b) => a.startMs - b.startMs)) {
    const apartMs = endMs === undefined ? 0 : recording.startMs - endMs;
    if (apartMs > LONGEST_SILENCE_MS) {
      const hours = (apartMs / 3_600_000).toFixed(1);
      throw new CallNotMixable(`its recordings are ${hours} hours apart by the producer's clock`);
    }
    endMs = Math.max(endMs ?? recording.endMs, recording.endMs);
  }
}

function legOf({ name, sidecar }: NamedRecording, side: CallLeg["side"], atSample: number, atMs: number): CallLeg {
  const { recordingId, sha256, streamArn, isCaller, mediaIndex, mediaLabel, complete, samples, durationMs } = sidecar;
  return {
    side,
    channel: side === "caller" ? "left" : "right",
    sidecar: `${name}.json`,
    recordingId,
    sha256,
    streamArn,
    isCaller,
    mediaIndex,
    mediaLabel,
    complete,
    atSample,
    atMs,
    samples,
    durationMs,
    startTime: sidecar.mediaStartTime,
    endTime: sidecar.mediaEndTime,
  };
}

function first<Key extends "callId" | "voiceConnectorId">(recordings: readonly NamedRecording[], key: Key) {
  return recordings.find(({ sidecar }) => sidecar[key] !== undefined)?.sidecar[key];
}

function order<Value>(a: Value, b: Value, values: readonly Value[]): number {
  return values.indexOf(a) - values.indexOf(b);
}
