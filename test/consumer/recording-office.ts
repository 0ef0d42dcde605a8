import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { pino } from "pino";
import { openKinesisVideo } from "../../consumer/kinesis-video/kinesis-video-access.js";
import { type Metrics, noMetrics } from "../../consumer/metrics/metrics.js";
import { WorkQueue } from "../../consumer/queue/work-queue.js";
import { parseWorkerConfig, type WorkerConfig } from "../../consumer/queue/worker-config.js";
import type { CallSidecar } from "../../consumer/recordings/call-sidecar.js";
import { directoryStore } from "../../consumer/recordings/directory-store.js";
import type { RecordingStore } from "../../consumer/recordings/recording-store.js";
import type { Sidecar } from "../../consumer/recordings/sidecar.js";
import { Worker } from "../../consumer/worker.js";
import { startTelephone } from "./telephone.js";

/** Everything that takes time is a parameter: tests wait for what happens, not for the clock. */
export const QUICK: Partial<WorkerConfig> = {
  exitWhenEmpty: true,
  waitTimeSeconds: 0,
  quiescenceMs: 100,
  endLimitMs: 300,
  holdLimitMs: 300,
  retryDelayMs: 0,
  shutdownGraceMs: 5_000,
};

/** A streaming event as EventBridge delivers it. */
export interface EventDocument {
  detail: Record<string, unknown>;
  [field: string]: unknown;
}

export type RecordingOffice = Awaited<ReturnType<typeof openRecordingOffice>>;

/** A telephone whose calls workers record into a folder. */
export async function openRecordingOffice(options: Parameters<typeof startTelephone>[0] = {}) {
  const telephone = await startTelephone(options);
  const sqs = new SQSClient({ region: "us-east-1" });
  const folder = await mkdtemp(join(tmpdir(), "office-"));
  const QueueUrl = telephone.aws.env.QUEUE_URL!;

  async function work(
    overrides: Partial<WorkerConfig> = {},
    store: RecordingStore = directoryStore(folder),
    metrics: Metrics = noMetrics,
  ) {
    const environment = { AWS_REGION: "us-east-1", QUEUE_URL: QueueUrl, OUTPUT: folder, MODE: overrides.mode };
    const config = { ...parseWorkerConfig(environment), ...QUICK, ...overrides };
    const recorded: Sidecar[] = [];
    const mixed: CallSidecar[] = [];
    const access = openKinesisVideo({ retry: { baseMs: 2, maxMs: 20 } });
    const worker = new Worker({
      config,
      queue: await WorkQueue.open(sqs, config.queueUrl),
      access,
      store,
      metrics,
      logger: pino({ level: process.env.TEST_LOG_LEVEL ?? "silent" }),
      onRecorded: (sidecar) => recorded.push(sidecar),
      onMixed: (sidecar) => mixed.push(sidecar),
    });
    await worker.run(new AbortController().signal);
    access.clients.destroy();
    return { recorded, mixed };
  }

  return {
    telephone,
    folder,
    /** Works until nothing is left to do. */
    work,
    /** Takes all events off the queue. */
    async takeEvents(count: number): Promise<EventDocument[]> {
      const events: EventDocument[] = [];
      for (let attempts = 0; events.length < count; attempts++) {
        assert(attempts < 20, `only ${events.length} of ${count} events came`);
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        for (const { Body, ReceiptHandle } of Messages) {
          events.push(JSON.parse(Body!));
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
      return events;
    },
    async sendEvents(events: readonly EventDocument[]): Promise<void> {
      for (const event of events)
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
    },
    async messagesLeft(url = QueueUrl): Promise<number> {
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }));
      return (
        Number(Attributes!.ApproximateNumberOfMessages) + Number(Attributes!.ApproximateNumberOfMessagesNotVisible ?? 0)
      );
    },
    /** Names of all files, sorted. */
    files: async () => (await readdir(folder)).sort(),
    async call(transactionId: string): Promise<CallSidecar> {
      return JSON.parse(await readFile(join(folder, `${transactionId}_call.json`), "utf8"));
    },
    async close(): Promise<void> {
      sqs.destroy();
      await telephone.close();
      await rm(folder, { recursive: true });
    },
  };
}
