import * as z from "zod";
import * as variables from "../environment.js";
import { hours, seconds } from "../environment.js";
import type { OutputLocation } from "../recordings/output-location.js";

/** How reconciliation works; {@link parseReconcileConfig} has the defaults and limits of each. */
export interface ReconcileConfig {
  /** Whose streams are looked at: each region reconciles its own. */
  region: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  output: OutputLocation;
  mode: "archive" | "live";
  voiceConnectorIds: string[];
  /** Undefined: not checked. */
  accountId?: string;
  /** A leg that has said nothing for so long, and has not been ended by an event, counts as ended. */
  quietMs: number;
  /** A leg that has ended is announced after so long: its event may be on its way. Less on streams that keep little. */
  patienceMs: number;
  /** An announcement is repeated after so long, where nothing has come of it; later every time. */
  repeatMs: number;
  maxCallMs: number;
  recoveryWindowMs: number;
  detailRecordsBucket?: string;
  requestsPerSecond: number;
  metricsNamespace?: string;
  logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
}

/** The configuration is wrong: every fault, each with the name of its variable. */
export class ReconcileConfigError extends Error {
  override readonly name = "ReconcileConfigError";

  constructor(readonly faults: readonly string[]) {
    super(faults.join("; "));
  }
}

const HOUR_MS = 60 * 60_000;
/** A message that fails comes back for seven hours or so, until it is put aside: thirty deliveries, a quarter of an hour apart. */
const MIN_REPEAT_HOURS = 8;
/** Chime's own role asks for endpoints, too, and the account has 300 a second for all: never more than a tenth of it. */
const MAX_REQUESTS_PER_SECOND = 30;

const environmentSchema: z.ZodType<ReconcileConfig> = z
  .object({
    AWS_REGION: z.string("must be set"),
    /** The queue that the streaming events of this region arrive in. */
    QUEUE_URL: variables.queueUrl,
    DEAD_LETTER_QUEUE_URL: variables.queueUrl,
    /** As the workers have it: a directory, or `s3://bucket/prefix`. */
    OUTPUT: variables.output,
    MODE: variables.mode,
    VOICE_CONNECTOR_IDS: z
      .string("must name the Voice Connectors, with commas between")
      .transform((text) => text.split(",").map((id) => id.trim()))
      .pipe(
        z.array(
          z.string().regex(/^[A-Za-z0-9-]{1,128}$/, "must be a list of Voice Connector ids, with commas between"),
        ),
      ),
    STREAM_ACCOUNT_ID: variables.accountId.optional(),
    /** How often the marks are looked at. */
    RECONCILE_HOURS: hours({ min: 0.01, max: 24, initial: 1 }),
    MAX_CALL_HOURS: hours({ min: 0.01, max: 168, initial: 4 }),
    RECOVERY_WINDOW_HOURS: hours({ min: 0, max: 8_760, initial: 24 }),
    /** Bucket of the streaming detail records. Default: none. */
    DETAIL_RECORDS_BUCKET: z.string().optional(),
    /** Requests to Kinesis Video Streams, all of them. */
    LIST_REQUESTS_PER_SECOND: z.coerce
      .number("must be a number")
      .positive("must be more than 0")
      .max(MAX_REQUESTS_PER_SECOND, `must be at most ${MAX_REQUESTS_PER_SECOND}`)
      .default(4),
    /** Silence after which a leg counts as ended. */
    HOLD_LIMIT_SECONDS: seconds({ min: 0.1, max: 43_200, initial: 900 }),
    /** How long a leg's ENDED may be on its way. */
    ENDED_PATIENCE_SECONDS: seconds({ min: 0, max: 86_400, initial: 7_200 }),
    METRICS_NAMESPACE: z.string().optional(),
    LOG_LEVEL: variables.logLevel,
  })
  .transform((environment) => ({
    region: environment.AWS_REGION,
    queueUrl: environment.QUEUE_URL,
    deadLetterQueueUrl: environment.DEAD_LETTER_QUEUE_URL,
    output: environment.OUTPUT,
    mode: environment.MODE,
    voiceConnectorIds: environment.VOICE_CONNECTOR_IDS,
    accountId: environment.STREAM_ACCOUNT_ID,
    quietMs: environment.HOLD_LIMIT_SECONDS * 1000,
    patienceMs: environment.ENDED_PATIENCE_SECONDS * 1000,
    repeatMs: Math.max(MIN_REPEAT_HOURS, environment.RECONCILE_HOURS) * HOUR_MS,
    maxCallMs: environment.MAX_CALL_HOURS * HOUR_MS,
    recoveryWindowMs: environment.RECOVERY_WINDOW_HOURS * HOUR_MS,
    detailRecordsBucket: environment.DETAIL_RECORDS_BUCKET,
    requestsPerSecond: environment.LIST_REQUESTS_PER_SECOND,
    metricsNamespace: environment.METRICS_NAMESPACE,
    logLevel: environment.LOG_LEVEL,
  }));

/**
 * The configuration out of environment variables; an empty variable counts as missing.
 * Throws `ReconcileConfigError`, which names every fault.
 */
export function parseReconcileConfig(environment: NodeJS.ProcessEnv): ReconcileConfig {
  const parsed = environmentSchema.safeParse(variables.present(environment));
  if (parsed.success) return parsed.data;
  throw new ReconcileConfigError(variables.faultsOf(parsed.error));
}
