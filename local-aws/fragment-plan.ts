/** What Voice Connectors put into one block: 1,024 bytes, 64 ms of 8 kHz 16-bit mono. */
export const BLOCK_BYTES = 1_024;
export const BLOCK_MS = 64;
export const BYTES_PER_MS = 16;

/** Nothing is spoken or sent: the call is on hold. */
export interface Hold {
  /** After this much of the leg's audio. */
  atMs: number;
  durationMs: number;
}

export interface FragmentPlanOptions {
  /** Of the leg's audio. */
  bytes: number;
  fragmentMs: number;
  /** A PutMedia session ends after this much time. */
  sessionMs: number;
  /** How much is sent again in the next one. */
  replayMs: number;
  /** `sameFragments`: the ones that were sent. `anew`: from the first block of it on, fragments are cut elsewhere. */
  replayCut: "sameFragments" | "anew";
  holds: readonly Hold[];
}

export interface PlannedFragment {
  /** Counts the leg's fragments from 0; one that is sent again keeps its own. */
  readonly index: number;
  readonly beginBytes: number;
  readonly endBytes: number;
  /** When it is sent, in milliseconds after the leg's start. */
  readonly dueMs: number;
  readonly isSessionStart: boolean;
}

/** When a byte of a leg's audio is spoken, in milliseconds after its start: holds before it are over. */
export function spokenMs(bytes: number, holds: readonly Hold[]): number {
  const audioMs = bytes / BYTES_PER_MS;
  return holds.reduce((ms, hold) => (hold.atMs <= audioMs ? ms + hold.durationMs : ms), audioMs);
}

/** When a byte has been spoken: a hold that comes after it has not begun. */
export function spokenUntilMs(bytes: number, holds: readonly Hold[]): number {
  const audioMs = bytes / BYTES_PER_MS;
  return holds.reduce((ms, hold) => (hold.atMs < audioMs ? ms + hold.durationMs : ms), audioMs);
}

/** How much audio was spoken when a leg is this old: whole samples. */
export function bytesSpokenAt(legMs: number, holds: readonly Hold[]): number {
  let audioMs = legMs;
  for (const hold of [...holds].sort((a, b) => a.atMs - b.atMs)) {
    if (audioMs > hold.atMs) audioMs = Math.max(hold.atMs, audioMs - hold.durationMs);
  }
  return Math.max(0, Math.floor((audioMs * BYTES_PER_MS) / 2) * 2);
}

/** All fragments of a leg in the order in which they are sent. */
export function planFragments({
  bytes,
  fragmentMs,
  sessionMs,
  replayMs,
  replayCut,
  holds,
}: FragmentPlanOptions): PlannedFragment[] {
  const fragmentBytes = Math.max(1, Math.floor(fragmentMs / BLOCK_MS)) * BLOCK_BYTES;
  const holdBytes = holds.map((hold) => hold.atMs * BYTES_PER_MS);
  const endOf = (begin: number) => Math.min(begin + fragmentBytes, bytes, ...holdBytes.filter((at) => at > begin));
  const plan: PlannedFragment[] = [];
  let sessionBeginMs = 0;
  let index = 0;
  let begin = 0;
  // Every turn goes forward by a fragment, and back at most once a session.
  while (begin < bytes) {
    let isSessionStart = plan.length === 0;
    let earliestDueMs = 0;
    if (spokenMs(begin, holds) - sessionBeginMs >= sessionMs) {
      sessionBeginMs = spokenMs(begin, holds);
      isSessionStart = true;
      earliestDueMs = spokenUntilMs(endOf(begin), holds);
      if (replayCut === "anew") {
        const backBytes = Math.floor((replayMs * BYTES_PER_MS) / BLOCK_BYTES) * BLOCK_BYTES;
        begin = Math.max(0, begin - backBytes);
        earliestDueMs = sessionBeginMs;
      } else {
        const again = Math.min(Math.ceil((replayMs * BYTES_PER_MS) / fragmentBytes), index);
        for (const fragment of again === 0 ? [] : lastSent(plan, again)) {
          plan.push({ ...fragment, dueMs: earliestDueMs, isSessionStart });
          isSessionStart = false;
        }
      }
    }
    const endBytes = endOf(begin);
    const dueMs = Math.max(spokenUntilMs(endBytes, holds), earliestDueMs);
    plan.push({ index: index++, beginBytes: begin, endBytes, dueMs, isSessionStart });
    begin = endBytes;
  }
  return plan;
}

/** The latest fragments, each once: what was sent again before is among them under its own index. */
function lastSent(plan: readonly PlannedFragment[], count: number): PlannedFragment[] {
  const byIndex = new Map(plan.map((fragment) => [fragment.index, fragment]));
  return [...byIndex.values()].sort((a, b) => a.index - b.index).slice(-count);
}
