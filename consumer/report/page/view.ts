/** The part of a call that is on the screen, in milliseconds. It never leaves the call. */
export class View {
  startMs = 0;
  endMs: number;

  /** @param leastMs a part shorter than this shows nothing more */
  constructor(
    readonly durationMs: number,
    private readonly leastMs: number,
  ) {
    this.endMs = durationMs;
  }

  get spanMs(): number {
    return this.endMs - this.startMs;
  }

  get isWhole(): boolean {
    return this.spanMs >= this.durationMs;
  }

  /** Shows `factor` times as much, what is at `atMs` staying where it is. */
  zoom(factor: number, atMs: number): void {
    const spanMs = Math.min(this.durationMs, Math.max(Math.min(this.leastMs, this.durationMs), this.spanMs * factor));
    const share = this.spanMs > 0 ? (atMs - this.startMs) / this.spanMs : 0;
    this.show(atMs - share * spanMs, spanMs);
  }

  /** Later, or, with a negative time, earlier. */
  pan(byMs: number): void {
    this.show(this.startMs + byMs, this.spanMs);
  }

  show(startMs: number, spanMs: number): void {
    this.startMs = Math.max(0, Math.min(startMs, this.durationMs - spanMs));
    this.endMs = Math.min(this.durationMs, this.startMs + spanMs);
  }

  /** So that a moment is on the screen: near its left end where it was not. */
  follow(ms: number): boolean {
    if (ms >= this.startMs && ms <= this.endMs) return false;
    this.show(ms - this.spanMs / 10, this.spanMs);
    return true;
  }
}
