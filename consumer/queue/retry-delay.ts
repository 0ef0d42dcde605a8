const LONGEST_RETRY_MS = 15 * 60_000;

/** How long a message waits that could not be dealt with: doubled with every delivery, up to 15 minutes. */
export function retryDelayMs(firstMs: number, receiveCount: number): number {
  return Math.min(firstMs * 2 ** Math.min(receiveCount - 1, 20), LONGEST_RETRY_MS);
}
