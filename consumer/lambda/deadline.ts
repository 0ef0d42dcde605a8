import type { LambdaContext } from "./sqs-event.js";

/** The function's time ends before the work does. */
export class TimeIsUp extends Error {
  override readonly name = "TimeIsUp";

  constructor() {
    super("the function's time limit ended before the leg was recorded");
  }
}

/** What it takes to end work in order, give the message back and report. A message that is not given back is hidden for hours. */
const RESERVE_MS = 5_000;

/** When work has to end, in an invocation. */
export class Deadline {
  /** Aborted when the work is to end. */
  readonly signal: AbortSignal;
  readonly #ending = new AbortController();
  readonly #over: Promise<never>;
  readonly #timers: NodeJS.Timeout[];

  constructor(context: Pick<LambdaContext, "getRemainingTimeInMillis">) {
    const leftMs = context.getRemainingTimeInMillis();
    const reserveMs = Math.min(RESERVE_MS, leftMs / 2);
    this.signal = this.#ending.signal;
    let giveUp!: (error: Error) => void;
    this.#over = new Promise((_, reject) => {
      giveUp = reject;
    });
    // Nobody may be waiting for it.
    this.#over.catch(() => undefined);
    const error = new TimeIsUp();
    this.#timers = [
      setTimeout(() => this.#ending.abort(error), leftMs - reserveMs),
      setTimeout(() => giveUp(error), leftMs - reserveMs / 2),
    ];
  }

  /** Not every step of the work can be interrupted, an upload least of all. Throws `TimeIsUp` where it goes on for too long. */
  within<Result>(work: Promise<Result>): Promise<Result> {
    work.catch(() => undefined);
    return Promise.race([work, this.#over]);
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
