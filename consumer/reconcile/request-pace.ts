import type { Pluggable } from "@smithy/types";
import { type Clock, systemClock } from "../clock.js";

/**
 * SDK plug-in that spaces requests evenly, repeated ones included: so many a second for all clients that use it, in the order in which
 * they ask.
 */
// biome-ignore lint/suspicious/noExplicitAny: a plug-in must fit any client's input and output types
export function pacedRequests(requestsPerSecond: number, clock: Clock = systemClock): Pluggable<any, any> {
  const intervalMs = 1000 / requestsPerSecond;
  let nextMs = 0;

  async function turn(): Promise<void> {
    const nowMs = clock.now();
    const turnMs = Math.max(nowMs, nextMs);
    nextMs = turnMs + intervalMs;
    if (turnMs > nowMs) await clock.sleep(turnMs - nowMs);
  }

  return {
    applyToStack(stack) {
      stack.add(
        (next) => async (args) => {
          await turn();
          return next(args);
        },
        // Before the request is signed: a signature is good for minutes only.
        { step: "finalizeRequest", name: "pacedRequests", priority: "high" },
      );
    },
  };
}
