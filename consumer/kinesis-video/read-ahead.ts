/** A part of what is to be read, which takes so much memory when it is held whole. */
export interface Piece<T> {
  bytes: number;
  read(signal: AbortSignal): AsyncGenerator<T, void>;
}

export interface ReadAheadLimits {
  /** Pieces under way at a time. */
  pieces: number;
  /** What the pieces under way may take; a piece that takes more is read alone. */
  bytes: number;
}

/**
 * What the pieces give, in their order, several of them being read at a time. Nothing is begun beyond the limits, however slowly it
 * is taken. Ends what is under way when it is left, and a failure comes where what failed would have come.
 */
export async function* readAhead<T>(
  pieces: Iterable<Piece<T>>,
  limits: ReadAheadLimits,
  signal?: AbortSignal,
): AsyncGenerator<T, void> {
  signal?.throwIfAborted();
  const left = new AbortController();
  const abort = () => left.abort(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const source = pieces[Symbol.iterator]();
  const underWay: Reading<T>[] = [];
  let next = source.next();
  const fill = () => {
    while (!next.done && underWay.length < limits.pieces) {
      const bytes = underWay.reduce((sum, reading) => sum + reading.bytes, next.value.bytes);
      if (underWay.length > 0 && bytes > limits.bytes) return;
      underWay.push(new Reading(next.value.read(left.signal), next.value.bytes));
      next = source.next();
    }
  };
  try {
    for (fill(); underWay.length > 0; fill()) {
      yield* underWay[0]!.items();
      underWay.shift();
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    left.abort(new Error("nothing more is wanted"));
    await Promise.all(underWay.map(({ settled }) => settled));
  }
}

/** A piece that is read into memory. */
class Reading<T> {
  readonly settled: Promise<void>;
  readonly #items: T[] = [];
  #failure: { error: unknown } | undefined;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(
    source: AsyncGenerator<T, void>,
    readonly bytes: number,
  ) {
    this.settled = this.#run(source);
  }

  async #run(source: AsyncGenerator<T, void>): Promise<void> {
    try {
      for await (const item of source) {
        this.#items.push(item);
        this.#wake?.();
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#isOver = true;
    this.#wake?.();
  }

  async *items(): AsyncGenerator<T, void> {
    for (;;) {
      while (this.#items.length > 0) yield this.#items.shift()!;
      if (this.#failure) throw this.#failure.error;
      if (this.#isOver) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
