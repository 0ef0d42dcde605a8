import type { ConnectorStream } from "./connector-streams.js";
import type { ReconcileContext } from "./reconcile-context.js";

const MAX_NAMED_STREAMS = 50;

/** In archive mode: streams that keep nothing are counted, and named in the log. */
export function reportRetention(
  { config, metrics, logger }: Pick<ReconcileContext, "config" | "metrics" | "logger">,
  streams: readonly ConnectorStream[],
): void {
  if (config.mode !== "archive") return;
  const without = streams.filter(({ dataRetentionInHours }) => dataRetentionInHours === 0);
  metrics.record("StreamsWithoutRetention", without.length);
  if (without.length === 0) return;
  const names = without.slice(0, MAX_NAMED_STREAMS).map(({ stream }) => stream.streamName);
  logger.error({ count: without.length, names }, "streams have a data retention of 0 hours: their calls are lost");
}
