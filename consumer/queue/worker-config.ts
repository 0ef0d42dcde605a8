import * as z from "zod";
import * as variables from "../environment.js";
import { seconds } from "../environment.js";
import type { EventOrigin } from "../events/event-origin.js";
import type { OutputLocation } from "../recordings/output-location.js";

/** The worker's configuration is wrong: every fault, each with the name of its variable. */
export class WorkerConfigError extends Error {
  override readonly name = "WorkerConfigError";

  constructor(readonly faults: readonly string[]) {
    super(faults.join("; "));
  }
}

const TWELVE_HOURS = 43_200;
const REGION_IN_QUEUE_URL = /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\.com/;

const list = z
  .string()
  .transform((text) => text.split(",").map((item) => item.trim()))
  .pipe(z.array(z.string().min(1, "must be a list with commas between")));

const flag = (initial: "true" | "false") => z.enum(["true", "false"], 'must be "true" or "false"').default(initial);

/** How a worker works; {@link parseWorkerConfig} has the defaults and limits of each. */
export interface WorkerConfig {
  queueUrl: string;
  output: OutputLocation;
  mode: "archive" | "live";
  /** Whether calls are mixed out of their legs. */
  stereo: boolean;
  /** Legs at a time. */
  concurrency: number;
  exitWhenEmpty: boolean;
  waitTimeSeconds: number;
  visibilityTimeoutSeconds: number;
  quiescenceMs: number;
  endLimitMs: number;
  holdLimitMs: number;
  retryDelayMs: number;
  shutdownGraceMs: number;
  logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  region: string;
  /** As deployed; undefined: the queue is asked for both. */
  deadLetter?: DeadLetter;
  /** Whether phone numbers go into sidecars. */
  includeNumbers: boolean;
  /** What an event must be of to be recorded; what is undefined is not checked. */
  origin: EventOrigin;
  /** Undefined: no metrics. */
  metricsNamespace?: string;
  /** Where audio waits until it is whole. Undefined: the system's directory for temporary files. */
  spoolDirectory?: string;
  /** Live: a leg's message is replaced by a fresh one after this long. */
  handoverMs: number;
  /** Live: a file that is touched for as long as the worker works. */
  healthFile?: string;
  /** Live: silence after which the mark of a leg's end is looked for. */
  endedMarkMs: number;
}

/** Where messages go that cannot be dealt with. */
export interface DeadLetter {
  queueUrl: string;
  /** After this many deliveries SQS moves a message there by itself. */
  maxReceiveCount: number;
}

const environmentSchema: z.ZodType<WorkerConfig> = z
  .object({
    /** The queue that the streaming events arrive in. It needs a dead-letter queue. */
    QUEUE_URL: variables.queueUrl,
    /** A directory, or `s3://bucket/prefix`. */
    OUTPUT: variables.output,
    /** `archive`: record when a leg has ended. `live`: record while it is spoken. */
    MODE: variables.mode,
    /** Make one stereo file a call out of its legs' recordings, caller left, callee right. */
    STEREO: flag("true"),
    /** Legs recorded at a time. Default 4 with MODE=archive, 100 with MODE=live. */
    CONCURRENCY: z.coerce
      .number("must be a whole number")
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .max(1_000, "must be at most 1000")
      .optional(),
    /** Stop when nothing is left to do. */
    EXIT_WHEN_EMPTY: flag("false"),
    /** How long one request for messages waits. */
    WAIT_TIME_SECONDS: seconds({ min: 1, max: 20, initial: 20 }).refine(Number.isInteger, "must be a whole number"),
    /** How long a message stays hidden without a sign of life from the worker. It is renewed while a leg is recorded. */
    VISIBILITY_TIMEOUT_SECONDS: seconds({ min: 3, max: TWELVE_HOURS, initial: 60 }).refine(
      Number.isInteger,
      "must be a whole number",
    ),
    /** The time between two equal listings that end a leg. Below 30 s it is recorded, and not said to be complete. */
    QUIESCENCE_SECONDS: seconds({ min: 0.1, max: 3_600, initial: 30 }),
    /** How long one attempt waits, with nothing new, for a leg's end; the next one comes with the message's next delivery. */
    END_LIMIT_SECONDS: seconds({ min: 0.1, max: 3_600, initial: 90 }),
    /** Live: silence after which a leg that nobody said has ended is given up. */
    HOLD_LIMIT_SECONDS: seconds({ min: 0.1, max: TWELVE_HOURS, initial: 900 }),
    /** A message comes back after this long when it could not be dealt with; doubled with every delivery, up to 15 minutes. */
    RETRY_DELAY_SECONDS: seconds({ min: 0, max: 900, initial: 15 }),
    /** What recordings get to finish after SIGTERM before they are handed back. */
    SHUTDOWN_GRACE_SECONDS: seconds({ min: 0, max: 3_600, initial: 20 }),
    LOG_LEVEL: variables.logLevel,
    /** Region of the queue and, to begin with, of the bucket. Default: the one in the queue's URL. */
    AWS_REGION: z.string("must be set, as QUEUE_URL names no region"),
    /** With MAX_RECEIVE_COUNT: the queue is not asked for either, which takes two permissions. */
    DEAD_LETTER_QUEUE_URL: variables.queueUrl.optional(),
    MAX_RECEIVE_COUNT: z.coerce
      .number("must be a whole number")
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .max(1_000, "must be at most 1000")
      .optional(),
    /** Write phone numbers into sidecars. */
    INCLUDE_NUMBERS: flag("false"),
    /** Events of other accounts, regions or connectors than these are put aside. Default: not checked. */
    STREAM_ACCOUNT_ID: variables.accountId.optional(),
    STREAM_REGIONS: list.optional(),
    VOICE_CONNECTOR_IDS: list.optional(),
    /** Metrics in Embedded Metric Format on standard output. Default: none. */
    METRICS_NAMESPACE: z
      .string()
      .regex(/^(?!AWS\/)[\w./#:-]{1,255}$/, "is not a name that CloudWatch takes for a namespace")
      .optional(),
    SPOOL_DIRECTORY: z.string().optional(),
    /** Live: SQS takes a message back after 12 hours, renewed or not. */
    HANDOVER_SECONDS: seconds({ min: 1, max: 39_600, initial: 21_600 }),
    HEALTH_FILE: z.string().optional(),
    ENDED_MARK_SECONDS: seconds({ min: 0.1, max: 3_600, initial: 15 }),
  })
  .transform((environment) => ({
    queueUrl: environment.QUEUE_URL,
    output: environment.OUTPUT,
    mode: environment.MODE,
    stereo: environment.STEREO === "true",
    concurrency: environment.CONCURRENCY ?? (environment.MODE === "archive" ? 4 : 100),
    exitWhenEmpty: environment.EXIT_WHEN_EMPTY === "true",
    waitTimeSeconds: environment.WAIT_TIME_SECONDS,
    visibilityTimeoutSeconds: environment.VISIBILITY_TIMEOUT_SECONDS,
    quiescenceMs: environment.QUIESCENCE_SECONDS * 1000,
    endLimitMs: environment.END_LIMIT_SECONDS * 1000,
    holdLimitMs: environment.HOLD_LIMIT_SECONDS * 1000,
    retryDelayMs: environment.RETRY_DELAY_SECONDS * 1000,
    shutdownGraceMs: environment.SHUTDOWN_GRACE_SECONDS * 1000,
    logLevel: environment.LOG_LEVEL,
    region: environment.AWS_REGION,
    deadLetter: deadLetterOf(environment.DEAD_LETTER_QUEUE_URL, environment.MAX_RECEIVE_COUNT),
    includeNumbers: environment.INCLUDE_NUMBERS === "true",
    origin: {
      accountId: environment.STREAM_ACCOUNT_ID,
      regions: environment.STREAM_REGIONS,
      voiceConnectorIds: environment.VOICE_CONNECTOR_IDS,
    },
    metricsNamespace: environment.METRICS_NAMESPACE,
    spoolDirectory: environment.SPOOL_DIRECTORY,
    handoverMs: environment.HANDOVER_SECONDS * 1000,
    healthFile: environment.HEALTH_FILE,
    endedMarkMs: environment.ENDED_MARK_SECONDS * 1000,
  }));

function deadLetterOf(queueUrl: string | undefined, maxReceiveCount: number | undefined): DeadLetter | undefined {
  return queueUrl !== undefined && maxReceiveCount !== undefined ? { queueUrl, maxReceiveCount } : undefined;
}

/**
 * The worker's configuration out of environment variables; an empty variable counts as missing.
 * Throws `WorkerConfigError`, which names every fault.
 */
export function parseWorkerConfig(environment: NodeJS.ProcessEnv): WorkerConfig {
  const present = variables.present(environment);
  const AWS_REGION = present.AWS_REGION ?? REGION_IN_QUEUE_URL.exec(present.QUEUE_URL ?? "")?.[1];
  const parsed = environmentSchema.safeParse({ ...present, AWS_REGION });
  if (parsed.success) return parsed.data;
  throw new WorkerConfigError(variables.faultsOf(parsed.error));
}
