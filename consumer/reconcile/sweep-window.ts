import type { ReconcileConfig } from "./reconcile-config.js";

const HOUR_MS = 60 * 60_000;
/** Each stream has its turn once a day: when one is missed, the next one makes up for it. */
const MIN_WINDOW_MS = 48 * HOUR_MS;

/**
 * How far back a sweep looks, where streams keep as much, in milliseconds: two days or the recovery window, and what a call needs that
 * was still spoken, or on its way, the last time. A recording that is deleted with its sidecar before that is made again.
 */
export function sweepWindowMs(
  config: Pick<ReconcileConfig, "maxCallMs" | "quietMs" | "patienceMs" | "recoveryWindowMs">,
): number {
  const { maxCallMs, quietMs, patienceMs, recoveryWindowMs } = config;
  return Math.max(MIN_WINDOW_MS, recoveryWindowMs) + maxCallMs + Math.max(quietMs, patienceMs) + HOUR_MS;
}
