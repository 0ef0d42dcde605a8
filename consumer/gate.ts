/** Lets a limited number through at a time; the others wait in line. */
export class Gate {
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly places: number) {}

  /** Waits for a place. @returns gives it back, to be called once; rejects with the signal's reason */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#inside < this.places) this.#inside++;
    else await this.#wait(signal);
    return () => {
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
