import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseStreamingEvent } from "../../../consumer/events/streaming-event.js";
import { archiveHandler } from "../../../consumer/lambda/archive.js";
import { legOfEvent } from "../../../consumer/leg-request.js";
import { recordLeg } from "../../../consumer/record-leg.js";
import { parseOutputLocation } from "../../../consumer/recordings/output-location.js";
import { openOutputPlace } from "../../../consumer/recordings/output-store.js";
import { spoolFile } from "../../../consumer/recordings/spool-files.js";
import { wavOf as wav } from "../../wav-of.js";
import type { EventDocument } from "../recording-office.js";
import { speech } from "../telephone.js";
import { type ArchiveOffice, contextOf, openArchiveOffice } from "./archive-office.js";

/** An event of the caller's leg with other values in its detail. */
function changed(event: EventDocument, detail: Record<string, unknown>): EventDocument {
  return { ...event, detail: { ...event.detail, ...detail } };
}

function endedOf(events: readonly EventDocument[]): EventDocument {
  return events.find(({ detail }) => detail.streamingStatus === "ENDED") ?? assert.fail("no ENDED came");
}

describe("the archive function", () => {
  const caller = speech(1, 5_300);
  const callee = speech(2, 4_000);
  let office: ArchiveOffice;

  async function open(options: Parameters<typeof openArchiveOffice>[0] = {}): Promise<void> {
    office = await openArchiveOffice(options);
  }

  afterEach(() => office.close());

  async function assertSpoken(expected: Buffer[]): Promise<void> {
    const spoken = await office.spoken();
    assert.equal(spoken.length, expected.length);
    for (const pcm of expected) assert(spoken.some((recorded) => recorded.equals(pcm)));
  }

  it("records what was spoken on both legs, and mixes the call", async () => {
    await open();
    const { transactionId } = await office.telephone.call(caller, callee);
    await office.deliverAll();
    await assertSpoken([caller, callee]);
    for (const { complete, endProof } of await office.sidecars()) {
      assert.deepEqual({ complete, endProof }, { complete: true, endProof: "endedEvent" });
    }
    const keys = (await office.objects()).map(({ key }) => key);
    assert(keys.includes(`of/ours/${transactionId}_call.wav`));
    assert.deepEqual(await office.left(), { visible: 0, hidden: 0 });
    assert.deepEqual(await office.putAside(), []);
  });

  it("changes nothing when everything is delivered again", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const events = await office.takeEvents(4);
    for (const event of events) await office.send(event);
    await office.deliverAll();
    const before = await office.objects();
    for (const event of events) await office.send(event);
    await office.deliverAll();
    assert.deepEqual(await office.objects(), before);
    assert.equal(office.metric("LegsRecorded"), 2);
  });

  it("gives an ENDED back whose last fragment is not listed yet, and completes the leg when it is", async () => {
    await open({ settings: { listFragmentsLagMs: 60_000 } });
    office.restart({ RETRY_DELAY_SECONDS: "7" });
    await office.telephone.call(caller, callee);
    const messages = await office.receive();
    const { batchItemFailures } = await office.deliver(messages);
    const ended = messages.filter(({ Body }) => JSON.parse(Body!).detail.streamingStatus === "ENDED");
    assert.deepEqual(
      batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort(),
      ended.map(({ MessageId }) => MessageId).sort(),
    );
    assert.deepEqual(await office.left(), { visible: 0, hidden: 2 });
    const visibility = office.telephone.aws.control
      .calls()
      .filter(({ action }) => action === "sqs:ChangeMessageVisibility");
    assert.equal(visibility.length, 2);
    assert.equal(office.metric("Retries"), 2);
    assert.deepEqual(await office.sidecars(), []);

    office.telephone.aws.control.change({ listFragmentsLagMs: 0 });
    await office.deliver(ended);
    await assertSpoken([caller, callee]);
    assert((await office.sidecars()).every(({ complete }) => complete));
  });

  it("marks a leg that has begun until it is recorded", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const events = await office.takeEvents(4);
    for (const status of ["STARTED", "ENDED"]) {
      for (const event of events.filter(({ detail }) => detail.streamingStatus === status)) await office.send(event);
      await office.deliverAll();
      assert.equal((await office.marks()).length, status === "STARTED" ? 2 : 0);
    }
  });

  it("keeps the mark of a leg of which there is only a cut", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const events = await office.takeEvents(4);
    const parsed = parseStreamingEvent(events.find(({ detail }) => detail.streamingStatus === "STARTED"));
    assert(parsed.kind === "event" && parsed.event.status === "STARTED");
    const leg = legOfEvent(parsed.event);
    const limits = { fromMs: leg.startTimeMs! - 1_000, toMs: leg.startTimeMs! + 2_000 };
    const { store } = openOutputPlace(parseOutputLocation("s3://calls/of/ours"), {
      region: "us-east-1",
      environment: process.env,
    });
    const archive = { quiescenceMs: 100, endLimitMs: 300 };
    const cut = await recordLeg(leg, { access: office.telephone.access, store, limits, archive });
    assert.equal(cut.kind, "recorded");
    for (const event of events.filter(({ detail }) => detail.streamingStatus === "STARTED")) await office.send(event);
    await office.deliverAll();
    assert.equal((await office.marks()).length, 2);
  });

  it("leaves no mark of a leg whose STARTED comes last", async () => {
    await open();
    await office.telephone.call(caller, callee);
    for (const event of (await office.takeEvents(4)).reverse()) await office.send(event);
    await office.deliverAll();
    assert.deepEqual(await office.marks(), []);
    assert.equal((await office.sidecars()).length, 2);
  });

  it("puts aside what is no event of ours, with the reason and all it came with", async () => {
    await open();
    await office.send("hello", { sender: "somebody" });
    await office.send('{"source":"aws.ec2","detail-type":"x"}');
    await office.deliverAll();
    assert.deepEqual((await office.putAside()).sort(byBody), [
      {
        body: '{"source":"aws.ec2","detail-type":"x"}',
        reason: 'notOurs: not a "Chime VoiceConnector Streaming Status" event of aws.chime',
        attributes: ["reason"],
      },
      { body: "hello", reason: "malformed: the message is not JSON", attributes: ["reason", "sender"] },
    ]);
    assert.deepEqual(await office.left(), { visible: 0, hidden: 0 });
    assert.equal(office.metric("EventsRefused"), 2);
  });

  it("puts a message of the greatest length aside whole", async () => {
    await open();
    const body = "x".repeat(1_048_576 - 30);
    await office.send(body);
    await office.deliverAll();
    assert.deepEqual(await office.putAside(), [{ body, reason: "malformed: the mes", attributes: ["reason"] }]);
  });

  it("records what there is at the last delivery", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const [event] = (await office.takeEvents(4)).filter(({ detail }) => detail.streamingStatus === "ENDED");
    // Nothing proves this end.
    await office.send(changed(event!, { currentFragmentNumber: `${event!.detail.currentFragmentNumber}0` }));
    office.restart({ QUIESCENCE_SECONDS: "60" });
    for (let delivery = 1; delivery <= 5; delivery++) {
      assert.deepEqual(await office.sidecars(), []);
      const messages = await office.receive();
      assert.equal(messages[0]!.Attributes!.ApproximateReceiveCount, `${delivery}`);
      const { batchItemFailures } = await office.deliver(messages);
      assert.equal(batchItemFailures.length, delivery < 5 ? 1 : 0);
    }
    assert.equal((await office.sidecars())[0]!.complete, false);
    assert.equal(office.metric("LegsIncomplete"), 1);
    assert.deepEqual(await office.putAside(), []);
  });

  it("counts an incomplete recording whose recorder died before it could report it", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const ended = endedOf(await office.takeEvents(4));
    await office.send(changed(ended, { currentFragmentNumber: `${ended.detail.currentFragmentNumber}0` }));
    const [message] = await office.receive();
    message!.Attributes!.ApproximateReceiveCount = "5";
    // Killed when the sidecar was there: its message comes again, and its metrics never came.
    office.restart({ QUIESCENCE_SECONDS: "60" });
    await office.deliver([message!]);
    assert.equal((await office.sidecars())[0]!.complete, false);
    office.metricLines.length = 0;
    office.restart({ QUIESCENCE_SECONDS: "60" });
    assert.deepEqual((await office.deliver([message!])).batchItemFailures, []);
    assert.equal(office.metric("LegsRecorded"), 0);
    assert.equal(office.metric("LegsIncomplete"), 1);
  });

  it("puts aside what still fails at the last delivery, with what failed", async () => {
    await open();
    await office.telephone.call(caller, callee);
    office.telephone.aws.control.addFault({ kind: "deny", actions: ["kinesisvideo:ListFragments"] });
    await office.deliverAll();
    const reason = "failed at its last delivery: kinesisvideo:ListFragments (accessDenied, AccessDeniedException)";
    assert.deepEqual(
      (await office.putAside()).map((aside) => aside.reason),
      [reason, reason],
    );
    assert.equal(office.metric("Retries"), 8);
    assert.equal((await office.marks()).length, 2);
  });

  it("says how old an event is whenever it is given back", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const ended = endedOf(await office.takeEvents(4));
    await office.send({ ...ended, time: new Date(Date.now() - 3 * 3_600_000).toISOString() });
    office.telephone.aws.control.addFault({ kind: "failure", actions: ["s3:PutObject"] });
    const messages = await office.receive();
    await office.deliver(messages);
    const seconds = office.metric("MessageAge");
    assert(seconds >= 10_800 && seconds < 10_860, `${seconds} s`);
    office.metricLines.length = 0;
    office.telephone.aws.control.clearFaults();
    await office.deliver(messages);
    assert.equal(office.metricLines.filter((line) => "MessageAge" in JSON.parse(line)).length, 0);
  });

  it("hands a leg back before its time is up", async () => {
    await open();
    await office.telephone.call(caller, callee);
    await office.send(endedOf(await office.takeEvents(4)));
    office.telephone.aws.control.addFault({ kind: "latency", ms: 30_000, actions: ["kinesisvideo:ListFragments"] });
    const context = contextOf(1_200);
    const { batchItemFailures } = await office.deliver(await office.receive(), context);
    assert(context.getRemainingTimeInMillis() > 0);
    assert.equal(batchItemFailures.length, 1);
    assert.deepEqual(await office.left(), { visible: 1, hidden: 0 });

    // Once more, and it waits before the next time.
    office.restart({ RETRY_DELAY_SECONDS: "7" });
    const again = await office.receive();
    assert.equal((await office.deliver(again, contextOf(1_200))).batchItemFailures.length, 1);
    assert.deepEqual(await office.left(), { visible: 0, hidden: 1 });

    office.telephone.aws.control.clearFaults();
    await office.deliver(again);
    assert.equal((await office.sidecars())[0]!.complete, true);
  });

  it("answers in time even where a step cannot be interrupted", async () => {
    await open();
    await office.telephone.call(caller, callee);
    await office.send(endedOf(await office.takeEvents(4)));
    office.telephone.aws.control.addFault({ kind: "latency", ms: 2_500, actions: ["s3:PutObject"] });
    const context = contextOf(1_200);
    const { batchItemFailures } = await office.deliver(await office.receive(), context);
    assert(context.getRemainingTimeInMillis() > 0);
    assert.equal(batchItemFailures.length, 1);
    office.telephone.aws.control.clearFaults();
    await office.deliverAll();
    assert.equal((await office.sidecars())[0]!.complete, true);
  });

  it("counts a FAILED event whose first deliveries no function ever saw", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "streamingFailure", leg: "callee" });
    await office.telephone.call(caller, callee);
    const messages = await office.receive();
    // As SQS counts what was throttled, or whose function did not start.
    for (const message of messages) message.Attributes!.ApproximateReceiveCount = "2";
    await office.deliver(messages);
    assert.deepEqual(
      ["EventsStarted", "EventsEnded", "EventsFailed"].map((name) => office.metric(name)),
      [1, 1, 1],
    );
  });

  it("counts a FAILED event, and tells of it without numbers", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "streamingFailure", leg: "callee" });
    await office.telephone.call(caller, callee);
    const failed = (await office.takeEvents(3)).find(({ detail }) => detail.streamingStatus === "FAILED")!;
    await office.send(changed(failed, { failureReason: "no media from sip:+1 (206) 555-0100@example.com" }));
    await office.deliverAll();
    assert.equal(office.metric("EventsFailed"), 1);
    const line = JSON.parse(office.logged.find((text) => text.includes("could not stream"))!);
    assert.equal(line.failureReason, "no media from sip:(number)@example.com");
  });

  it("refuses streams of other accounts, regions and connectors", async () => {
    await open();
    const { voiceConnectorId } = office.telephone;
    office.restart({
      STREAM_ACCOUNT_ID: "123456789012",
      STREAM_REGIONS: "us-east-1,eu-central-1",
      VOICE_CONNECTOR_IDS: voiceConnectorId,
    });
    await office.telephone.call(caller, callee);
    const ended = endedOf(await office.takeEvents(4));
    const arn = String(ended.detail.streamArn);
    await office.send(changed(ended, { streamArn: arn.replace("123456789012", "999999999999") }));
    await office.send(changed(ended, { streamArn: arn.replace("us-east-1", "us-west-2") }));
    await office.send(changed(ended, { voiceConnectorId: "otherconnector12345678" }));
    await office.deliverAll();
    const reasons = (await office.putAside()).map(({ reason }) => reason).sort();
    assert.deepEqual(reasons, [
      "foreign: the event is of another Voice Connector than those of this consumer",
      "foreign: the stream is in another account than this consumer's",
      "foreign: the stream is in another region than those of this consumer",
    ]);
    assert.deepEqual(await office.objects(), []);
    await office.send(ended);
    await office.deliverAll();
    assert.equal((await office.sidecars()).length, 1);
    assert.equal(office.metric("EventsEnded"), 1);
  });

  it("names media that expired unread", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const [ended] = (await office.takeEvents(4)).filter(({ detail }) => detail.streamingStatus === "ENDED");
    office.telephone.aws.control.change({ retentionHourMs: 1 });
    const dayMs = 24 * 3_600_000;
    const isoOf = (time: unknown) => new Date(Date.parse(String(time)) - 2 * dayMs).toISOString();
    await office.send(
      changed(ended!, { startTime: isoOf(ended!.detail.startTime), endTime: isoOf(ended!.detail.endTime) }),
    );
    await office.deliverAll();
    const [{ reason } = { reason: "" }] = await office.putAside();
    assert.match(reason!, /^media expired unread: .* the stream keeps 24 h$/);
    assert.equal(office.metric("LegsExpired"), 1);
    assert.deepEqual(await office.marks(), []);
  });

  it("writes numbers into sidecars only where it is told to, and never into logs, marks or reasons", async () => {
    const numbers = { fromNumber: "+12065550142", toNumber: "+13605550187" };
    const NUMBERS = /2065550142|3605550187/;
    for (const includeNumbers of [false, true]) {
      await open();
      office.restart({ INCLUDE_NUMBERS: `${includeNumbers}`, LOG_LEVEL: "trace" });
      const ids = await office.telephone.aws.control.call({
        voiceConnectorId: office.telephone.voiceConnectorId,
        callerWav: wav(caller),
        calleeWav: wav(callee),
        speed: "max",
        ...numbers,
      });
      const events = await office.takeEvents(4);
      assert(events.every(({ detail }) => NUMBERS.test(JSON.stringify(detail))));
      for (const event of events.filter(({ detail }) => detail.streamingStatus === "STARTED")) await office.send(event);
      await office.deliverAll();
      for (const key of await office.marks()) assert.doesNotMatch((await office.read(key)).toString(), NUMBERS);
      // One is refused for what it is about, one for what it says, one fails.
      for (const event of events) await office.send(event);
      await office.send(changed(events[0]!, { version: numbers.fromNumber }));
      await office.send(changed(events[0]!, { streamArn: numbers.fromNumber, startTime: numbers.toNumber }));
      await office.send(changed(events[0]!, { mediaType: numbers.fromNumber, streamingStatus: "ENDED" }));
      await office.send(changed(events[0]!, { streamingStatus: numbers.fromNumber }));
      office.telephone.aws.control.addFault({ kind: "failure", actions: ["s3:PutObject"], times: 3 });
      await office.deliverAll();
      const [sidecar] = await office.sidecars();
      const { fromNumber, toNumber } = sidecar!;
      const expected = includeNumbers ? numbers : { fromNumber: undefined, toNumber: undefined };
      assert.deepEqual({ fromNumber, toNumber }, expected);
      assert.doesNotMatch(office.logged.join(""), NUMBERS);
      assert.doesNotMatch(office.metricLines.join(""), NUMBERS);
      assert.equal(sidecar!.transactionId, ids.transactionId);
      const reasons = (await office.putAside()).map(({ reason }) => reason);
      assert.equal(reasons.length, 4);
      assert.doesNotMatch(reasons.join(""), NUMBERS);
      if (!includeNumbers) await office.close();
    }
  });

  it("keeps a transaction that tries to lead elsewhere below its prefix", async () => {
    await open();
    await office.telephone.call(caller, callee);
    const events = await office.takeEvents(4);
    for (const event of events) await office.send(changed(event, { transactionId: "../../../etc/passwd" }));
    await office.deliverAll();
    for (const { key } of await office.objects()) {
      assert.match(key, /^of\/ours\/(marks\/started\/)?[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
    }
  });

  it("reports its work in metrics that CloudWatch takes", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "throttle", actions: ["kinesisvideo:ListFragments"], times: 2 });
    office.telephone.aws.control.addFault({ kind: "throttle", actions: ["s3:PutObject"], times: 1 });
    await office.telephone.call(caller, callee);
    await office.deliverAll();
    for (const line of office.metricLines) {
      const document = JSON.parse(line);
      const [{ Namespace, Dimensions }] = document._aws.CloudWatchMetrics;
      assert.deepEqual({ Namespace, Dimensions }, { Namespace: "CallAudio", Dimensions: [["Region"]] });
      assert.equal(document.Region, "us-east-1");
    }
    const expected = {
      EventsStarted: 2,
      EventsEnded: 2,
      LegsRecorded: 2,
      LegsIncomplete: 0,
      SecondsOfAudio: 9.3,
      Throttles: 3,
      EventsRefused: 0,
    };
    const counted = Object.keys(expected).map((name) => [name, office.metric(name)]);
    assert.deepEqual(Object.fromEntries(counted), expected);
    assert(office.metric("CallsMixed") >= 1);
    assert(office.metric("RecordingLag") < 60);
  });

  it("names everything that is wrong with its configuration, in its log and to Lambda", async () => {
    await open();
    office.restart({ OUTPUT: "", QUEUE_URL: "x", STREAM_ACCOUNT_ID: "12", STEREO: "perhaps" });
    const faults = ["OUTPUT", "QUEUE_URL", "STREAM_ACCOUNT_ID", "STEREO"];
    for (let invocation = 0; invocation < 2; invocation++) {
      await assert.rejects(office.deliver([]), (error: Error) =>
        faults.every((name) => error.message.includes(`${name} `)),
      );
    }
    const line = JSON.parse(office.logged[0]!);
    assert.equal(line.level, 60);
    for (const name of faults) assert(line.err.message.includes(name));
  });

  it("removes what an invocation that was killed left on its disk, and nothing where it is no function", async () => {
    await open();
    const left = spawn(process.execPath, ["-e", ""]);
    await once(left, "exit");
    const file = join(office.spool, spoolFile().replace(`-${process.pid}-`, `-${left.pid}-`));
    await writeFile(file, "audio");
    office.restart({});
    await office.deliver([]);
    assert.deepEqual(await readdir(office.spool), [basename(file)]);
    office.restart({ AWS_LAMBDA_FUNCTION_NAME: "archive" });
    await office.deliver([]);
    assert.deepEqual(await readdir(office.spool), []);
  });

  it("says of an invocation that is not from a queue that it is not", async () => {
    await open();
    const handler = archiveHandler(process.env);
    for (const event of [{}, undefined, { Records: "none" }]) {
      await assert.rejects(handler(event as never, contextOf()), /no Records/);
    }
  });

  it("needs no permission to look at its queue where it is told of the dead-letter queue", async () => {
    await open();
    office.telephone.aws.control.addFault({ kind: "deny", actions: ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"] });
    await office.send("hello");
    await office.deliver(await office.receive());
    office.telephone.aws.control.clearFaults();
    assert.equal((await office.putAside()).length, 1);
  });
});

function byBody(a: { body: string }, b: { body: string }): number {
  return a.body.localeCompare(b.body);
}
