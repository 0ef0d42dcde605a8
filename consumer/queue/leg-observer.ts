import type { StreamingEvent } from "../events/streaming-event.js";
import type { CallSidecar } from "../recordings/call-sidecar.js";
import type { Sidecar } from "../recordings/sidecar.js";

/** Who is told what becomes of events, e.g. to count it. */
export interface LegObserver {
  /** An event of ours was dealt with; a leg that is read live has begun. */
  onEvent(event: StreamingEvent): void;
  /** A recording was committed. */
  onRecorded(sidecar: Sidecar): void;
  /** A message was done with, as there is this recording, whoever made it. */
  onSettled(sidecar: Sidecar): void;
  /** A call was mixed, or mixed again. */
  onMixed(sidecar: CallSidecar): void;
  /** A leg's media expired before it was read. */
  onExpired(): void;
  /** A leg begins to be read live, so long after it began. */
  onPickup(lagMs: number): void;
}
