import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { pino } from "pino";
import { openKinesisVideo } from "../../consumer/kinesis-video/kinesis-video-access.js";
import type { MetricName, Metrics } from "../../consumer/metrics/metrics.js";
import { WorkQueue } from "../../consumer/queue/work-queue.js";
import { parseWorkerConfig, type WorkerConfig } from "../../consumer/queue/worker-config.js";
import { directoryStore } from "../../consumer/recordings/directory-store.js";
import { directoryMarks } from "../../consumer/recordings/marks.js";
import type { Sidecar } from "../../consumer/recordings/sidecar.js";
import { Worker } from "../../consumer/worker.js";
import { QUICK } from "./recording-office.js";
import { pcmOf, speech, startTelephone, type Telephone } from "./telephone.js";

const caller = speech(1, 10_300);
const callee = speech(2, 9_000);
/** Played in four seconds, of which a stream that keeps nothing has the last two. */
const long = { caller: speech(3, 40_000), callee: speech(4, 38_000), speed: 10, hostBufferMs: 2_000 };

/** Until something that a worker does has come about. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + 15_000;
  while (!(await isSo())) {
    assert(Date.now() < untilMs, `did not come about: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("Worker, of legs that are read live", () => {
  let telephone: Telephone;
  let sqs: SQSClient;
  let folder: string;
  let carrying: Promise<void>;
  const closing = new Set<AbortController>();

  /** Two queues: events are carried into the one that `queueOf` says. */
  let queueUrls: string[];
  let queueOf: (status: string) => number;

  async function start(dataRetentionInHours: number): Promise<void> {
    telephone = await startTelephone({ dataRetentionInHours });
    sqs = new SQSClient({ region: "us-east-1" });
    folder = await mkdtemp(join(tmpdir(), "live-"));
    queueOf = () => 0;
    queueUrls = await Promise.all(["first", "second"].map(createQueue));
    const stopped = new AbortController();
    closing.add(stopped);
    carrying = carry(stopped.signal).catch(() => assert(stopped.signal.aborted));
  }

  afterEach(async () => {
    for (const stopped of closing) stopped.abort();
    closing.clear();
    await carrying;
    sqs.destroy();
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  async function createQueue(QueueName: string): Promise<string> {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `${QueueName}-dead` }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes!.QueueArn, maxReceiveCount: 20 });
    const created = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { RedrivePolicy } }));
    return created.QueueUrl!;
  }

  async function carry(abortSignal: AbortSignal): Promise<void> {
    const { QUEUE_URL: QueueUrl } = telephone.aws.env;
    for (;;) {
      const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
      const { Messages = [] } = await sqs.send(receive, { abortSignal });
      for (const { Body: MessageBody, ReceiptHandle } of Messages) {
        const to = queueUrls[queueOf(JSON.parse(MessageBody!).detail.streamingStatus)];
        await sqs.send(new SendMessageCommand({ QueueUrl: to, MessageBody }));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  async function messagesLeft(): Promise<number> {
    const counts = queueUrls.map(async (QueueUrl) => {
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
      const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: hidden } = Attributes!;
      return Number(visible) + Number(hidden) + Number(Attributes!.ApproximateNumberOfMessagesDelayed);
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async function startWorker(queue: number, overrides: Partial<WorkerConfig> = {}) {
    const environment = { AWS_REGION: "us-east-1", QUEUE_URL: queueUrls[queue], OUTPUT: folder, MODE: "live" };
    const lasting = { exitWhenEmpty: false, waitTimeSeconds: 1, holdLimitMs: 3_600_000, endedMarkMs: 200 };
    const config = { ...parseWorkerConfig(environment), ...QUICK, ...lasting, ...overrides };
    const recorded: Sidecar[] = [];
    const counts = new Map<MetricName, number>();
    const values = new Map<MetricName, number[]>();
    const metrics: Metrics = {
      count: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value),
      record: (name, value) => void values.set(name, [...(values.get(name) ?? []), value]),
      flush: () => undefined,
    };
    const log: { msg: string }[] = [];
    const stopping = new AbortController();
    closing.add(stopping);
    let legs = 0;
    const worker = new Worker({
      config,
      queue: await WorkQueue.open(sqs, config.queueUrl),
      access: openKinesisVideo({ retry: { baseMs: 2, maxMs: 20 } }),
      store: directoryStore(folder),
      marks: directoryMarks(folder),
      logger: pino({ level: "info" }, { write: (line: string) => void log.push(JSON.parse(line)) }),
      metrics,
      onLegs: (count) => {
        legs = count;
      },
      onRecorded: (sidecar) => recorded.push(sidecar),
    });
    return {
      recorded,
      counts,
      values,
      said: (message: string) => log.filter(({ msg }) => msg === message),
      legs: () => legs,
      ended: worker.run(stopping.signal),
      stop: () => stopping.abort(),
    };
  }

  async function assertSpoken(
    sidecars: readonly Sidecar[],
    complete: boolean,
    spoken = { caller, callee },
  ): Promise<void> {
    assert.deepEqual(sidecars.map(({ isCaller }) => isCaller).sort(), [false, true]);
    for (const sidecar of sidecars) {
      assert.deepEqual([sidecar.complete, sidecar.endProof], [complete, "endedEvent"]);
      const expected = sidecar.isCaller ? spoken.caller : spoken.callee;
      assert((await pcmOf(sidecar.audio.location)).equals(expected), "not what was spoken");
    }
  }

  const marksLeft = async () =>
    (await readdir(join(folder, "marks"), { recursive: true })).filter((name) => name.endsWith(".json"));

  it("end when another worker gets ENDED, long before silence is given up", async () => {
    await start(24);
    queueOf = (status) => (status === "ENDED" ? 1 : 0);
    const reader = await startWorker(0);
    const other = await startWorker(1);
    telephone.startCall(caller, callee, 20);
    await until(() => reader.legs() === 2);
    await until(async () => reader.legs() === 0 && (await messagesLeft()) === 0);
    const read = reader.said("read live") as unknown as { endProof: string }[];
    assert.deepEqual(
      read.map(({ endProof }) => endProof),
      ["endedEvent", "endedEvent"],
    );
    // Whoever has a leg first records it; nothing is recorded twice.
    await assertSpoken([...reader.recorded, ...other.recorded], true);
    assert.deepEqual(await marksLeft(), []);
  });

  it("are recorded whole by who reads them, of streams that keep nothing, when another worker gets ENDED", async () => {
    await start(0);
    queueOf = (status) => (status === "ENDED" ? 1 : 0);
    const reader = await startWorker(0);
    await startWorker(1, { retryDelayMs: 1_000 });
    telephone.aws.control.change({ hostBufferMs: long.hostBufferMs });
    telephone.startCall(long.caller, long.callee, long.speed);
    await until(async () => reader.recorded.length === 2 && (await messagesLeft()) === 0);
    await assertSpoken(reader.recorded, false, long);
    assert.deepEqual(await marksLeft(), []);
  });

  it("outlast their messages", async () => {
    await start(24);
    const worker = await startWorker(0, { handoverMs: 300, waitTimeSeconds: 20 });
    telephone.startCall(caller, callee, 5);
    await until(() => worker.recorded.length === 2);
    await until(async () => (await messagesLeft()) === 0);
    assert(worker.counts.get("Handovers")! >= 4);
    assert.equal(worker.said("reading live").length, 2);
    await assertSpoken(worker.recorded, true);
    assert.deepEqual([worker.counts.get("EventsStarted"), worker.counts.get("LegsRecorded")], [2, 2]);
    assert.equal(worker.values.get("PickupLag")!.length, 2);
    assert(worker.values.get("PickupLag")!.every((lag) => lag >= 0 && lag < 60));
  });

  it("are read again from the first fragment where their worker was stopped, and nobody takes that for another delivery", async () => {
    await start(24);
    const stopped = await startWorker(0);
    const call = telephone.startCall(caller, callee, 5);
    await until(() => stopped.legs() === 2);
    stopped.stop();
    await stopped.ended;
    assert.deepEqual([stopped.said("handed to another worker").length, stopped.recorded.length], [2, 0]);
    assert.equal(call.isOver, false);
    const other = await startWorker(0);
    await until(async () => other.recorded.length === 2 && (await messagesLeft()) === 0);
    await assertSpoken(other.recorded, true);
    assert.deepEqual([other.counts.get("EventsStarted"), other.values.get("PickupLag")], [undefined, undefined]);
  });

  it("are not said to be complete where their worker was stopped, and their streams keep nothing", async () => {
    await start(0);
    telephone.aws.control.change({ hostBufferMs: long.hostBufferMs });
    const stopped = await startWorker(0);
    telephone.startCall(long.caller, long.callee, long.speed);
    await until(() => stopped.legs() === 2);
    const begunMs = Date.now();
    await until(() => Date.now() - begunMs > long.hostBufferMs + 500);
    stopped.stop();
    await stopped.ended;
    const other = await startWorker(0);
    await until(async () => other.recorded.length === 2 && (await messagesLeft()) === 0);
    for (const { complete, isCaller, audio } of other.recorded) {
      assert.equal(complete, false);
      const spoken = isCaller ? long.caller : long.callee;
      const pcm = await pcmOf(audio.location);
      assert(pcm.length < spoken.length && spoken.subarray(-pcm.length).equals(pcm), "not the last of what was spoken");
    }
  });
});
