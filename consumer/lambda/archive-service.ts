import { SQSClient } from "@aws-sdk/client-sqs";
import { pino } from "pino";
import { namedErrors } from "../../aws/call-error.js";
import type { Clock } from "../clock.js";
import { openKinesisVideo } from "../kinesis-video/kinesis-video-access.js";
import type { Logger } from "../logger.js";
import { configuredMetrics } from "../metrics/emf-metrics.js";
import type { Metrics } from "../metrics/metrics.js";
import { countThrottles } from "../metrics/throttle-count.js";
import { EventDesk } from "../queue/event-desk.js";
import { WorkQueue } from "../queue/work-queue.js";
import { parseWorkerConfig, type WorkerConfig } from "../queue/worker-config.js";
import { openOutputPlace } from "../recordings/output-store.js";
import { removeLeftSpools } from "../recordings/spool-files.js";

/** What all invocations of a process share. */
export interface ArchiveService {
  config: WorkerConfig;
  queue: WorkQueue;
  desk: EventDesk;
  metrics: Metrics;
  logger: Logger;
  clock: Clock;
}

/** Where lines go that are not results. Default: standard output and standard error. */
export interface ArchiveOutputs {
  metrics?: ((line: string) => void) | undefined;
  log?: { write(line: string): void } | undefined;
}

/** Throws, and logs, what is wrong with the configuration: every fault, each with the name of its variable. */
export async function openArchiveService(
  environment: NodeJS.ProcessEnv,
  outputs: ArchiveOutputs = {},
): Promise<ArchiveService> {
  const destination = outputs.log ?? pino.destination({ dest: 2, sync: true });
  try {
    const config = parseWorkerConfig({ ...environment, MODE: "archive" });
    const { region, spoolDirectory } = config;
    const logger = pino({ level: config.logLevel }, destination);
    const metrics = configuredMetrics(config, outputs.metrics);
    const plugin = countThrottles(metrics);
    const sqs = new SQSClient({ region });
    sqs.middlewareStack.use(namedErrors("sqs", sqs.config));
    sqs.middlewareStack.use(plugin);
    const queue = await WorkQueue.open(sqs, config.queueUrl, config.deadLetter);
    // A function that was cut off left what it had written, and has this little disk alone.
    if (environment.AWS_LAMBDA_FUNCTION_NAME) await removeLeftSpools(spoolDirectory, logger);
    const place = openOutputPlace(config.output, { region, environment, spoolDirectory, plugin });
    const access = openKinesisVideo({ plugin });
    const desk = new EventDesk({
      config,
      access,
      ...place,
      logger,
      metrics,
      onRecorded: ({ transactionId, streamArn, isCaller, complete, endProof, durationMs }, sidecarLocation) =>
        logger.info(
          { transactionId, streamArn, isCaller, complete, endProof, durationMs, sidecarLocation },
          "recorded",
        ),
    });
    return { config, queue, desk, metrics, logger, clock: access.clock };
  } catch (error) {
    pino({}, destination).fatal({ err: error }, "the function cannot work as it is configured");
    throw error;
  }
}
