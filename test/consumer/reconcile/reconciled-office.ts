import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateStreamCommand,
  DescribeStreamCommand,
  KinesisVideoClient,
  UpdateDataRetentionCommand,
} from "@aws-sdk/client-kinesis-video";
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { pino } from "pino";
import { namedErrors } from "../../../aws/call-error.js";
import { type Clock, systemClock } from "../../../consumer/clock.js";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import { openKinesisVideo } from "../../../consumer/kinesis-video/kinesis-video-access.js";
import type { MetricName, Metrics } from "../../../consumer/metrics/metrics.js";
import { WorkQueue } from "../../../consumer/queue/work-queue.js";
import { parseWorkerConfig } from "../../../consumer/queue/worker-config.js";
import { Announcer } from "../../../consumer/reconcile/announcer.js";
import { hourOf } from "../../../consumer/reconcile/connector-streams.js";
import { type ReconcileOptions, reconcile } from "../../../consumer/reconcile/reconcile.js";
import { parseReconcileConfig, type ReconcileConfig } from "../../../consumer/reconcile/reconcile-config.js";
import type { ReconcileRequest } from "../../../consumer/reconcile/reconcile-request.js";
import { pacedRequests } from "../../../consumer/reconcile/request-pace.js";
import { directoryStore } from "../../../consumer/recordings/directory-store.js";
import { directoryMarks } from "../../../consumer/recordings/marks.js";
import { isLegName } from "../../../consumer/recordings/recording-name.js";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";
import { Worker } from "../../../consumer/worker.js";
import { type EventDocument, QUICK } from "../recording-office.js";
import { pcmOf, startTelephone } from "../telephone.js";

/** Long after any call of a test: nobody speaks any more, and no event is on its way. */
export const LATER_MS = 3 * 60 * 60_000;

const HASTE = 10;

export interface ReconcileRun {
  /** How much later than now it is for the reconciler. Default `LATER_MS`. */
  laterMs?: number;
  config?: Partial<ReconcileConfig>;
  options?: Partial<ReconcileOptions>;
}

/** What was counted and recorded. */
export class CountedMetrics implements Metrics {
  readonly counts: Partial<Record<MetricName, number>> = {};
  readonly values: Partial<Record<MetricName, number[]>> = {};

  count(name: MetricName, value = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + value;
  }

  record(name: MetricName, value: number): void {
    this.values[name] = [...(this.values[name] ?? []), value];
  }

  flush(): void {}
}

/** Listings that prove an end stand still for seconds: time that passes faster spares a test the wait. */
function hastyClock(): Clock {
  const startMs = Date.now();
  return {
    now: () => startMs + (Date.now() - startMs) * HASTE,
    sleep: (ms, signal) => systemClock.sleep(ms / HASTE, signal),
  };
}

/** A telephone, workers that record its calls into a folder, and a reconciler beside them. */
export async function openReconciledOffice(options: Parameters<typeof startTelephone>[0] = {}) {
  const telephone = await startTelephone(options);
  const { QUEUE_URL, DEAD_LETTER_QUEUE_URL } = telephone.aws.env;
  const folder = await mkdtemp(join(tmpdir(), "reconcile-"));
  const sqs = new SQSClient({ region: telephone.region });
  sqs.middlewareStack.use(namedErrors("sqs", sqs.config));
  const kinesisVideo = new KinesisVideoClient({ region: telephone.region });
  const store = directoryStore(folder);
  const marks = directoryMarks(folder);
  const logger = pino({ level: process.env.TEST_LOG_LEVEL ?? "silent" });

  async function run(request: ReconcileRequest, { laterMs = LATER_MS, config, options: more }: ReconcileRun) {
    const parsed = parseReconcileConfig({
      ...{ AWS_REGION: telephone.region, QUEUE_URL, DEAD_LETTER_QUEUE_URL, OUTPUT: folder },
      VOICE_CONNECTOR_IDS: telephone.voiceConnectorId,
    });
    const given = { ...parsed, requestsPerSecond: 10_000, ...config };
    const clock = { ...systemClock, now: () => Date.now() + laterMs };
    const plugin = pacedRequests(given.requestsPerSecond);
    const access = openKinesisVideo({ plugin, clock, retry: { baseMs: 2, maxMs: 20 } });
    const metrics = new CountedMetrics();
    const announcer = new Announcer({
      ...{ sqs, queueUrl: given.queueUrl, deadLetterQueueUrl: given.deadLetterQueueUrl, clock },
    });
    const deadline = new AbortController().signal;
    try {
      const tools = { config: given, access, store, marks, announcer, metrics, logger, deadline };
      const result = await reconcile(request, { ...tools, ...more });
      return { ...result, counts: metrics.counts, values: metrics.values };
    } finally {
      access.clients.destroy();
    }
  }

  async function take(QueueUrl: string): Promise<Message[]> {
    const messages: Message[] = [];
    for (let left = await messagesIn(QueueUrl); left > 0; left = await messagesIn(QueueUrl)) {
      const asked = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] };
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(asked));
      for (const message of Messages) {
        messages.push(message);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      }
    }
    return messages;
  }

  async function messagesIn(QueueUrl: string): Promise<number> {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
    const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } =
      (await sqs.send(command)).Attributes ?? {};
    return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
  }

  return {
    telephone,
    kinesisVideo,
    folder,
    store,
    marks,
    /** Looks at the marks. */
    round: (given: ReconcileRun = {}) => run({ tier: "marks", timeMs: Date.now() }, given),
    /** A sweep in the given hour of the day; without one, sweeps of all 24. */
    async sweep(given: ReconcileRun & { hour?: number } = {}) {
      const day = Date.UTC(2026, 0, 31);
      const hours = given.hour === undefined ? Array.from({ length: 24 }, (_, hour) => hour) : [given.hour];
      const runs: Awaited<ReturnType<typeof run>>[] = [];
      for (const hour of hours) runs.push(await run({ tier: "sweep", timeMs: day + hour * 3_600_000 }, given));
      const sum = (name: MetricName) => runs.reduce((total, { counts }) => total + (counts[name] ?? 0), 0);
      return {
        runs,
        found: sum("LegsFoundByReconciliation"),
        swept: sum("SweptStreams"),
        unfinished: sum("SweepUnfinished"),
      };
    },
    /** Records whatever is in the queue, by the usual path. */
    async work(): Promise<Sidecar[]> {
      const environment = { AWS_REGION: telephone.region, QUEUE_URL, OUTPUT: folder };
      // An end that is known by its time is believed when the listing has stood still for two seconds.
      const config = { ...parseWorkerConfig(environment), ...QUICK, endLimitMs: 5_000, concurrency: 8 };
      const access = openKinesisVideo({ clock: hastyClock(), retry: { baseMs: 2, maxMs: 20 } });
      const recorded: Sidecar[] = [];
      const queue = await WorkQueue.open(sqs, config.queueUrl);
      const onRecorded = (sidecar: Sidecar) => void recorded.push(sidecar);
      await new Worker({ config, queue, access, store, marks, logger, onRecorded }).run(new AbortController().signal);
      access.clients.destroy();
      return recorded;
    },
    /** Takes all messages off the queue. @returns the details of their events */
    async announced(): Promise<Record<string, unknown>[]> {
      return (await take(QUEUE_URL!)).map(({ Body }) => JSON.parse(Body!).detail);
    },
    /** Takes all messages off the dead-letter queue. */
    putAside: () => take(DEAD_LETTER_QUEUE_URL!),
    async markNames(): Promise<string[]> {
      const names: string[] = [];
      for await (const { name } of marks.list("started")) names.push(name);
      return names.sort();
    },
    /** Resolves when so many events wait in the queue. */
    async whenEvents(count: number): Promise<void> {
      const waiting = () => telephone.aws.control.state().queues.find(({ url }) => url === QUEUE_URL)!.visible;
      while (waiting() < count) await new Promise((resolve) => setImmediate(resolve));
    },
    /** Makes all marks look as if they were this old. */
    async ageMarks(ageMs: number): Promise<void> {
      const at = new Date(Date.now() - ageMs);
      const place = join(folder, "marks", "started");
      for (const file of await readdir(place)) await utimes(join(place, file), at, at);
    },
    async setStreamRetention(StreamARN: string, hours: number): Promise<void> {
      const { StreamInfo } = await kinesisVideo.send(new DescribeStreamCommand({ StreamARN }));
      const change = hours - StreamInfo!.DataRetentionInHours!;
      await kinesisVideo.send(
        new UpdateDataRetentionCommand({
          StreamARN,
          CurrentVersion: StreamInfo!.Version,
          Operation: change > 0 ? "INCREASE_DATA_RETENTION" : "DECREASE_DATA_RETENTION",
          DataRetentionChangeInHours: Math.abs(change),
        }),
      );
    },
    /** Takes all events off the queue, to be changed. */
    takeEvents: async () => (await take(QUEUE_URL!)).map(({ Body }) => JSON.parse(Body!) as EventDocument),
    async sendEvents(events: readonly EventDocument[]): Promise<void> {
      for (const event of events) {
        await sqs.send(new SendMessageCommand({ QueueUrl: QUEUE_URL, MessageBody: JSON.stringify(event) }));
      }
    },
    /** Of all recordings of legs that are there now. */
    async sidecars(): Promise<Sidecar[]> {
      const names = (await store.list("", 100)).filter(isLegName);
      return (await Promise.all(names.map((name) => store.find(name)))).map(({ sidecar }) => sidecar!);
    },
    /** Streams as calls on the connector would have left them, and one of another connector. */
    async createStreams(count: number): Promise<void> {
      const create = (StreamName: string) =>
        kinesisVideo.send(new CreateStreamCommand({ StreamName, DataRetentionInHours: 24 }));
      for (let i = 0; i < count; i++) await create(`ChimeVoiceConnector-${telephone.voiceConnectorId}-${randomUUID()}`);
      await create(`ChimeVoiceConnector-other-${randomUUID()}`);
    },
    /** At which hours of the day the streams' turns come. */
    hoursOfStreams: () => telephone.aws.control.state().streams.map(({ arn }) => hourOf(parseStreamArn(arn)!)),
    /** Calls that local-aws was sent since `clearCalls`. */
    calls: (action: string) => telephone.aws.control.calls().filter((call) => call.action === action),
    /** Each recording is as it was spoken, in the order of the legs' lengths. */
    async assertSpoken(recorded: readonly Sidecar[], spoken: readonly Buffer[]): Promise<void> {
      assert.equal(recorded.length, spoken.length);
      const heard = await Promise.all(recorded.map(({ audio }) => pcmOf(audio.location)));
      const byBytes = (a: Buffer, b: Buffer) => Buffer.compare(a, b);
      assert.deepEqual(heard.sort(byBytes), [...spoken].sort(byBytes));
    },
    async close(): Promise<void> {
      sqs.destroy();
      kinesisVideo.destroy();
      await telephone.close();
      await rm(folder, { recursive: true });
    },
  };
}

export type ReconciledOffice = Awaited<ReturnType<typeof openReconciledOffice>>;
