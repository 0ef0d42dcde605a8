import { SQSClient } from "@aws-sdk/client-sqs";
import { Command } from "commander";
import { pino } from "pino";
import { namedErrors } from "../../aws/call-error.js";
import { openKinesisVideo } from "../kinesis-video/kinesis-video-access.js";
import { QueueSetupError, WorkQueue } from "../queue/work-queue.js";
import { parseWorkerConfig, type WorkerConfig, WorkerConfigError } from "../queue/worker-config.js";
import type { Sidecar } from "../recordings/sidecar.js";
import { Worker } from "../worker.js";
import { CommandFailure, ExitCode } from "./exit.js";
import { openOutput } from "./output.js";

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
  RETRY_DELAY_SECONDS         before a message is tried again, doubled every time, up to 15 minutes (default 15)
  SHUTDOWN_GRACE_SECONDS      what recordings get to finish after SIGTERM (default 20)
  LOG_LEVEL                   trace, debug, info (default), warn, error, fatal or silent
  AWS_REGION                  default: the one in QUEUE_URL
  and what the AWS SDK reads: AWS_PROFILE, AWS_ENDPOINT_URL, ...

One JSON line a recorded leg on stdout (its sidecar, and where that is), a structured log on stderr.`;

const QUEUE_SOCKETS = 200;

function configOf(environment: NodeJS.ProcessEnv): WorkerConfig {
  try {
    return parseWorkerConfig(environment);
  } catch (error) {
    if (error instanceof WorkerConfigError) throw new CommandFailure(ExitCode.wrongUse, error.message);
    throw error;
  }
}

async function openQueue(config: WorkerConfig): Promise<WorkQueue> {
  // Every message that is being worked on is kept hidden, and there are two a leg.
  const agent = { maxSockets: QUEUE_SOCKETS };
  const requestHandler = { httpAgent: agent, httpsAgent: agent };
  const client = new SQSClient({ region: config.region, requestHandler });
  client.middlewareStack.use(namedErrors("sqs", client.config));
  try {
    return await WorkQueue.open(client, config.queueUrl);
  } catch (error) {
    if (error instanceof QueueSetupError) throw new CommandFailure(ExitCode.wrongUse, error.message);
    throw error;
  }
}

function printRecorded(sidecar: Sidecar, sidecarLocation: string): void {
  process.stdout.write(`${JSON.stringify({ sidecarLocation, ...sidecar })}\n`);
}

async function runWorker(): Promise<void> {
  const config = configOf(process.env);
  const logger = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  const stopping = new AbortController();
  const stop = (signal: NodeJS.Signals) => stopping.abort(new Error(`received ${signal}`));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  const access = openKinesisVideo();
  try {
    const queue = await openQueue(config);
    const store = await openOutput(config.output, { region: config.region, environment: process.env });
    const onRecorded = (sidecar: Sidecar, sidecarLocation: string) => {
      const { transactionId, streamArn, isCaller, complete, endProof, durationMs } = sidecar;
      logger.info({ transactionId, streamArn, isCaller, complete, endProof, durationMs, sidecarLocation }, "recorded");
      printRecorded(sidecar, sidecarLocation);
    };
    await new Worker({ config, queue, access, store, logger, onRecorded }).run(stopping.signal);
  } finally {
    process.off("SIGTERM", stop);
    process.off("SIGINT", stop);
    access.clients.destroy();
  }
}

/** `worker`: the loop from streaming events in SQS to recordings, configured by environment. */
export function workerCommand(): Command {
  return new Command("worker")
    .description("Record every leg that an SQS queue of streaming events tells of, until SIGTERM or SIGINT.")
    .addHelpText("after", ENVIRONMENT_HELP)
    .action(runWorker);
}
