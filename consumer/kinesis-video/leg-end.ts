/** What is known about where a leg ends. */
export interface LegEndBounds {
  /** The last fragment, included. */
  fragmentNumber?: string;
  /** No media starts after it. */
  timeMs?: number;
}

/** The end of a leg that is being read: told while the reader runs, when ENDED arrives. */
export class LegEnd {
  #bounds: LegEndBounds;
  #toldAtMs: number | undefined;
  #isCalledOff = false;
  readonly #listeners = new Set<() => void>();

  /** @param bounds what is known from the start */
  constructor(bounds: LegEndBounds = {}) {
    this.#bounds = bounds;
  }

  get fragmentNumber(): string | undefined {
    return this.#bounds.fragmentNumber;
  }

  get timeMs(): number | undefined {
    return this.#bounds.timeMs;
  }

  /** When ENDED was told; undefined while the call is not known to be over. */
  get toldAtMs(): number | undefined {
    return this.#toldAtMs;
  }

  /** ENDED came: what it names bounds the leg from now on. The first telling counts, an event can come twice. */
  tell(bounds: LegEndBounds, nowMs: number): void {
    if (this.#toldAtMs !== undefined) return;
    this.#bounds = bounds;
    this.#toldAtMs = nowMs;
    this.#notify();
  }

  /** Whether reading is to stop with what there is, although the leg goes on. */
  get isCalledOff(): boolean {
    return this.#isCalledOff;
  }

  callOff(): void {
    this.#isCalledOff = true;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Told the end, or called off. @returns stops listening */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
