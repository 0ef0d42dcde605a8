import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Pluggable } from "@smithy/types";
import { pino } from "pino";
import { namedErrors } from "../../aws/call-error.js";
import { systemClock } from "../clock.js";
import { openKinesisVideo } from "../kinesis-video/kinesis-video-access.js";
import { configuredMetrics } from "../metrics/emf-metrics.js";
import { countThrottles } from "../metrics/throttle-count.js";
import { Announcer } from "../reconcile/announcer.js";
import { reconcile as reconcileLegs } from "../reconcile/reconcile.js";
import { parseReconcileConfig } from "../reconcile/reconcile-config.js";
import type { RoundResult } from "../reconcile/reconcile-context.js";
import { parseReconcileRequest } from "../reconcile/reconcile-request.js";
import { pacedRequests } from "../reconcile/request-pace.js";
import { openOutputPlace } from "../recordings/output-store.js";
import { Deadline } from "./deadline.js";
import type { LambdaContext } from "./sqs-event.js";

/** Where lines go that are not results. Default: standard output and standard error. */
export interface ReconcileOutputs {
  metrics?: ((line: string) => void) | undefined;
  log?: { write(line: string): void } | undefined;
}

export type ReconcileHandler = (
  event: unknown,
  context: Pick<LambdaContext, "getRemainingTimeInMillis">,
) => Promise<RoundResult>;

/**
 * A handler for EventBridge's schedules, `{"tier": "marks" | "sweep", "time": "<ISO 8601>"}`. What it could not do in its time is left to
 * the next one, and counted; it fails where nothing could be done.
 * @param environment read at every invocation; `parseReconcileConfig` has the variables
 */
export function reconcileHandler(environment: NodeJS.ProcessEnv, outputs: ReconcileOutputs = {}): ReconcileHandler {
  return async (event, context) => {
    const config = parseReconcileConfig(environment);
    const request = parseReconcileRequest(event, systemClock.now());
    const destination = outputs.log ?? pino.destination({ dest: 2, sync: true });
    const logger = pino({ level: config.logLevel, base: { tier: request.tier } }, destination);
    const { region, queueUrl, deadLetterQueueUrl, requestsPerSecond } = config;
    const metrics = configuredMetrics(config, outputs.metrics);

    const plugin = countThrottles(metrics);
    const access = openKinesisVideo({ plugin: both(plugin, pacedRequests(requestsPerSecond)) });
    const sqs = new SQSClient({ region });
    sqs.middlewareStack.use(both(namedErrors("sqs", sqs.config), plugin));
    const place = openOutputPlace(config.output, { region, environment, plugin });
    const announcer = new Announcer({ sqs, queueUrl, deadLetterQueueUrl, clock: access.clock });
    const detailRecords = config.detailRecordsBucket === undefined ? undefined : openS3(region, environment, plugin);

    const deadline = new Deadline(context);
    try {
      const tools = { config, access, ...place, announcer, metrics, logger, detailRecords };
      const result = await reconcileLegs(request, { ...tools, deadline: deadline.signal });
      logger.info(result, "reconciled");
      return result;
    } finally {
      deadline.clear();
      access.clients.destroy();
      sqs.destroy();
      detailRecords?.destroy();
    }
  };
}

export const reconcile: ReconcileHandler = reconcileHandler(process.env);

// biome-ignore lint/suspicious/noExplicitAny: a plug-in must fit any client's input and output types
type AnyPlugin = Pluggable<any, any>;

function both(one: AnyPlugin, other: AnyPlugin): AnyPlugin {
  return {
    applyToStack(stack) {
      one.applyToStack(stack);
      other.applyToStack(stack);
    },
  };
}

/** A bucket of any region. */
function openS3(region: string, environment: NodeJS.ProcessEnv, plugin: AnyPlugin): S3Client {
  // A bucket name cannot be put in front of an endpoint that is not Amazon's.
  const forcePathStyle = Boolean(environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL);
  const client = new S3Client({ region, followRegionRedirects: true, forcePathStyle });
  client.middlewareStack.use(both(namedErrors("s3", client.config), plugin));
  return client;
}
