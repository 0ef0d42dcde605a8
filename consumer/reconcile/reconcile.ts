import type { S3Client } from "@aws-sdk/client-s3";
import { findMissingCalls } from "./detail-records.js";
import { MarkRound } from "./mark-round.js";
import type { ReconcileContext, RoundResult } from "./reconcile-context.js";
import type { ReconcileRequest } from "./reconcile-request.js";
import { StreamSweep } from "./stream-sweep.js";

export interface ReconcileOptions extends ReconcileContext {
  /** Of the bucket of detail records. Undefined: they are not looked at. */
  detailRecords?: S3Client;
}

/**
 * Finds legs that nobody has recorded, since EventBridge delivers at best, and announces their end to the workers. Harmless however often
 * it runs, and beside itself.
 */
export async function reconcile(request: ReconcileRequest, options: ReconcileOptions): Promise<RoundResult> {
  const { metrics, logger, deadline } = options;
  try {
    const result = await roundOf(request, options).catch((error): RoundResult => {
      if (!deadline.aborted) throw error;
      return { done: 0, left: 1 };
    });
    if (result.left > 0) {
      metrics.count("SweepUnfinished");
      logger.error({ ...result, isTimeOver: deadline.aborted }, "not all was looked at: it is left for the next time");
    }
    return result;
  } finally {
    metrics.flush();
  }
}

function roundOf(request: ReconcileRequest, options: ReconcileOptions): Promise<RoundResult> {
  if (request.tier === "marks") return new MarkRound(options).run();
  const { config, access, store, logger, deadline: signal, detailRecords: client } = options;
  const { detailRecordsBucket: bucket, voiceConnectorIds, maxCallMs } = config;
  const quietMs = Math.max(config.quietMs, config.patienceMs);
  return new StreamSweep(options, request.timeMs).run(async () => {
    if (!client || bucket === undefined) return [];
    const where = { client, bucket, voiceConnectorIds, store };
    const calls = await findMissingCalls({ ...where, nowMs: access.clock.now(), quietMs, maxCallMs, signal });
    if (calls.length > 0) logger.warn({ calls: calls.length }, "detail records tell of calls that nobody has recorded");
    return calls;
  });
}
