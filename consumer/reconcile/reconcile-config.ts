import * as z from "zod";
import { type OutputLocation, parseOutputLocation } from "../recordings/output-location.js";

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

const hours = (range: { min: number; max: number; initial: number }) =>
  z.coerce
    .number("must be a number of hours")
    .min(range.min, `must be at least ${range.min} hours`)
    .max(range.max, `must be at most ${range.max} hours`)
    .default(range.initial);

const environmentSchema: z.ZodType<ReconcileConfig> = z
  .object({
    AWS_REGION: z.string("must be set"),
    /** The queue that the streaming events of this region arrive in. */
    QUEUE_URL: z.url("must be the URL of an SQS queue"),
    DEAD_LETTER_QUEUE_URL: z.url("must be the URL of an SQS queue"),
    /** As the workers have it: a directory, or `s3://bucket/prefix`. */
    OUTPUT: z.string("must name a directory or s3://bucket/prefix").transform((text, context) => {
      try {
        return parseOutputLocation(text);
      } catch (error) {
        context.addIssue({ code: "custom", message: (error as RangeError).message });
        return z.NEVER;
      }
    }),
    MODE: z.enum(["archive", "live"], 'must be "archive" or "live"').default("archive"),
    VOICE_CONNECTOR_IDS: z
      .string("must name the Voice Connectors, with commas between")
      .transform((text) => text.split(",").map((id) => id.trim()))
      .pipe(
        z.array(
          z.string().regex(/^[A-Za-z0-9-]{1,128}$/, "must be a list of Voice Connector ids, with commas between"),
        ),
      ),
    STREAM_ACCOUNT_ID: z
      .string()
      .regex(/^\d{12}$/, "must have 12 digits")
      .optional(),
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
    HOLD_LIMIT_SECONDS: z.coerce
      .number("must be a number of seconds")
      .min(0.1, "must be at least 0.1 seconds")
      .max(43_200, "must be at most 43200 seconds")
      .default(900),
    /** How long a leg's ENDED may be on its way. */
    ENDED_PATIENCE_SECONDS: z.coerce
      .number("must be a number of seconds")
      .min(0, "must be at least 0 seconds")
      .max(86_400, "must be at most 86400 seconds")
      .default(7_200),
    METRICS_NAMESPACE: z.string().optional(),
    LOG_LEVEL: z
      .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "is not a level of pino")
      .default("info"),
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
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = environmentSchema.safeParse(present);
  if (parsed.success) return parsed.data;
  throw new ReconcileConfigError(parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`));
}
