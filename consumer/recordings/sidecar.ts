import * as z from "zod";
import type { EndProof } from "../kinesis-video/end-proof.js";
import { compareFragmentNumbers } from "../matroska/fragment.js";

/** Where a leg, or a piece of one, begins and ends, as far as its events tell; times are ISO 8601. */
export interface PieceBounds {
  startFragmentNumber?: string;
  endFragmentNumber?: string;
  startTime?: string;
  endTime?: string;
}

/** What is known about a recording, and nothing that was not proven. Phone numbers are left out unless they are asked for. */
export interface Sidecar {
  /** Of this document's form. */
  version: 1;
  /** Of this recording, a UUID: another one of the same leg has another. */
  recordingId: string;
  package: { name: string; version: string };
  transactionId?: string;
  callId?: string;
  voiceConnectorId?: string;
  streamArn: string;
  isCaller?: boolean;
  direction?: "Inbound" | "Outbound";
  /** Of SIPREC, as the event's `sdp` has them: the leg's place among the media lines, and its label. */
  mediaIndex?: string;
  mediaLabel?: string;
  /** Of the call's two parties, as the event names them; where the recorder was told to include numbers. */
  fromNumber?: string;
  toNumber?: string;
  /** What the recorder was told about where the leg begins and ends; times are ISO 8601. */
  bounds: PieceBounds;
  /** The bounds of each piece, in order, where events told of several: a leg can stop and go on, as on hold. */
  pieces?: PieceBounds[];
  /** Only what starts between these times of the producer's clock was asked for, ISO 8601; absent where all of the leg was. */
  range?: { from?: string; to?: string };
  fragments: {
    /** By ListFragments within the leg; absent where the stream archives nothing. */
    listed?: number;
    /** Of these, received whole and without error. */
    received: number;
    /** Left out, as the producer had sent the same media before; of all that was read, not of the leg alone. */
    replayed: number;
    /** Left out, as they could be anybody's; likewise. */
    unattributed: number;
    first?: string;
    last?: string;
  };
  /**
   * Where in the recording fragments begin, in milliseconds: the first, then how far it is from each to the next, `2000*3` for three of the
   * same: `0 1000*19 640`. Of the first 12,000 that differ; absent in older recordings.
   */
  fragmentStarts?: string;
  /** Where the producer's time runs ahead of the samples: positions in the recording, in milliseconds. */
  gaps: { atMs: number; durationMs: number }[];
  /** Where the producer's clock was set, so that no gap was counted. */
  clockSteps: { atMs: number; byMs: number }[];
  errors: {
    code: string;
    message: string;
    offset?: number;
    fragmentNumber?: string;
    /** Where in the recording, in milliseconds, something could not be had; absent where that is not known. */
    atMs?: number;
  }[];
  audio: {
    location: string;
    format: "wav";
    sampleRateHz: number;
    channels: 1;
    bitsPerSample: 16;
    bytes: number;
  };
  samples: number;
  /** Of these, silence in the place of gaps. */
  silenceSamples: number;
  durationMs: number;
  /** How much longer the producer's time is than the samples, silence put in included. */
  driftMs: number;
  /** Of the audio file, lower-case hexadecimal. */
  sha256: string;
  endProof: EndProof;
  /** With `quiescence`: for how long listings had been equal. Less than 30 s proves nothing. */
  quiescenceSeconds?: number;
  /**
   * Every fragment that ListFragments returns inside the bounds was received whole and without error, the first
   * included, and the end is proven. All that Kinesis holds, that is, not all that was spoken.
   */
  complete: boolean;
  /** Two calls met inside one producer session, so that a fragment where they meet may belong to the other one. Excludes `complete`. */
  boundaryUncertain: boolean;
  /** When the first sample began and the last one ended by the producer's clock, ISO 8601. */
  mediaStartTime?: string;
  mediaEndTime?: string;
  recordedTime: string;
  reader: "archive" | "live";
}

const endProof = z.enum(["endedEvent", "nextTransaction", "endTime", "quiescence", "none"]);

const pieceBounds = z.object({
  startFragmentNumber: z.string().optional(),
  endFragmentNumber: z.string().optional(),
  startTime: z.string().optional(),
  endTime: z.string().optional(),
});

const sidecarSchema: z.ZodType<Sidecar> = z.object({
  version: z.literal(1),
  recordingId: z.string(),
  package: z.object({ name: z.string(), version: z.string() }),
  transactionId: z.string().optional(),
  callId: z.string().optional(),
  voiceConnectorId: z.string().optional(),
  streamArn: z.string(),
  isCaller: z.boolean().optional(),
  direction: z.enum(["Inbound", "Outbound"]).optional(),
  mediaIndex: z.string().optional(),
  mediaLabel: z.string().optional(),
  fromNumber: z.string().optional(),
  toNumber: z.string().optional(),
  bounds: pieceBounds,
  pieces: z.array(pieceBounds).optional(),
  range: z.object({ from: z.string().optional(), to: z.string().optional() }).optional(),
  fragments: z.object({
    listed: z.number().optional(),
    received: z.number(),
    replayed: z.number(),
    unattributed: z.number(),
    first: z.string().optional(),
    last: z.string().optional(),
  }),
  fragmentStarts: z.string().optional(),
  gaps: z.array(z.object({ atMs: z.number(), durationMs: z.number() })),
  clockSteps: z.array(z.object({ atMs: z.number(), byMs: z.number() })),
  errors: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      offset: z.number().optional(),
      fragmentNumber: z.string().optional(),
      atMs: z.number().optional(),
    }),
  ),
  audio: z.object({
    location: z.string(),
    format: z.literal("wav"),
    sampleRateHz: z.number(),
    channels: z.literal(1),
    bitsPerSample: z.literal(16),
    bytes: z.number(),
  }),
  samples: z.number(),
  silenceSamples: z.number(),
  durationMs: z.number(),
  driftMs: z.number(),
  sha256: z.string(),
  endProof,
  quiescenceSeconds: z.number().optional(),
  complete: z.boolean(),
  boundaryUncertain: z.boolean(),
  mediaStartTime: z.string().optional(),
  mediaEndTime: z.string().optional(),
  recordedTime: z.string(),
  reader: z.enum(["archive", "live"]),
});

/** The sidecar in a JSON text, or undefined where it is something else: such a file is no reason not to record. */
export function parseSidecar(text: string): Sidecar | undefined {
  try {
    return sidecarSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function formatSidecar(sidecar: object): string {
  return `${JSON.stringify(sidecar, null, 2)}\n`;
}

/** What two recordings of one leg are compared by. */
export type RecordingQuality = Pick<
  Sidecar,
  "complete" | "samples" | "silenceSamples" | "errors" | "fragments" | "bounds"
>;

/** Whether `one` has fragments before the first, or after the last, of `other`. */
export function reachesFurther(one: RecordingQuality, other: RecordingQuality): boolean {
  const { fragments: mine } = one;
  const { fragments: theirs } = other;
  const isLater = mine.last && theirs.last && compareFragmentNumbers(mine.last, theirs.last) > 0;
  const isEarlier = mine.first && theirs.first && compareFragmentNumbers(mine.first, theirs.first) < 0;
  return Boolean(isLater || isEarlier);
}

/** All of a leg whose first and last fragment its events named: nothing beyond it can be the leg's. */
export function isAllOfBoundedLeg({ complete, bounds }: RecordingQuality): boolean {
  return complete && bounds.startFragmentNumber !== undefined && bounds.endFragmentNumber !== undefined;
}

/**
 * Whether `candidate` is to replace `existing`. What has audio beyond an existing recording refutes that it is complete,
 * unless events bound it. Never is audio given up that the candidate does not reach, unless the candidate is complete.
 */
export function isBetterRecording(candidate: RecordingQuality, existing: RecordingQuality): boolean {
  const more = heard(candidate) - heard(existing);
  if (existing.complete) {
    if (isAllOfBoundedLeg(existing) && !isAllOfBoundedLeg(candidate)) return false;
    return more > 0 && reachesFurther(candidate, existing);
  }
  if (candidate.complete) return isAllOfBoundedLeg(candidate) || more > 0 || !reachesFurther(existing, candidate);
  const canCompare = !reachesFurther(existing, candidate) || candidate.fragments.first === existing.fragments.first;
  if (!canCompare) return false;
  return more > 0 || (more === 0 && candidate.errors.length < existing.errors.length);
}

/** Samples that are not silence put in for what is missing. */
function heard({ samples, silenceSamples }: RecordingQuality): number {
  return samples - silenceSamples;
}
