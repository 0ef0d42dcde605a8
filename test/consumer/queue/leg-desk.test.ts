import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { pino } from "pino";
import { parseStreamingEvent, type StreamingEvent } from "../../../consumer/events/streaming-event.js";
import { type Delivery, LegDesk, type LegDeskOptions } from "../../../consumer/queue/leg-desk.js";
import { directoryStore } from "../../../consumer/recordings/directory-store.js";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";
import { pcmOf, speech, startTelephone, type Telephone } from "../telephone.js";

type CallEvent = Extract<StreamingEvent, { status: "STARTED" | "ENDED" }>;

const QUICK = {
  mode: "live",
  stereo: false,
  concurrency: 10,
  quiescenceMs: 100,
  endLimitMs: 300,
  holdLimitMs: 60_000,
  includeNumbers: false,
  endedMarkMs: 15_000,
} as const;

describe("LegDesk", () => {
  let telephone: Telephone;
  let sqs: SQSClient;
  let folder: string;
  const recorded: Sidecar[] = [];
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  async function start(dataRetentionInHours: number): Promise<void> {
    telephone = await startTelephone({ dataRetentionInHours });
    sqs = new SQSClient({ region: "us-east-1" });
    folder = await mkdtemp(join(tmpdir(), "leg-desk-"));
    recorded.length = 0;
  }

  afterEach(async () => {
    sqs.destroy();
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  function deskOf(config: Partial<LegDeskOptions["config"]> = {}, logger = pino({ level: "silent" })): LegDesk {
    const { access } = telephone;
    const onRecorded = (sidecar: Sidecar) => recorded.push(sidecar);
    return new LegDesk({ config: { ...QUICK, ...config }, access, store: directoryStore(folder), logger, onRecorded });
  }

  function delivery(isLast = false): Delivery {
    return { isLast, signal: new AbortController().signal, stopping: new AbortController().signal };
  }

  /** The caller's next event. */
  async function eventOf(status: CallEvent["status"]): Promise<CallEvent> {
    const { QUEUE_URL: QueueUrl } = telephone.aws.env;
    for (let attempts = 0; attempts < 10; attempts++) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
      for (const { Body, ReceiptHandle } of Messages) {
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        const parsed = parseStreamingEvent(Body!);
        const event = parsed.kind === "event" ? parsed.event : assert.fail(parsed.reason);
        if (event.status === status && "isCaller" in event && event.isCaller) return event as CallEvent;
      }
    }
    return assert.fail(`no ${status} of the caller came`);
  }

  async function assertOneRecording(expected: Partial<Sidecar>): Promise<void> {
    const sidecar = recorded.at(-1)!;
    for (const [name, value] of Object.entries(expected)) assert.equal(sidecar[name as keyof Sidecar], value, name);
    assert.deepEqual(await pcmOf(sidecar.audio.location), caller);
    assert.equal((await readdir(folder)).length, 2);
  }

  it("comes back to a live leg that fell silent before its end was told, and takes all of it when it is", async () => {
    await start(24);
    const call = telephone.startCall(caller, callee, 10);
    const started = await eventOf("STARTED");
    telephone.aws.control.addFault({ kind: "endOfFile", api: "GetMedia" });
    const desk = deskOf({ holdLimitMs: 50 });
    const settlement = await desk.take(started, delivery());
    assert.equal(settlement.kind, "later");
    assert.deepEqual(await readdir(folder), []);
    telephone.aws.control.clearFaults();
    await call.ended;
    assert.equal((await desk.take(await eventOf("ENDED"), delivery())).kind, "done");
    await assertOneRecording({ complete: true, endProof: "endedEvent" });
  });

  it("keeps what it read live while the archive is denied, and comes back to it", async () => {
    await start(24);
    await telephone.call(caller, callee);
    const started = await eventOf("STARTED");
    telephone.aws.control.addFault({ kind: "deny", actions: ["kinesisvideo:ListFragments"] });
    const desk = deskOf({ holdLimitMs: 50 });
    const live = desk.take(started, delivery());
    const ended = await eventOf("ENDED");
    assert.equal((await live).kind, "later");
    assert.equal((await readdir(folder)).length, 2);
    telephone.aws.control.clearFaults();
    assert.equal((await desk.take(ended, delivery())).kind, "done");
    await assertOneRecording({ complete: true, endProof: "endedEvent" });
  });

  it("does not delete an ENDED that came too late for the live reader", async () => {
    await start(24);
    const call = telephone.startCall(caller, callee, 5);
    const started = await eventOf("STARTED");
    // Given up early in the call, and recorded as it is: the message comes no more.
    const desk = deskOf({ holdLimitMs: 1, quiescenceMs: 400 });
    telephone.aws.control.change({ listFragmentsLagMs: 60_000 });
    const live = desk.take(started, delivery(true));
    while (!telephone.aws.control.calls().some(({ action }) => action.endsWith("ListFragments"))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await call.ended;
    telephone.aws.control.change({ listFragmentsLagMs: 0 });
    const settlements = await Promise.all([live, desk.take(await eventOf("ENDED"), delivery())]);
    assert.deepEqual(
      settlements.map(({ kind }) => kind),
      ["done", "done"],
    );
    await assertOneRecording({ complete: true, endProof: "endedEvent" });
  });

  it("records from what the stream still has when the start was never heard of and nothing is archived", async () => {
    await start(0);
    await telephone.call(caller, callee);
    assert.equal((await deskOf().take(await eventOf("ENDED"), delivery())).kind, "done");
    await assertOneRecording({ complete: false, endProof: "endedEvent", reader: "live" });
  });

  it("leaves an ENDED for the worker that records the leg live where nothing is archived, and loses nothing", async () => {
    await start(0);
    telephone.aws.control.change({ hostBufferMs: 700 });
    const call = telephone.startCall(caller, callee, 5);
    const started = await eventOf("STARTED");
    const [one, other] = [deskOf(), deskOf()];
    const live = one.take(started, delivery());
    await call.ended;
    const ended = await eventOf("ENDED");
    const settlement = await other.take(ended, delivery());
    assert.equal(settlement.kind, "later");
    assert.equal((await one.take(ended, delivery())).kind, "done");
    assert.equal((await live).kind, "done");
    await assertOneRecording({ complete: false, endProof: "endedEvent" });
    assert.equal((await other.take(ended, delivery())).kind, "done");
    await assertOneRecording({ complete: false, endProof: "endedEvent" });
  });

  it("knows what another worker has recorded where the stream has nothing any more", async () => {
    await start(0);
    const call = telephone.startCall(caller, callee, 5);
    const reader = deskOf();
    const live = reader.take(await eventOf("STARTED"), delivery());
    await call.ended;
    const ended = await eventOf("ENDED");
    await reader.take(ended, delivery());
    assert.equal((await live).kind, "done");
    telephone.aws.control.change({ hostBufferMs: 1 });
    for (const isLast of [false, true]) {
      const settlement = await deskOf({ holdLimitMs: 50 }).take(ended, delivery(isLast));
      assert.equal(settlement.kind, "done");
    }
    await assertOneRecording({ complete: false, endProof: "endedEvent" });
  });

  it("leaves alone what a former holder of the message has recorded to its end", async () => {
    await start(0);
    const call = telephone.startCall(caller, callee, 5);
    const started = await eventOf("STARTED");
    const reader = deskOf();
    const live = reader.take(started, delivery());
    await call.ended;
    await reader.take(await eventOf("ENDED"), delivery());
    await live;
    telephone.aws.control.clearCalls();
    assert.equal((await deskOf().take(started, { ...delivery(), isContinuation: true })).kind, "done");
    assert(!telephone.aws.control.calls().some(({ action }) => action.endsWith("GetMedia")));
  });

  it("waits no longer for a leg's end than a delivery wants it to", async () => {
    await start(24);
    telephone.aws.control.change({ listFragmentsLagMs: 60_000 });
    await telephone.call(caller, callee);
    const desk = deskOf({ mode: "archive", quiescenceMs: 3_600_000, endLimitMs: 3_600_000 });
    const settlement = await desk.take(await eventOf("ENDED"), { ...delivery(), endLimitMs: 50 });
    assert.equal(settlement.kind, "later");
  });

  it("says in its log that a leg has begun which is recorded when it has ended", async () => {
    await start(24);
    await telephone.call(caller, callee);
    const lines: string[] = [];
    const logger = pino({ level: "info" }, { write: (line: string) => lines.push(line) });
    const started = await eventOf("STARTED");
    assert.deepEqual(await deskOf({ mode: "archive" }, logger).take(started, delivery()), { kind: "done" });
    assert.equal(JSON.parse(lines[0]!).transactionId, started.transactionId);
  });
});
