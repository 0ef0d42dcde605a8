import type { Track } from "../matroska/fragment.js";

/** A leg that cannot be put together without being told more: several audio tracks and none named. */
export class LegError extends Error {
  override readonly name = "LegError";

  constructor(
    readonly code: "severalTracks",
    message: string,
    readonly tracks: readonly Track[],
  ) {
    super(message);
  }
}
