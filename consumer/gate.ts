/** Lets a limited number through at a time; the others wait in line. */
export class Gate {
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly places: number) {}

  /** Waits for a place. @returns gives it back; rejects with the signal's reason */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const leave = this.tryEnter();
    if (leave) return leave;
    await this.#wait(signal);
    return this.#leaving();
  }

  /** @returns gives the place back; undefined where there is none */
  tryEnter(): (() => void) | undefined {
    if (this.#inside >= this.places) return undefined;
    this.#inside++;
    return this.#leaving();
  }

  #leaving(): () => void {
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      const next = this.#waiting.shift();
      // The place is handed on, so that nobody who comes later gets in between.
      if (next) next();
      else this.#inside--;
    };
  }

  #wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal?.reason);
      };
      const enter = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      this.#waiting.push(enter);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }
}
