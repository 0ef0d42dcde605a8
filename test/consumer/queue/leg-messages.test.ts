import assert from "node:assert/strict";
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { pino } from "pino";
import type { MetricName } from "../../../consumer/metrics/metrics.js";
import { LegMessages } from "../../../consumer/queue/leg-messages.js";
import { type HeldMessage, holdMessage } from "../../../consumer/queue/message-lease.js";
import { type QueuedMessage, WorkQueue } from "../../../consumer/queue/work-queue.js";
import { ManualClock } from "../manual-clock.js";
import { startTelephone, type Telephone } from "../telephone.js";

const HOUR = 3_600_000;
const logger = pino({ level: "silent" });

describe("LegMessages", () => {
  let telephone: Telephone;
  let sqs: SQSClient;
  let queue: WorkQueue;
  let clock: ManualClock;
  let counted: MetricName[];
  const held: HeldMessage[] = [];

  beforeEach(async () => {
    telephone = await startTelephone();
    sqs = new SQSClient({ region: "us-east-1" });
    queue = await WorkQueue.open(sqs, telephone.aws.env.QUEUE_URL!);
    clock = new ManualClock();
    counted = [];
    await send();
  });

  afterEach(async () => {
    await Promise.all(held.splice(0).map((message) => message.release()));
    sqs.destroy();
    await telephone.close();
  });

  function worker(): LegMessages {
    const count = (name: MetricName) => void counted.push(name);
    const metrics = { count, record: () => undefined, flush: () => undefined };
    return new LegMessages({ queue, clock, logger, metrics, handoverMs: 6 * HOUR });
  }

  async function send(): Promise<void> {
    const MessageAttributes = { from: { DataType: "String", StringValue: "EventBridge" } };
    const QueueUrl = telephone.aws.env.QUEUE_URL;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "STARTED", MessageAttributes }));
  }

  async function receive(waitTimeSeconds = 2): Promise<QueuedMessage[]> {
    return queue.receive({ max: 10, waitTimeSeconds, visibilityTimeoutSeconds: 600 });
  }

  async function receiveOne(): Promise<QueuedMessage> {
    const [message, ...others] = await receive();
    assert(message && others.length === 0);
    return message;
  }

  function hold(message: QueuedMessage): HeldMessage {
    const lease = holdMessage(queue, message, { visibilityTimeoutSeconds: 24 * 3_600, clock, logger });
    held.push(lease);
    return lease;
  }

  async function inFlight(): Promise<number> {
    const QueueUrl = telephone.aws.env.QUEUE_URL;
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    return Number(Attributes!.ApproximateNumberOfMessagesNotVisible);
  }

  /** Lets time pass until something that time does not bring has come about. */
  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) await clock.pass(0);
  }

  it("sends a copy after the time, and deletes the message only when the copy has come", async () => {
    const legs = worker();
    const first = hold(await receiveOne());
    legs.keep("leg", first);
    await clock.pass(6 * HOUR - 1);
    assert.equal(legs.expected, 0);
    await clock.pass(1);
    await until(() => legs.expected === 1);
    assert.equal(first.isReplaced, false);

    const copy = await receiveOne();
    assert.deepEqual([copy.body, copy.receiveCount, copy.attributes!.from!.StringValue], ["STARTED", 1, "EventBridge"]);
    assert.deepEqual(
      [legs.isHandover(copy), legs.isContinuation(copy), legs.isHeldElsewhere(copy)],
      [true, true, false],
    );
    assert.equal(await inFlight(), 2);
    legs.keep("leg", hold(copy));
    await until(() => first.isReplaced);
    assert.deepEqual([await inFlight(), legs.expected, counted], [1, 0, ["Handovers"]]);
  });

  it("goes on like that for as long as the leg lasts, and sends nothing when it is over", async () => {
    const legs = worker();
    let forget = legs.keep("leg", hold(await receiveOne()));
    for (let hours = 6; hours <= 30; hours += 6) {
      await clock.pass(6 * HOUR);
      await until(() => legs.expected === 1);
      const forgetOlder = forget;
      forget = legs.keep("leg", hold(await receiveOne()));
      await until(() => counted.length === hours / 6);
      forgetOlder();
    }
    forget();
    await clock.pass(12 * HOUR);
    assert.deepEqual(await receive(0), []);
  });

  it("deletes a message without a copy where a younger one of the leg is held", async () => {
    const legs = worker();
    const first = hold(await receiveOne());
    legs.keep("leg", first);
    await clock.pass(HOUR);
    await send();
    legs.keep("leg", hold(await receiveOne()));
    await clock.pass(5 * HOUR);
    await until(() => first.isReplaced);
    assert.equal(await inFlight(), 1);
    assert.deepEqual(await receive(0), []);
  });

  it("has other workers send the copy on, as a fresh message every time", async () => {
    const [legs, other] = [worker(), worker()];
    legs.keep("leg", hold(await receiveOne()));
    await clock.pass(6 * HOUR);
    await until(() => legs.expected === 1);
    telephone.aws.control.clearCalls();
    const copy = await receiveOne();
    assert.equal(other.isHeldElsewhere(copy), true);
    assert.equal(await other.passOn(copy), 20);
    await queue.delete(copy);
    const sent = telephone.aws.control.calls().find(({ action }) => action === "sqs:SendMessage");
    assert(sent);
    assert.equal(await inFlight(), 1);
  });

  it("lets the message go before SQS takes it, and the leg to whoever gets the copy then", async () => {
    const [legs, other] = [worker(), worker()];
    const first = hold(await receiveOne());
    legs.keep("leg", first);
    await clock.pass(6 * HOUR);
    await until(() => legs.expected === 1);
    const copy = await receiveOne();
    await clock.pass(5.5 * HOUR - 1);
    assert.deepEqual([first.isReplaced, other.isHeldElsewhere(copy)], [false, true]);
    await clock.pass(1);
    await until(() => first.isReplaced);
    assert.equal(other.isHeldElsewhere(copy), false);
  });

  it("does not believe a holder that claims a leg for longer than SQS holds a message", async () => {
    const message = await receiveOne();
    const claim = (untilMs: number) => ({
      ...message,
      attributes: {
        holder: { DataType: "String", StringValue: "somebody" },
        "held-until": { DataType: "String", StringValue: new Date(untilMs).toISOString() },
      },
    });
    assert.equal(worker().isHeldElsewhere(claim(clock.now() + 5 * HOUR)), true);
    assert.equal(worker().isHeldElsewhere(claim(clock.now() + 13 * HOUR)), false);
    assert.equal(worker().isHeldElsewhere(message), false);
  });

  it("does not believe a holder whose message comes again: whoever had it let it go", async () => {
    const legs = worker();
    legs.keep("leg", hold(await receiveOne()));
    await clock.pass(6 * HOUR);
    await until(() => legs.expected === 1);
    const copy = await receiveOne();
    assert.equal(worker().isHeldElsewhere(copy), true);
    await queue.hide(copy, 0);
    assert.equal(worker().isHeldElsewhere(await receiveOne()), false);
  });

  it("takes a message that is delivered to it again for the same one, and deletes nothing", async () => {
    const legs = worker();
    const first = hold(await receiveOne());
    const forget = legs.keep("leg", first);
    await queue.hide(first.message, 0);
    const again = hold(await receiveOne());
    assert.equal(again.message.id, first.message.id);
    legs.keep("leg", again);
    assert.equal(first.isReplaced, true);
    forget();
    await clock.pass(6 * HOUR);
    await until(() => legs.expected === 1);
    assert.deepEqual([again.isReplaced, counted, await inFlight()], [false, [], 1]);
  });

  it("sends a leg for which there is no room to whoever has some, later every time, and nobody's", async () => {
    const legs = worker();
    const begunMs = clock.now();
    await clock.pass(3_000);
    const first = await receiveOne();
    assert.deepEqual(await legs.passToOthers(first, begunMs), { delaySeconds: 1, waitedMs: 3_000 });
    await queue.delete(first);
    await clock.pass(57_000);
    const second = await receiveOne();
    assert.deepEqual([second.receiveCount, legs.isContinuation(second)], [1, false]);
    assert.deepEqual(await legs.passToOthers(second, begunMs), { delaySeconds: 6, waitedMs: 60_000 });
  });

  it("says of one that was read before that it was, and that it waits since it came", async () => {
    const legs = worker();
    const claim = { holder: { DataType: "String", StringValue: "gone" } };
    const message = { ...(await receiveOne()), receiveCount: 2, attributes: claim };
    assert.deepEqual(await legs.passToOthers(message, 0), { delaySeconds: 1, waitedMs: 0 });
    await queue.delete(message);
    const copy = await receiveOne();
    assert.deepEqual([legs.isContinuation(copy), copy.attributes!.holder], [true, undefined]);
  });

  it("sends one continuation for a leg, whatever number of messages it has", async () => {
    const legs = worker();
    await send();
    const messages = [...(await receive()), ...(await receive(0))];
    assert.equal(messages.length, 2);
    await Promise.all(messages.map((message) => legs.continueElsewhere("leg", hold(message))));
    const continuation = await receiveOne();
    assert.deepEqual([continuation.body, continuation.receiveCount], ["STARTED", 1]);
    assert.deepEqual([legs.isContinuation(continuation), legs.isHandover(continuation)], [true, false]);
    assert.equal(worker().isHeldElsewhere(continuation), false);
    assert.equal(await inFlight(), 1);
  });

  it("keeps the message where no continuation can be sent", async () => {
    telephone.aws.control.addFault({ kind: "deny", actions: ["sqs:SendMessage"] });
    const message = await receiveOne();
    await assert.rejects(worker().continueElsewhere("leg", hold(message)));
    assert.equal(await inFlight(), 1);
  });
});
