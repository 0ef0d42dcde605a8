import type { ReconcileConfig } from "./reconcile-config.js";

/** Of a stream's retention no more than this share is spent waiting, */
const SHARE_OF_RETENTION = 1 / 8;
/** and while media is kept it is tried a few times. Marks expire after two weeks, unless they are renewed. */
const REPEATS_IN_RETENTION = 4;
const LONGEST_REPEAT_MS = 7 * 24 * 60 * 60_000;

/** How long a leg has to be over until it is announced: its event may be on its way, behind many others. */
export function patienceOf({ patienceMs }: Pick<ReconcileConfig, "patienceMs">, retentionMs: number): number {
  return Math.min(patienceMs, retentionMs * SHARE_OF_RETENTION);
}

/** How long after its latest announcement a leg is announced again: twice as long every time, up to a week. */
export function repeatAfterMs(
  { repeatMs }: Pick<ReconcileConfig, "repeatMs">,
  announcements: number,
  retentionMs: number,
): number {
  const longestMs = Math.max(repeatMs, Math.min(retentionMs / REPEATS_IN_RETENTION, LONGEST_REPEAT_MS));
  return Math.min(repeatMs * 2 ** Math.max(0, announcements - 1), longestMs);
}
