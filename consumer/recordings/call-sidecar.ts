import * as z from "zod";
import { audioNameIn } from "./audio-name.js";
import { callAudioName } from "./recording-name.js";

/** One recording of a leg, as a call's audio was made of it. */
export interface CallLeg {
  side: "caller" | "callee";
  /** Of the stereo file: `left` for the caller. */
  channel: "left" | "right";
  /** The name of the recording's sidecar, beside the call's. */
  sidecar: string;
  /** As in that sidecar, when the call was mixed. */
  recordingId: string;
  sha256: string;
  streamArn: string;
  isCaller?: boolean;
  mediaIndex?: string;
  mediaLabel?: string;
  complete: boolean;
  /** Where in the call its first sample is: samples of one channel, and milliseconds. */
  atSample: number;
  atMs: number;
  samples: number;
  durationMs: number;
  /** Of its first and last sample by the producer's clock, ISO 8601; absent where its media has no time. */
  startTime?: string;
  endTime?: string;
}

/** A stretch of one channel for which there are two recordings: one is heard, the other is in its own file alone. */
export interface ChannelOverlap {
  channel: "left" | "right";
  atMs: number;
  durationMs: number;
  /** Their ids. The one that began later is heard. */
  heard: string;
  leftOut: string;
}

/** What is known about a call and its stereo audio: which recordings it was made of, and how. The legs' own sidecars tell the rest. */
export interface CallSidecar {
  /** Of this document's form. */
  version: 1;
  kind: "call";
  package: { name: string; version: string };
  transactionId: string;
  callId?: string;
  voiceConnectorId?: string;
  /**
   * How it was decided which side is the caller: by `isCaller` of the events; by `mediaIndex`, whose lower one is the caller's; or
   * `guessed`: the side that was heard first was taken for the caller.
   */
  channelAssignment: "isCaller" | "mediaIndex" | "guessed";
  /** Caller first, then by time. */
  legs: CallLeg[];
  /** The side of which there is no recording: its channel is silent. */
  missingLeg?: "caller" | "callee";
  overlaps: ChannelOverlap[];
  /** Both legs are there, each recording is complete, and all of them is heard. */
  complete: boolean;
  audio: {
    location: string;
    format: "wav";
    sampleRateHz: number;
    channels: 2;
    bitsPerSample: 16;
    bytes: number;
  };
  /** Of each channel. */
  samples: number;
  durationMs: number;
  /** Of the audio file, lower-case hexadecimal. */
  sha256: string;
  /** Of the first and last sample by the producer's clock, ISO 8601. */
  startTime?: string;
  endTime?: string;
}

const side = z.enum(["caller", "callee"]);
const channel = z.enum(["left", "right"]);

const callSidecarSchema: z.ZodType<CallSidecar> = z.object({
  version: z.literal(1),
  kind: z.literal("call"),
  package: z.object({ name: z.string(), version: z.string() }),
  transactionId: z.string(),
  callId: z.string().optional(),
  voiceConnectorId: z.string().optional(),
  channelAssignment: z.enum(["isCaller", "mediaIndex", "guessed"]),
  legs: z.array(
    z.object({
      side,
      channel,
      sidecar: z.string(),
      recordingId: z.string(),
      sha256: z.string(),
      streamArn: z.string(),
      isCaller: z.boolean().optional(),
      mediaIndex: z.string().optional(),
      mediaLabel: z.string().optional(),
      complete: z.boolean(),
      atSample: z.number(),
      atMs: z.number(),
      samples: z.number(),
      durationMs: z.number(),
      startTime: z.string().optional(),
      endTime: z.string().optional(),
    }),
  ),
  missingLeg: side.optional(),
  overlaps: z.array(
    z.object({ channel, atMs: z.number(), durationMs: z.number(), heard: z.string(), leftOut: z.string() }),
  ),
  complete: z.boolean(),
  audio: z.object({
    location: z.string(),
    format: z.literal("wav"),
    sampleRateHz: z.number(),
    channels: z.literal(2),
    bitsPerSample: z.literal(16),
    bytes: z.number(),
  }),
  samples: z.number(),
  durationMs: z.number(),
  sha256: z.string(),
  startTime: z.string().optional(),
  endTime: z.string().optional(),
});

/** The call's sidecar in a JSON text, or undefined where it is something else. */
export function parseCallSidecar(text: string): CallSidecar | undefined {
  try {
    return callSidecarSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The name, without extension, under which a call's audio is committed and removed. */
export function audioNameOfCall({
  transactionId,
  missingLeg,
}: Pick<CallSidecar, "transactionId" | "missingLeg">): string {
  return callAudioName(transactionId, missingLeg === undefined);
}

/** The file name of the audio that a call's sidecar describes, if it is one that a call's audio can have. */
export function callAudioFile(call: CallSidecar): string | undefined {
  return audioNameIn(call.audio.location, audioNameOfCall(call));
}
