import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { pino } from "pino";
import { openKinesisVideo } from "../../consumer/kinesis-video/kinesis-video-access.js";
import { WorkQueue } from "../../consumer/queue/work-queue.js";
import { parseWorkerConfig, type WorkerConfig } from "../../consumer/queue/worker-config.js";
import { directoryStore } from "../../consumer/recordings/directory-store.js";
import type { RecordingStore } from "../../consumer/recordings/recording-store.js";
import type { Sidecar } from "../../consumer/recordings/sidecar.js";
import { Worker } from "../../consumer/worker.js";
import { QUICK } from "./recording-office.js";
import { pcmOf, speech, startTelephone, type Telephone } from "./telephone.js";

describe("Worker", () => {
  let telephone: Telephone;
  let sqs: SQSClient;
  let folder: string;
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  async function start(dataRetentionInHours = 24): Promise<void> {
    telephone = await startTelephone({ dataRetentionInHours });
    sqs = new SQSClient({ region: "us-east-1" });
    folder = await mkdtemp(join(tmpdir(), "worker-"));
  }

  afterEach(async () => {
    sqs.destroy();
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  async function workerOf(
    overrides: Partial<WorkerConfig> = {},
    store: RecordingStore = directoryStore(folder),
    onRecorded: (sidecar: Sidecar) => void = () => undefined,
  ) {
    const { QUEUE_URL } = telephone.aws.env;
    const environment = { AWS_REGION: "us-east-1", QUEUE_URL, OUTPUT: folder, MODE: overrides.mode };
    const config = { ...parseWorkerConfig(environment), ...QUICK, ...overrides };
    const queue = await WorkQueue.open(sqs, config.queueUrl);
    return new Worker({
      config,
      queue,
      access: openKinesisVideo({ retry: { baseMs: 2, maxMs: 20 } }),
      store,
      logger: pino({ level: process.env.TEST_LOG_LEVEL ?? "silent" }),
      onRecorded,
    });
  }

  /** Works until nothing is left to do. */
  async function work(overrides?: Partial<WorkerConfig>, store?: RecordingStore): Promise<Sidecar[]> {
    const recorded: Sidecar[] = [];
    const worker = await workerOf(overrides, store, (sidecar) => recorded.push(sidecar));
    await worker.run(new AbortController().signal);
    return recorded;
  }

  /** Works until so many legs are recorded. */
  async function workFor(legs: number, overrides: Partial<WorkerConfig>): Promise<Sidecar[]> {
    const stopping = new AbortController();
    const recorded: Sidecar[] = [];
    const onRecorded = (sidecar: Sidecar) => {
      if (recorded.push(sidecar) === legs) stopping.abort();
    };
    const lasting = { exitWhenEmpty: false, waitTimeSeconds: 1 };
    await (await workerOf({ ...lasting, ...overrides }, directoryStore(folder), onRecorded)).run(stopping.signal);
    return recorded;
  }

  async function left(url: string): Promise<number> {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }));
    return (
      Number(Attributes!.ApproximateNumberOfMessages) + Number(Attributes!.ApproximateNumberOfMessagesNotVisible ?? 0)
    );
  }

  async function putAside(): Promise<Message[]> {
    const QueueUrl = telephone.aws.env.DEAD_LETTER_QUEUE_URL!;
    const messages: Message[] = [];
    for (let count = await left(QueueUrl); messages.length < count; ) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], MaxNumberOfMessages: 10 }),
      );
      messages.push(...Messages);
    }
    return messages;
  }

  async function assertRecorded(recorded: Sidecar[], expected: Buffer[]): Promise<void> {
    assert.equal(recorded.length, expected.length);
    for (const sidecar of recorded) {
      const pcm = await pcmOf(sidecar.audio.location);
      assert(
        expected.some((spoken) => spoken.equals(pcm)),
        "a recording differs from what was spoken",
      );
      assert.equal(sidecar.complete, true);
    }
    const calls = expected.length / 2;
    assert.equal((await readdir(folder)).length, 2 * expected.length + 2 * calls);
    assert.equal(await left(telephone.aws.env.QUEUE_URL!), 0);
  }

  for (const mode of ["archive", "live"] as const) {
    describe(`with MODE=${mode}`, () => {
      beforeEach(() => start());

      it("records both legs of every call, and empties its queue", async () => {
        await telephone.call(caller, callee);
        await telephone.call(callee, caller);
        await assertRecorded(await work({ mode }), [caller, callee, callee, caller]);
        assert.deepEqual(await putAside(), []);
      });

      it("makes no stereo file with STEREO=false", async () => {
        await telephone.call(caller, callee);
        assert.equal((await work({ mode, stereo: false })).length, 2);
        assert.equal((await readdir(folder)).length, 4);
      });

      it("records a leg once whose events come twice", async () => {
        telephone.aws.control.addFault({ kind: "doubleEvent" });
        await telephone.call(caller, callee);
        await assertRecorded(await work({ mode }), [caller, callee]);
      });

      it("records a leg once whose events come again a day later", async () => {
        await telephone.call(caller, callee);
        const QueueUrl = telephone.aws.env.QUEUE_URL;
        const peek = { QueueUrl, VisibilityTimeout: 0, MaxNumberOfMessages: 10 };
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(peek));
        assert.equal(Messages.length, 4);
        assert.equal((await work({ mode })).length, 2);
        for (const { Body: MessageBody } of Messages) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
        const files = await readdir(folder);
        assert.deepEqual(await work({ mode }), []);
        assert.deepEqual(await readdir(folder), files);
      });

      it("copes with events in the wrong order", async () => {
        telephone.aws.control.addFault({ kind: "reorderEvents" });
        await telephone.call(caller, callee);
        await assertRecorded(await work({ mode }), [caller, callee]);
      });

      it("puts aside what is no event of ours, with the reason, and goes on", async () => {
        const QueueUrl = telephone.aws.env.QUEUE_URL;
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hello" }));
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"source":"aws.ec2","detail-type":"x"}' }));
        await telephone.call(caller, callee);
        await assertRecorded(await work({ mode }), [caller, callee]);
        const messages = await putAside();
        assert.deepEqual(messages.map(({ Body }) => Body).sort(), ["hello", '{"source":"aws.ec2","detail-type":"x"}']);
        for (const { MessageAttributes } of messages) {
          assert.match(MessageAttributes!.reason!.StringValue!, /^(malformed|notOurs): /);
        }
      });
    });
  }

  describe("with MODE=archive", () => {
    beforeEach(() => start());

    it("records nothing for STARTED, UPDATED and FAILED, and takes them off the queue", async () => {
      telephone.aws.control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
      telephone.aws.control.addFault({ kind: "streamingFailure", leg: "callee" });
      await telephone.call(caller, callee);
      await assertRecorded(await work(), []);
    });

    it("comes back to a leg that is not all listed yet, instead of failing", async () => {
      telephone.aws.control.change({ listFragmentsLagMs: 700 });
      await telephone.call(caller, callee);
      await assertRecorded(await work({ quiescenceMs: 60_000 }), [caller, callee]);
      assert.deepEqual(await putAside(), []);
    });

    it("tries again after failures of AWS", async () => {
      telephone.aws.control.addFault({ kind: "failure", actions: ["kinesisvideo:*"], times: 40 });
      await telephone.call(caller, callee);
      await assertRecorded(await work(), [caller, callee]);
    });

    it("leaves it to the queue to move a message that fails every time", async () => {
      telephone.aws.control.addFault({ kind: "deny", actions: ["kinesisvideo:ListFragments"] });
      await telephone.call(caller, callee);
      assert.deepEqual(await work(), []);
      const messages = await putAside();
      assert.equal(messages.length, 2);
      assert(messages.every(({ Body }) => Body!.includes('"ENDED"')));
      assert.deepEqual(await readdir(folder), []);
    });

    it("records what there is when a message comes for the last time", async () => {
      telephone.aws.control.addFault({ kind: "errorTags", api: "GetMediaForFragmentList" });
      await telephone.call(caller, callee);
      const recorded = await work();
      assert.equal(recorded.length, 2);
      for (const { complete, errors, fragments } of recorded) {
        assert.equal(complete, false);
        assert.equal(errors.length, 1);
        assert.equal(fragments.received, fragments.listed! - 1);
      }
      assert.deepEqual(await putAside(), []);
    });

    it("hands a recording back that its store refuses, and leaves nothing under its name", async () => {
      let refusals = 3;
      const files = directoryStore(folder);
      const store: RecordingStore = {
        ...files,
        async putSidecar(...given) {
          if (refusals-- > 0) throw new Error("no space left");
          return files.putSidecar(...given);
        },
      };
      await telephone.call(caller, callee);
      await assertRecorded(await work({}, store), [caller, callee]);
    });

    it("says in the dead-letter queue that a stream keeps nothing", async () => {
      await telephone.setRetention(0);
      await telephone.call(caller, callee);
      assert.deepEqual(await work(), []);
      const messages = await putAside();
      assert.equal(messages.length, 2);
      for (const { MessageAttributes } of messages) {
        assert.match(MessageAttributes!.reason!.StringValue!, /data retention of 0 hours/);
      }
    });

    it("keeps a message hidden for as long as its leg takes", async () => {
      telephone.aws.control.change({ archiveFragmentsPerSecond: 10 });
      await telephone.call(speech(1, 14_000), speech(2, 200));
      const recorded = await work({ visibilityTimeoutSeconds: 1 });
      assert.equal(recorded.length, 2);
      const hides = telephone.aws.control.calls().filter(({ action }) => action === "sqs:ChangeMessageVisibility");
      assert(hides.length >= 2);
    });

    it("records no more legs at a time than it is told", async () => {
      for (let call = 0; call < 4; call++) await telephone.call(speech(call, 2_000), speech(call + 10, 2_000));
      let running = 0;
      let most = 0;
      const files = directoryStore(folder);
      const store: RecordingStore = {
        ...files,
        async openAudio(...of) {
          most = Math.max(most, ++running);
          const sink = await files.openAudio(...of);
          const commit = (name: string) => sink.commit(name).finally(() => running--);
          return { write: (pcm) => sink.write(pcm), commit, abort: () => sink.abort() };
        },
      };
      assert.equal((await work({ concurrency: 2 }, store)).length, 8);
      assert(most <= 2);
    });

    it("finishes what runs when it is asked to stop", async () => {
      telephone.aws.control.change({ archiveFragmentsPerSecond: 20 });
      await telephone.call(caller, callee);
      const stopping = new AbortController();
      const recorded: Sidecar[] = [];
      const files = directoryStore(folder);
      let opened = 0;
      const openAudio: RecordingStore["openAudio"] = (...of) => {
        if (++opened === 2) stopping.abort();
        return files.openAudio(...of);
      };
      const worker = await workerOf({}, { ...files, openAudio }, (sidecar) => recorded.push(sidecar));
      await worker.run(stopping.signal);
      await assertRecorded(recorded, [caller, callee]);
    });

    it("hands back at once what does not finish in time", async () => {
      telephone.aws.control.change({ archiveFragmentsPerSecond: 1 });
      await telephone.call(caller, callee);
      const stopping = new AbortController();
      const files = directoryStore(folder);
      const openAudio: RecordingStore["openAudio"] = (...of) => {
        stopping.abort();
        return files.openAudio(...of);
      };
      const worker = await workerOf({ shutdownGraceMs: 0 }, { ...files, openAudio });
      await worker.run(stopping.signal);
      assert.deepEqual(await readdir(folder), []);
      telephone.aws.control.change({ archiveFragmentsPerSecond: 0 });
      await assertRecorded(await work(), [caller, callee]);
    });
  });

  describe("with MODE=live", () => {
    it("records a call that is spoken, and ends with ENDED's last fragment", async () => {
      await start();
      const call = telephone.startCall(caller, callee, 20);
      const recorded = await workFor(2, { mode: "live", holdLimitMs: 60_000 });
      await call.ended;
      await assertRecorded(recorded, [caller, callee]);
      assert(recorded.every(({ reader, endProof }) => reader === "live" && endProof === "endedEvent"));
    });

    it("records a stream that keeps nothing, without claiming that it is all", async () => {
      await start(0);
      telephone.startCall(caller, callee, 20);
      const recorded = await workFor(2, { mode: "live", holdLimitMs: 60_000 });
      assert.equal(recorded.length, 2);
      for (const sidecar of recorded) {
        assert.equal(sidecar.complete, false);
        assert.equal(sidecar.endProof, "endedEvent");
        assert.deepEqual(await pcmOf(sidecar.audio.location), sidecar.isCaller ? caller : callee);
      }
    });

    it("takes a leg from the archive of whose start it never heard", async () => {
      await start();
      telephone.aws.control.addFault({ kind: "loseEvent", streamingStatus: "STARTED" });
      await telephone.call(caller, callee);
      const recorded = await work({ mode: "live" });
      await assertRecorded(recorded, [caller, callee]);
      assert(recorded.every(({ reader }) => reader === "archive"));
    });

    it("records a leg of whose end it never hears when its message comes for the last time, and does not say it is complete", async () => {
      await start();
      telephone.aws.control.addFault({ kind: "loseEvent", streamingStatus: "ENDED" });
      await telephone.call(caller, callee);
      const recorded = await work({ mode: "live" });
      assert.equal(recorded.length, 2);
      for (const { isCaller, audio, complete, endProof } of recorded) {
        assert.deepEqual(await pcmOf(audio.location), isCaller ? caller : callee);
        assert.equal(complete, false);
        assert.equal(endProof, "none");
      }
      assert.equal(await left(telephone.aws.env.QUEUE_URL!), 0);
    });

    it("hands a call back at once that is still spoken when it is asked to stop", async () => {
      await start();
      const call = telephone.startCall(speech(1, 600_000), callee, 10);
      const stopping = new AbortController();
      const files = directoryStore(folder);
      const openAudio: RecordingStore["openAudio"] = (...of) => {
        stopping.abort();
        return files.openAudio(...of);
      };
      const worker = await workerOf({ mode: "live", shutdownGraceMs: 60_000 }, { ...files, openAudio });
      await worker.run(stopping.signal);
      await call.hangUp();
      assert.deepEqual(await readdir(folder), []);
      assert((await left(telephone.aws.env.QUEUE_URL!)) >= 2);
    });
  });
});
