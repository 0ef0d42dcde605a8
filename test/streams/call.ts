import type { BlockPlan, FragmentPlan } from "./matroska-stream.js";

/** Reproducible numbers from 0 up to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Noise: 16-bit samples of any bytes, so that audio looks like anything. */
export function noise(samples: number, seed: number): Buffer {
  const random = seededRandom(seed);
  const bytes = Buffer.alloc(2 * samples);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
  return bytes;
}

/** A fragment number as Kinesis makes them: 47 digits, rising. */
export function fragmentNumber(index: number): string {
  return `9134385233318${"0".repeat(26)}${String(10_000_000 + index)}`;
}

export interface CallPlan {
  transactionId: string;
  voiceConnectorId?: string;
  seed?: number;
  fragments: number;
  /** Default 10 blocks of 20 ms. */
  blocksPerFragment?: number;
  blockMs?: number;
  startMs?: number;
  /** Index of its first fragment in the stream. */
  firstNumber?: number;
  /** Where the tags are. `session`: before the first cluster, after all others. Default `session`. */
  tags?: "before" | "after" | "session" | "none";
}

export interface PlannedCall {
  pcm: Buffer;
  fragments: FragmentPlan[];
}

/** One leg of a call: its audio, and the fragments that carry it at 8 kHz. */
export function plannedCall(plan: CallPlan): PlannedCall {
  const blockMs = plan.blockMs ?? 20;
  const blocksPerFragment = plan.blocksPerFragment ?? 10;
  const samplesPerBlock = 8 * blockMs;
  const pcm = noise(plan.fragments * blocksPerFragment * samplesPerBlock, plan.seed ?? 1);
  const startMs = plan.startMs ?? 1_700_000_000_000;
  const tags = { TransactionId: plan.transactionId, VoiceConnectorId: plan.voiceConnectorId ?? "vc-one" };
  const where = plan.tags ?? "session";
  const fragments: FragmentPlan[] = [];
  for (let f = 0; f < plan.fragments; f++) {
    const producerMs = startMs + f * blocksPerFragment * blockMs;
    const blocks: BlockPlan[] = [];
    for (let b = 0; b < blocksPerFragment; b++) {
      const first = 2 * samplesPerBlock * (f * blocksPerFragment + b);
      blocks.push({ relativeMs: b * blockMs, data: pcm.subarray(first, first + 2 * samplesPerBlock) });
    }
    const number = fragmentNumber((plan.firstNumber ?? 0) + f);
    fragments.push({
      number,
      producerMs,
      serverMs: producerMs + 150,
      timecodeMs: producerMs,
      blocks,
      continuationToken: number,
      millisBehindNow: 0,
      ...(where === "before" || (where === "session" && f === 0) ? { tagsBefore: tags } : {}),
      ...(where === "after" || (where === "session" && f > 0) ? { tagsAfter: tags } : {}),
    });
  }
  return { pcm, fragments };
}
