import { SQSClient } from "@aws-sdk/client-sqs";
import { Command } from "commander";
import { pino } from "pino";
import { namedErrors } from "../../aws/call-error.js";
import { HTTP_LIMITS } from "../http-limits.js";
import { openKinesisVideo } from "../kinesis-video/kinesis-video-access.js";
import { isHealthy, keepHealthFile } from "../live/health-file.js";
import { TaskProtection } from "../live/task-protection.js";
import { configuredMetrics } from "../metrics/emf-metrics.js";
import { countThrottles } from "../metrics/throttle-count.js";
import { QueueSetupError, WorkQueue } from "../queue/work-queue.js";
import { parseWorkerConfig, type WorkerConfig, WorkerConfigError } from "../queue/worker-config.js";
import type { Sidecar } from "../recordings/sidecar.js";
import { removeLeftSpools } from "../recordings/spool-files.js";
import { Worker } from "../worker.js";
import { CommandFailure, ExitCode } from "./exit.js";
import { openOutputOf } from "./output.js";

const ENVIRONMENT_HELP = `
Environment:
  QUEUE_URL                   SQS queue with the streaming events; needs a dead-letter queue
  OUTPUT                      a directory, or s3://bucket/prefix
  MODE                        archive: record a leg when it has ended (default); live: while it is spoken
  STEREO                      true: one stereo WAV a call, too, caller left, callee right (default true)
  CONCURRENCY                 legs at a time (default 4, with MODE=live 100)
  EXIT_WHEN_EMPTY             true: stop when nothing is left to do (default false)
  WAIT_TIME_SECONDS           of one request for messages, 1 to 20 (default 20)
  VISIBILITY_TIMEOUT_SECONDS  a message comes back this long after the worker's last sign of life (default 60)
  QUIESCENCE_SECONDS          between two equal listings that end a leg; less than 30 proves nothing (default 30)
  END_LIMIT_SECONDS           how long one attempt waits, with nothing new, for a leg's end (default 90)
  HOLD_LIMIT_SECONDS          live: silence after which a leg is given up (default 900)
  ENDED_MARK_SECONDS          live: silence after which word of the leg's end is looked for at OUTPUT (default 15)
  HANDOVER_SECONDS            live: a leg's message is replaced by a fresh one after so long (default 21600)
  HEALTH_FILE                 touched while the worker is alive, for --check-health (default: none)
  RETRY_DELAY_SECONDS         before a message is tried again, doubled every time, up to 15 minutes (default 15)
  SHUTDOWN_GRACE_SECONDS      what recordings get to finish after SIGTERM (default 20)
  SPOOL_DIRECTORY             where audio waits on its way to a bucket: not shared with another machine or container, as what
                              killed workers left there is removed (default: the system's temporary directory)
  METRICS_NAMESPACE           metrics in Embedded Metric Format on stdout (default: none)
  INCLUDE_NUMBERS             true: phone numbers in sidecars (default false)
  STREAM_ACCOUNT_ID, STREAM_REGIONS, VOICE_CONNECTOR_IDS
                              events of others are put aside (default: not checked)
  DEAD_LETTER_QUEUE_URL, MAX_RECEIVE_COUNT
                              of the queue (default: it is asked)
  LOG_LEVEL                   trace, debug, info (default), warn, error, fatal or silent
  AWS_REGION                  default: the one in QUEUE_URL
  ECS_AGENT_URI               set by Amazon ECS: the task is protected while legs are recorded
  and what the AWS SDK reads: AWS_PROFILE, AWS_ENDPOINT_URL, ...

One JSON line a recorded leg on stdout (its sidecar, and where that is), a structured log on stderr.`;

const QUEUE_SOCKETS = 200;
const EXIT_WITHIN_MS = 3_000;

function configOf(environment: NodeJS.ProcessEnv): WorkerConfig {
  try {
    return parseWorkerConfig(environment);
  } catch (error) {
    if (error instanceof WorkerConfigError) throw new CommandFailure(ExitCode.wrongUse, error.message);
    throw error;
  }
}

async function openQueue(config: WorkerConfig, plugin: ReturnType<typeof countThrottles>): Promise<WorkQueue> {
  // Every message that is being worked on is kept hidden, and there are two a leg.
  const agent = { maxSockets: QUEUE_SOCKETS };
  const requestHandler = { ...HTTP_LIMITS, httpAgent: agent, httpsAgent: agent };
  const client = new SQSClient({ region: config.region, requestHandler });
  client.middlewareStack.use(namedErrors("sqs", client.config));
  client.middlewareStack.use(plugin);
  try {
    return await WorkQueue.open(client, config.queueUrl, config.deadLetter);
  } catch (error) {
    if (error instanceof QueueSetupError) throw new CommandFailure(ExitCode.wrongUse, error.message);
    throw error;
  }
}

/** Standard output is a container's log: numbers are for the sidecar alone. */
function printRecorded({ fromNumber: _, toNumber: __, ...sidecar }: Sidecar, sidecarLocation: string): void {
  process.stdout.write(`${JSON.stringify({ sidecarLocation, ...sidecar })}\n`);
}

async function runWorker(): Promise<void> {
  const config = configOf(process.env);
  const logger = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  const stopping = new AbortController();
  const stop = (signal: NodeJS.Signals) => stopping.abort(new Error(`received ${signal}`));
  // Whoever stops a container may say so twice: legs are being handed over then. At a terminal a second SIGINT ends it at once.
  process.on("SIGTERM", stop);
  process.once("SIGINT", stop);
  const metrics = configuredMetrics(config);
  const plugin = countThrottles(metrics);
  const access = openKinesisVideo({ plugin });
  const { clock } = access;
  const { healthFile } = config;
  const agentUri = process.env.ECS_AGENT_URI;
  const protection = agentUri ? new TaskProtection({ agentUri, clock, logger }) : undefined;
  const health = healthFile === undefined ? undefined : keepHealthFile(healthFile, { clock, logger });
  try {
    const queue = await openQueue(config, plugin);
    const { region, spoolDirectory } = config;
    // Whoever sets it gives it to this worker, or to workers of one machine; the system's directory is everybody's.
    if (spoolDirectory !== undefined) await removeLeftSpools(spoolDirectory, logger);
    const place = await openOutputOf(config.output, { region, environment: process.env, spoolDirectory, plugin });
    const onRecorded = (sidecar: Sidecar, sidecarLocation: string) => {
      const { transactionId, streamArn, isCaller, complete, endProof, durationMs } = sidecar;
      logger.info({ transactionId, streamArn, isCaller, complete, endProof, durationMs, sidecarLocation }, "recorded");
      printRecorded(sidecar, sidecarLocation);
    };
    const onLegs = (count: number) => {
      if (protection) protection.isBusy = count > 0;
    };
    // By an ENDED alone the archive is read: nobody has to be told of anything, and a directory holds recordings only.
    const marks = config.mode === "live" ? place.marks : undefined;
    const { store } = place;
    const options = { config, queue, access, store, marks, logger, metrics, health, onLegs, onRecorded };
    await new Worker(options).run(stopping.signal);
  } finally {
    process.off("SIGINT", stop);
    health?.stop();
    await protection?.close();
    access.clients.destroy();
    // A connection that hangs would keep the process. SIGTERM is ours to the end: what is left to do is little.
    setTimeout(() => process.exit(), EXIT_WITHIN_MS).unref();
  }
}

/** For a container's health check: whether the worker that keeps `HEALTH_FILE` is alive. */
async function checkHealth(): Promise<void> {
  const { HEALTH_FILE } = process.env;
  if (!HEALTH_FILE)
    throw new CommandFailure(ExitCode.wrongUse, "HEALTH_FILE names the file to look at, and is not set");
  if (await isHealthy(HEALTH_FILE, Date.now())) return;
  throw new CommandFailure(ExitCode.failed, `no worker has touched ${HEALTH_FILE} for a minute`);
}

/** `worker`: the loop from streaming events in SQS to recordings, configured by environment. */
export function workerCommand(): Command {
  return new Command("worker")
    .description("Record every leg that an SQS queue of streaming events tells of, until SIGTERM or SIGINT.")
    .option("--check-health", "say by exit code 0 or 1 whether the worker that has the same HEALTH_FILE is alive")
    .addHelpText("after", ENVIRONMENT_HELP)
    .action(({ checkHealth: isCheck }: { checkHealth?: boolean }) => (isCheck ? checkHealth() : runWorker()));
}
