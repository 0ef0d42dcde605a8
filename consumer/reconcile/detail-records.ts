import { createHash } from "node:crypto";
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import * as z from "zod";
import type { RecordingStore } from "../recordings/recording-store.js";
import { listRefusal } from "../recordings/s3-refusal.js";
import { hasRecording } from "./recorded-legs.js";

/** A call that was streamed, and of which nothing is recorded. */
export interface MissingCall {
  transactionId: string;
  voiceConnectorId: string;
  callId?: string;
  /** When to look for its media, by the server's clock. */
  fromMs: number;
  toMs: number;
}

export interface DetailRecordsOptions {
  /** The client should carry `namedErrors("s3")`. */
  client: S3Client;
  bucket: string;
  voiceConnectorIds: readonly string[];
  store: RecordingStore;
  nowMs: number;
  /** A call that was spoken less than this ago may still be, or is about to be recorded. */
  quietMs: number;
  maxCallMs: number;
  signal?: AbortSignal;
}

interface RecordKey {
  key: string;
  transactionId: string;
  voiceConnectorId: string;
  timeMs: number;
}

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** Media reaches Kinesis a little after it was spoken, and clocks differ. */
const MARGIN_MS = 5 * 60_000;
/** Records are looked at for this long, and the quiet before: a sweep every hour sees each of them twice or more. */
const FRESH_MS = 3 * HOUR_MS;

const NAME = /^(\d\d)\.(\d\d)\.(\d\d)\.(\d{3})_(.{1,256})$/;

const documentSchema = z.object({
  CallId: z.string().optional().catch(undefined),
  StartTimeEpochSeconds: z.coerce.number().positive(),
  EndTimeEpochSeconds: z.coerce.number().positive(),
});

/**
 * Calls of yesterday and today, by the streaming detail records that Voice Connectors leave in a bucket, of which no leg is recorded.
 * Each record is looked at when it is new, and once more within the day.
 * https://docs.aws.amazon.com/chime-sdk/latest/ag/attributes.html
 *
 * Needs s3:ListBucket on the bucket and s3:GetObject on its objects below `Amazon-Chime-Voice-Connector-SDRs/`. Throws `AwsCallError`.
 */
export async function findMissingCalls(options: DetailRecordsOptions): Promise<MissingCall[]> {
  const { store, nowMs, quietMs, signal } = options;
  const missing = new Map<string, MissingCall>();
  for await (const record of listRecords(options)) {
    if (missing.has(record.transactionId) || nowMs - record.timeMs < quietMs) continue;
    signal?.throwIfAborted();
    if (await hasRecording(store, record.transactionId)) continue;
    missing.set(record.transactionId, await callOf(record, options));
  }
  return [...missing.values()];
}

async function* listRecords(options: DetailRecordsOptions): AsyncGenerator<RecordKey, void> {
  const { client, bucket, voiceConnectorIds, nowMs, quietMs, signal } = options;
  for (const voiceConnectorId of voiceConnectorIds) {
    for (const dayMs of [nowMs - DAY_MS, nowMs]) {
      const day = new Date(dayMs).toISOString().slice(0, 10);
      const Prefix = `Amazon-Chime-Voice-Connector-SDRs/json/${voiceConnectorId}/${day.replaceAll("-", "/")}/`;
      let ContinuationToken: string | undefined;
      do {
        const command = new ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken });
        const page = await client.send(command, { abortSignal: signal }).catch((error) => {
          throw listRefusal(error, bucket);
        });
        for (const { Key = "", LastModified } of page.Contents ?? []) {
          const match = NAME.exec(Key.slice(Prefix.length));
          if (!match) continue;
          const [, hours, minutes, seconds, ms, transactionId] = match;
          const timeMs = Date.parse(`${day}T${hours}:${minutes}:${seconds}.${ms}Z`);
          const isFresh = nowMs - (LastModified?.getTime() ?? 0) < FRESH_MS + quietMs;
          if (Number.isNaN(timeMs) || !(isFresh || hourOf(transactionId!) === new Date(nowMs).getUTCHours())) continue;
          yield { key: Key, transactionId: transactionId!, voiceConnectorId, timeMs };
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    }
  }
}

function hourOf(transactionId: string): number {
  return createHash("sha256").update(transactionId).digest().readUInt32BE() % 24;
}

/** What the record says of its times; where it cannot be read, its name has one of them, and nobody says which. */
async function callOf(record: RecordKey, options: DetailRecordsOptions): Promise<MissingCall> {
  const { client, bucket, maxCallMs, signal } = options;
  const { key, transactionId, voiceConnectorId, timeMs } = record;
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
  const said = parseDocument((await Body?.transformToString()) ?? "");
  const startMs = said ? said.StartTimeEpochSeconds * 1000 : timeMs - maxCallMs;
  const endMs = said ? said.EndTimeEpochSeconds * 1000 : timeMs + maxCallMs;
  const range = { fromMs: startMs - MARGIN_MS, toMs: endMs + MARGIN_MS };
  return { transactionId, voiceConnectorId, callId: said?.CallId, ...range };
}

function parseDocument(text: string): z.infer<typeof documentSchema> | undefined {
  try {
    return documentSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
