import type { Pluggable } from "@smithy/types";
import { isThrottle } from "../../aws/call-error.js";
import type { Metrics } from "./metrics.js";

/** SDK plug-in: counts every answer that is a throttle, those included that the SDK tries again by itself. */
// biome-ignore lint/suspicious/noExplicitAny: a plug-in must fit any client's input and output types
export function countThrottles(metrics: Metrics): Pluggable<any, any> {
  return {
    applyToStack(stack) {
      stack.addRelativeTo(
        // biome-ignore lint/suspicious/noExplicitAny: likewise
        (next: (args: any) => Promise<any>) => async (args: any) => {
          try {
            return await next(args);
          } catch (error) {
            if (isThrottle(error)) metrics.count("Throttles");
            throw error;
          }
        },
        // Within what tries again, so that every attempt is seen.
        { name: "countThrottles", relation: "after", toMiddleware: "retryMiddleware" },
      );
    },
  };
}
