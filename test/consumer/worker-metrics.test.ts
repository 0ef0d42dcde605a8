import assert from "node:assert/strict";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { directoryStore } from "../../consumer/recordings/directory-store.js";
import type { RecordingStore } from "../../consumer/recordings/recording-store.js";
import { CountedMetrics } from "./reconcile/reconciled-office.js";
import { putLeg } from "./recorded-leg.js";
import { openRecordingOffice, type RecordingOffice } from "./recording-office.js";
import { speech } from "./telephone.js";

const HOUR_MS = 3_600_000;

describe("Worker, of what it counts", () => {
  let office: RecordingOffice;
  let metrics: CountedMetrics;
  const caller = speech(1, 5_300);
  const callee = speech(2, 4_000);

  beforeEach(async () => {
    office = await openRecordingOffice();
    metrics = new CountedMetrics();
  });
  afterEach(() => office.close());

  it("says how old an event is whenever it is given back", async () => {
    await office.telephone.call(caller, callee);
    const ended = (await office.takeEvents(4)).filter(({ detail }) => detail.streamingStatus === "ENDED");
    await office.sendEvents(ended.map((event) => ({ ...event, time: new Date(Date.now() - HOUR_MS).toISOString() })));
    const files = directoryStore(office.folder);
    let refusals = 2;
    const putSidecar: RecordingStore["putSidecar"] = async (...put) => {
      if (refusals-- > 0) throw new Error("no space left");
      return files.putSidecar(...put);
    };
    assert.equal((await office.work({}, { ...files, putSidecar }, metrics)).recorded.length, 2);
    assert.equal(metrics.counts.Retries, 2);
    const ages = metrics.values.MessageAge!;
    assert.equal(ages.length, 2);
    for (const age of ages) assert(age >= 3_600 && age < 3_660, `${age} s`);
    assert.equal(metrics.counts.EventsEnded, 2);
  });

  it("counts an incomplete recording that the message of a leg finds which went from worker to worker", async () => {
    await office.telephone.call(caller, callee);
    const [started] = (await office.takeEvents(4)).filter(({ detail }) => detail.streamingStatus === "STARTED");
    const { transactionId, streamArn, startFragmentNumber } = started!.detail as Record<string, string>;
    const first = BigInt(startFragmentNumber!);
    await putLeg(directoryStore(office.folder), {
      pcm: caller,
      stream: streamArn!,
      fragments: [first, first + 9n],
      more: { transactionId: transactionId!, complete: false, endProof: "endTime" },
    });
    const sqs = new SQSClient({ region: "us-east-1" });
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: office.telephone.aws.env.QUEUE_URL,
        MessageBody: JSON.stringify(started),
        MessageAttributes: { continuation: { DataType: "String", StringValue: "handover" } },
      }),
    );
    sqs.destroy();
    assert.deepEqual((await office.work({ mode: "live" }, undefined, metrics)).recorded, []);
    assert.equal(metrics.counts.LegsIncomplete, 1);
  });
});
