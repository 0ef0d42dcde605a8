import type { FinalizeRequestMiddleware, Pluggable } from "@smithy/types";
import { isThrottle, toAwsCallError } from "./call-error.js";

const FIRST_INTERVAL_MS = 50;
const LONGEST_INTERVAL_MS = 2_000;
const SLOWER = 1.5;
const FASTER = 0.9;
/** Below this, calls are not held back any more. */
const NO_INTERVAL_MS = 5;
/** A call that has been throttled for so long is given up. */
const LONGEST_MS = 5 * 60_000;

interface Time {
  now(): number;
  sleep(ms: number): Promise<void>;
}

/**
 * Holds all calls of one service and region to the pace that AWS takes: each throttle makes the pauses between calls
 * longer, each success shorter.
 *
 * The SDK's own retries do not do that: they have a budget of retries that all calls of a client share, and a stack of
 * hundreds of connectors has used it up long before it is through.
 */
export class ThrottleGate {
  private intervalMs: number;
  private nextMs = 0;
  /** Counts the changes of pace: calls that were sent before the last one say nothing about it. */
  private pace = 0;

  /** @param leastIntervalMs between two calls, where others share the quota */
  constructor(
    private readonly time: Time,
    private readonly leastIntervalMs = 0,
  ) {
    this.intervalMs = leastIntervalMs;
  }

  /** Makes a call when its turn has come, and again for as long as AWS throttles it. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const givenUpMs = this.time.now() + LONGEST_MS;
    for (;;) {
      await this.turn();
      const pace = this.pace;
      try {
        const answer = await call();
        if (pace === this.pace) this.faster();
        return answer;
      } catch (error) {
        if (!isThrottle(error) || this.time.now() >= givenUpMs) throw error;
        if (pace === this.pace) this.slower();
      }
    }
  }

  private async turn(): Promise<void> {
    const nowMs = this.time.now();
    const atMs = Math.max(nowMs, this.nextMs);
    this.nextMs = atMs + this.intervalMs;
    if (atMs > nowMs) await this.time.sleep(atMs - nowMs);
  }

  private slower(): void {
    this.pace++;
    this.intervalMs = Math.min(LONGEST_INTERVAL_MS, Math.max(FIRST_INTERVAL_MS, this.intervalMs * SLOWER));
    this.nextMs = Math.max(this.nextMs, this.time.now() + this.intervalMs);
  }

  private faster(): void {
    const intervalMs = this.intervalMs * FASTER;
    this.intervalMs = Math.max(this.leastIntervalMs, intervalMs < NO_INTERVAL_MS ? 0 : intervalMs);
  }
}

/** SDK plugin: the client's attempts go through the gate, so that the SDK's retries see no throttle but the last one. */
// biome-ignore lint/suspicious/noExplicitAny: a plugin must fit any client's input and output types
export function throughGate(gate: ThrottleGate, servicePrefix: string, region: string): Pluggable<any, any> {
  // biome-ignore lint/suspicious/noExplicitAny: see above
  const middleware: FinalizeRequestMiddleware<any, any> = (next, context) => async (args) => {
    try {
      return await gate.run(() => next(args));
    } catch (error) {
      if (!isThrottle(error)) throw error;
      // As an error of ours it is not retried once more.
      const action = `${servicePrefix}:${String(context.commandName ?? "call").replace(/Command$/, "")}`;
      throw toAwsCallError(error, action, region);
    }
  };
  return {
    applyToStack(stack) {
      stack.addRelativeTo(middleware, { relation: "after", toMiddleware: "retryMiddleware", name: "throttleGate" });
    },
  };
}
