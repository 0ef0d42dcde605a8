/** Counts calls against a quota per second. */
export class CallQuota {
  private tokens = Number.POSITIVE_INFINITY;
  private lastMs = 0;

  /** Whether one more call is allowed now. `perSecond` 0: no limit. A burst of one second's worth is allowed. */
  take(nowMs: number, perSecond: number): boolean {
    if (perSecond === 0) return true;
    this.tokens = Math.min(perSecond, this.tokens + ((nowMs - this.lastMs) * perSecond) / 1000);
    this.lastMs = nowMs;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}
