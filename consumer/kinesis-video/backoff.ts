import { AwsCallError } from "../../aws/call-error.js";
import { type Clock, systemClock } from "../clock.js";

export interface BackoffOptions {
  /** The first wait is at most this long. Default 250 ms. */
  baseMs?: number;
  /** No wait is longer. Default 20 s. */
  maxMs?: number;
  /** 0 (inclusive) to 1 (exclusive). Default `Math.random`. */
  random?: () => number;
}

/**
 * Exponential waits with jitter: each is drawn evenly from the upper half of a range that doubles up to `maxMs`.
 * The lower half stays out, so that a shared limit of a few calls a second is never hit twice at once by one caller.
 */
export class Backoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: BackoffOptions = {}) {
    this.#baseMs = options.baseMs ?? 250;
    this.#maxMs = options.maxMs ?? 20_000;
    this.#random = options.random ?? Math.random;
  }

  /** How long to wait now, in milliseconds; the next answer is longer. */
  nextMs(): number {
    const rangeMs = Math.min(this.#maxMs, this.#baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return rangeMs / 2 + (this.#random() * rangeMs) / 2;
  }

  reset(): void {
    this.#failures = 0;
  }
}

const transientSystemCodes = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "TimeoutError"]);

/** Whether the same call can succeed later without anyone changing anything. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof AwsCallError)) return false;
  if (error.kind === "throttled") return true;
  if (error.kind === "unreachable") return transientSystemCodes.has(error.code);
  const status = (error.cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
  return error.kind === "other" && status !== undefined && status >= 500;
}

export interface RetryOptions extends BackoffOptions {
  /** Calls in all, the first included. Default 8: about half a minute of waiting. */
  attempts?: number;
  clock?: Clock;
  signal?: AbortSignal;
  /** Runs before each further attempt, e.g. to forget an endpoint. */
  beforeRetry?: (error: unknown) => void;
  isRetryable?: (error: unknown) => boolean;
}

/** Calls until it works, the failure is not transient, or the attempts are used up: then the last error is thrown. */
export async function withRetries<T>(call: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = 8, clock = systemClock, signal, beforeRetry, isRetryable = isTransient } = options;
  const backoff = new Backoff(options);
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= attempts || !isRetryable(error)) throw error;
      beforeRetry?.(error);
      await clock.sleep(backoff.nextMs(), signal);
    }
  }
}
