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
import { type Clock, systemClock } from "../../consumer/clock.js";
import { openKinesisVideo } from "../../consumer/kinesis-video/kinesis-video-access.js";
import type { MetricName, Metrics } from "../../consumer/metrics/metrics.js";
import { WorkQueue } from "../../consumer/queue/work-queue.js";
import { parseWorkerConfig, type WorkerConfig } from "../../consumer/queue/worker-config.js";
import { directoryStore } from "../../consumer/recordings/directory-store.js";
import { directoryMarks, type MarkStore } from "../../consumer/recordings/marks.js";
import type { RecordingStore } from "../../consumer/recordings/recording-store.js";
import type { Sidecar } from "../../consumer/recordings/sidecar.js";
import { Worker } from "../../consumer/worker.js";
import { QUICK } from "./recording-office.js";
import { pcmOf, speech, startTelephone, type Telephone } from "./telephone.js";

const caller = speech(1, 10_300);
const callee = speech(2, 9_000);
/** Played in four seconds, of which a stream that keeps nothing has the last two. */
const long = { caller: speech(3, 40_000), callee: speech(4, 38_000), speed: 10, hostBufferMs: 2_000 };

/** What a worker works with, where that is not what it has otherwise. */
interface Parts {
  store?: RecordingStore;
  marks?: MarkStore;
  clock?: Clock;
  queue?: (queue: WorkQueue) => WorkQueue;
}

let isAnswered = true;
/** A queue whose connections can die without a word. */
const unanswered = (queue: WorkQueue): WorkQueue =>
  new Proxy(queue, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => (isAnswered ? value.apply(target, given) : new Promise(() => undefined));
    },
  });

/** A queue that goes on with a request that is broken off, as SQS does: what it brings is hidden from everybody. */
const goingOn = (queue: WorkQueue): WorkQueue =>
  new Proxy(queue, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name !== "receive") return typeof value === "function" ? value.bind(target) : value;
      const receive: WorkQueue["receive"] = (request, signal) =>
        new Promise((resolve, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
          target.receive(request).then(resolve, reject);
        });
      return receive;
    },
  });

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
    isAnswered = true;
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

  async function startWorker(
    queueNumber: number,
    overrides: Partial<WorkerConfig> = {},
    { clock, queue = (real) => real, ...places }: Parts = {},
  ) {
    const environment = { AWS_REGION: "us-east-1", QUEUE_URL: queueUrls[queueNumber], OUTPUT: folder, MODE: "live" };
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
      queue: queue(await WorkQueue.open(sqs, config.queueUrl)),
      access: openKinesisVideo({ clock, retry: { baseMs: 2, maxMs: 20 } }),
      store: directoryStore(folder),
      marks: directoryMarks(folder),
      ...places,
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

  /** The worker waits for messages, and so does who carries them. */
  const isAsked = () =>
    telephone.aws.control.calls().filter(({ action }) => action === "sqs:ReceiveMessage").length >= 2;

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

  it("are read by others where their worker goes without a word after its messages were replaced", async () => {
    await start(24);
    let isDenied = false;
    const queue = (real: WorkQueue): WorkQueue => {
      const sendAgain: WorkQueue["sendAgain"] = (...of) =>
        isDenied ? Promise.reject(new Error("denied")) : WorkQueue.prototype.sendAgain.apply(real, of);
      return Object.assign(real, { sendAgain });
    };
    const gone = await startWorker(0, { handoverMs: 200 }, { queue });
    telephone.startCall(caller, callee, 3);
    await until(() => (gone.counts.get("Handovers") ?? 0) >= 2);
    isDenied = true;
    gone.stop();
    await gone.ended;
    const other = await startWorker(0);
    await until(() => other.said("reading live").length === 2);
    await until(async () => other.recorded.length === 2 && (await messagesLeft()) === 0);
    await assertSpoken(other.recorded, true);
  });

  it("do not wait in a worker that is full while another one has room, and are said to wait while none has", async () => {
    await start(24);
    const full = await startWorker(0, { concurrency: 1 });
    const call = telephone.startCall(caller, callee, 1.5);
    await until(() => full.said("no room for a leg: sent on to whoever has some").length > 0);
    assert.equal(full.legs(), 1);
    const other = await startWorker(0);
    await until(() => other.said("reading live").length === 1);
    assert.equal(call.isOver, false);
    await until(async () => full.recorded.length + other.recorded.length === 2 && (await messagesLeft()) === 0);
    await assertSpoken([...full.recorded, ...other.recorded], true);
    assert.deepEqual([full.counts.get("EventsStarted"), other.counts.get("EventsStarted")], [1, 1]);
    assert.equal(full.values.get("PickupLag")!.length, 1);
    full.stop();
    await full.ended;
    const [, waited] = full.values.get("PickupLag")!;
    assert(waited! >= 0 && waited! < 15);
  });

  it("end, and are recorded when they have ended, however many there are for a worker that is full", async () => {
    await start(24);
    const worker = await startWorker(0, { concurrency: 1 });
    for (let i = 0; i < 8; i++) telephone.startCall(speech(20 + i, 3_000), speech(40 + i, 2_500), 3);
    await until(async () => worker.recorded.length === 16 && (await messagesLeft()) === 0);
    assert(worker.recorded.every(({ complete }) => complete));
    assert.equal(worker.said("put aside in the dead-letter queue").length, 0);
  });

  it("are kept whole where the store fails at their end, and nothing can be read again", async () => {
    await start(0);
    const files = directoryStore(folder);
    let failures = 0;
    const store: RecordingStore = {
      ...files,
      async putSidecar(...of) {
        if (failures++ < 4) throw new Error("503 Slow Down");
        return files.putSidecar(...of);
      },
      async openAudio(...of) {
        const sink = await files.openAudio(...of);
        let commits = 0;
        const commit = (name: string) => (commits++ === 0 ? Promise.reject(new Error("reset")) : sink.commit(name));
        return { ...sink, commit };
      },
    };
    const worker = await startWorker(0, {}, { store });
    telephone.aws.control.change({ hostBufferMs: long.hostBufferMs });
    telephone.startCall(long.caller, long.callee, long.speed);
    await until(async () => worker.recorded.length === 2 && (await messagesLeft()) === 0);
    await assertSpoken(worker.recorded, false, long);
    assert.equal(worker.said("failed").length, 0);
    assert((await readdir(folder)).every((name) => !name.startsWith(".")));
  });

  it("are read though no word can be left that they have begun", async () => {
    await start(24);
    const files = directoryMarks(folder);
    const put: MarkStore["put"] = async (kind, ...of) => {
      if (kind === "started") throw new Error("denied");
      return files.put(kind, ...of);
    };
    const worker = await startWorker(0, {}, { marks: { ...files, put } });
    telephone.startCall(caller, callee, 20);
    await until(async () => worker.recorded.length === 2 && (await messagesLeft()) === 0);
    assert.equal(worker.said("failed").length, 0);
    await assertSpoken(worker.recorded, true);
  });

  it("are said once an hour to be heard still, to who would take a long call for a lost one", async () => {
    await start(0);
    const startMs = Date.now();
    // Two hours take a second.
    const clock: Clock = { ...systemClock, now: () => startMs + (Date.now() - startMs) * 7_200 };
    const files = directoryMarks(folder);
    const said: string[] = [];
    const put: MarkStore["put"] = async (kind, name, text, version, options) => {
      if (kind === "started" && version !== undefined) said.push(name);
      return files.put(kind, name, text, version, options);
    };
    const worker = await startWorker(0, { holdLimitMs: 1e12 }, { clock, marks: { ...files, put } });
    telephone.startCall(caller, callee, 5);
    await until(() => new Set(said).size === 2 && said.length >= 4);
    await until(() => worker.recorded.length === 2);
    assert.equal(worker.said("failed").length, 0);
  });

  it("hide no message from others when their worker stops while it waits for some", async () => {
    await start(24);
    const stopped = await startWorker(0, { waitTimeSeconds: 2, visibilityTimeoutSeconds: 600 }, { queue: goingOn });
    await until(() => isAsked());
    stopped.stop();
    telephone.startCall(caller, callee, 20);
    await stopped.ended;
    assert.equal(stopped.said("reading live").length, 0);
    const other = await startWorker(0);
    await until(async () => other.recorded.length === 2 && (await messagesLeft()) === 0);
  });

  it("keep no worker that stops, though nothing that it asks of the queue is answered any more", async () => {
    await start(24);
    // A minute takes a second.
    const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => systemClock.sleep(ms / 60, signal) };
    const worker = await startWorker(0, {}, { clock, queue: unanswered });
    telephone.startCall(caller, callee, 2);
    await until(() => worker.said("reading live").length === 2);
    isAnswered = false;
    worker.stop();
    await worker.ended;
    assert.equal(worker.said("not handed back: these come again by themselves").length, 1);
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
