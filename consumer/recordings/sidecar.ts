import { z } from "zod";

const endProof = z.enum(["endedEvent", "nextTransaction", "endTime", "quiescence", "none"]);

const sidecarSchema = z.object({
  /** Of this document's form. */
  version: z.literal(1),
  package: z.object({ name: z.string(), version: z.string() }),
  transactionId: z.string().optional(),
  callId: z.string().optional(),
  voiceConnectorId: z.string().optional(),
  streamArn: z.string(),
  isCaller: z.boolean().optional(),
  direction: z.enum(["Inbound", "Outbound"]).optional(),
  /** What the recorder was told about where the leg begins and ends; times are ISO 8601. */
  bounds: z.object({
    startFragmentNumber: z.string().optional(),
    endFragmentNumber: z.string().optional(),
    startTime: z.string().optional(),
    endTime: z.string().optional(),
  }),
  fragments: z.object({
    /** By ListFragments within the leg; absent where the stream archives nothing. */
    listed: z.number().optional(),
    /** Of these, received whole and without error. */
    received: z.number(),
    /** Left out, as the producer had sent the same media before; of all that was read, not of the leg alone. */
    replayed: z.number(),
    /** Left out, as they could be anybody's; likewise. */
    unattributed: z.number(),
    first: z.string().optional(),
    last: z.string().optional(),
  }),
  /** Where the producer's time runs ahead of the samples: positions in the recording, in milliseconds. */
  gaps: z.array(z.object({ atMs: z.number(), durationMs: z.number() })),
  /** Where the producer's clock was set, so that no gap was counted. */
  clockSteps: z.array(z.object({ atMs: z.number(), byMs: z.number() })),
  errors: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      offset: z.number().optional(),
      fragmentNumber: z.string().optional(),
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
  /** Of these, silence in the place of gaps. */
  silenceSamples: z.number(),
  durationMs: z.number(),
  /** How much longer the producer's time is than the samples, silence put in included. */
  driftMs: z.number(),
  /** Of the audio file, lower-case hexadecimal. */
  sha256: z.string(),
  endProof,
  /**
   * Every fragment that ListFragments returns inside the bounds was received whole and without error, the first
   * included, and the end is proven. All that Kinesis holds, that is, not all that was spoken.
   */
  complete: z.boolean(),
  /** Two calls met inside one producer session, so that a fragment where they meet may belong to the other one. Excludes `complete`. */
  boundaryUncertain: z.boolean(),
  /** Of the first and the end of the last fragment by the producer's clock, ISO 8601. */
  mediaStartTime: z.string().optional(),
  mediaEndTime: z.string().optional(),
  recordedTime: z.string(),
  reader: z.enum(["archive", "live"]),
});

/** What is known about a recording, and nothing that was not proven. Phone numbers are left out on purpose. */
export type Sidecar = z.infer<typeof sidecarSchema>;

/** The sidecar in a JSON text, or undefined where it is something else: such a file is no reason not to record. */
export function parseSidecar(text: string): Sidecar | undefined {
  try {
    return sidecarSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function formatSidecar(sidecar: Sidecar): string {
  return `${JSON.stringify(sidecar, null, 2)}\n`;
}

type Quality = Pick<Sidecar, "complete" | "samples" | "errors">;

/** Whether `candidate` says more about a leg than `existing`: complete beats not complete, then more samples. */
export function isBetterRecording(candidate: Quality, existing: Quality): boolean {
  if (candidate.complete !== existing.complete) return candidate.complete;
  if (candidate.complete) return false;
  if (candidate.samples !== existing.samples) return candidate.samples > existing.samples;
  return candidate.errors.length < existing.errors.length;
}
