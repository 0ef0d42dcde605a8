import assert from "node:assert/strict";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { namedErrors } from "../../../aws/call-error.js";
import { speech } from "../telephone.js";
import { LATER_MS, openReconciledOffice, type ReconciledOffice } from "./reconciled-office.js";

const BUCKET = "detail-records";

describe("reconciliation by detail records", () => {
  let office: ReconciledOffice;
  let s3: S3Client;
  const caller = speech(1, 10_300);
  const callee = speech(2, 9_000);

  beforeEach(async () => {
    office = await openReconciledOffice();
    s3 = new S3Client({ region: "us-east-1", forcePathStyle: true });
    s3.middlewareStack.use(namedErrors("s3", s3.config));
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });
  afterEach(async () => {
    s3.destroy();
    await office.close();
  });

  /** A call as its record tells of it. */
  async function playUnannounced(): Promise<{ transactionId: string; callId: string; startMs: number; endMs: number }> {
    const { control } = office.telephone.aws;
    const fault = control.addFault({ kind: "loseEvent" });
    const { transactionId, callId, legs } = await office.telephone.call(caller, callee);
    control.clearFaults(fault);
    const startMs = Math.min(...legs.map(({ startTime }) => Date.parse(startTime)));
    const endMs = Math.max(...legs.map(({ endTime }) => Date.parse(endTime)));
    return { transactionId, callId, startMs, endMs };
  }

  async function putRecord(transactionId: string, startMs: number, document: string): Promise<void> {
    const [day, time] = new Date(startMs).toISOString().slice(0, -1).split("T");
    const folder = `Amazon-Chime-Voice-Connector-SDRs/json/${office.telephone.voiceConnectorId}`;
    const Key = `${folder}/${day!.replaceAll("-", "/")}/${time!.replaceAll(":", ".")}_${transactionId}`;
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: document }));
  }

  function documentOf(call: Awaited<ReturnType<typeof playUnannounced>>): string {
    return JSON.stringify({
      SchemaVersion: "2.0",
      TransactionId: call.transactionId,
      CallId: call.callId,
      VoiceConnectorId: office.telephone.voiceConnectorId,
      StartTimeEpochSeconds: String(Math.floor(call.startMs / 1000)),
      EndTimeEpochSeconds: String(Math.ceil(call.endMs / 1000)),
      Status: "Completed",
    });
  }

  /** In an hour in which no stream's turn comes. */
  function sweepOutOfTurn(laterMs = LATER_MS) {
    const taken = new Set(office.hoursOfStreams());
    const hour = Array.from({ length: 24 }, (_, i) => i).find((i) => !taken.has(i))!;
    return office.sweep({ laterMs, hour, config: { detailRecordsBucket: BUCKET }, options: { detailRecords: s3 } });
  }

  it("a call that a record tells of, and nobody recorded, is looked for whosever turn it is", async () => {
    const call = await playUnannounced();
    assert.equal((await sweepOutOfTurn()).found, 0);
    await putRecord(call.transactionId, call.startMs, documentOf(call));
    const { found, swept } = await sweepOutOfTurn();
    assert.deepEqual({ found, swept }, { found: 2, swept: 0 });
    await office.assertSpoken(await office.work(), [caller, callee]);
    assert.equal((await sweepOutOfTurn()).found, 0);
  });

  it("other calls on the same streams are left to their turn", async () => {
    const other = await playUnannounced();
    const call = await playUnannounced();
    await putRecord(call.transactionId, call.startMs, documentOf(call));
    assert.equal((await sweepOutOfTurn()).found, 2);
    for (const { transactionId } of await office.announced()) {
      assert.equal(transactionId, call.transactionId);
      assert.notEqual(transactionId, other.transactionId);
    }
  });

  it("when both legs are found no other stream is asked", async () => {
    await office.createStreams(20);
    const call = await playUnannounced();
    await putRecord(call.transactionId, call.startMs, documentOf(call));
    office.telephone.aws.control.clearCalls();
    assert.equal((await sweepOutOfTurn()).found, 2);
    const { streams } = office.telephone.aws.control.state();
    const asked = office.calls("kinesisvideo:ListFragments").at(-1)!.resource;
    assert(streams.find(({ arn }) => arn === asked)!.fragments.length > 0);
  });

  it("a call that was only just spoken is about to be recorded", async () => {
    const call = await playUnannounced();
    await putRecord(call.transactionId, call.endMs, documentOf(call));
    office.telephone.aws.control.clearCalls();
    assert.equal((await sweepOutOfTurn(0)).found, 0);
    assert.deepEqual(office.calls("kinesisvideo:ListFragments"), []);
  });

  it("a record that cannot be read has a time in its name", async () => {
    const call = await playUnannounced();
    await putRecord(call.transactionId, call.startMs, "not a record");
    assert.equal((await sweepOutOfTurn()).found, 2);
  });

  it("a call that is recorded costs no request to Kinesis", async () => {
    const { transactionId, legs } = await office.telephone.call(caller, callee);
    await office.work();
    await putRecord(transactionId, Date.parse(legs[0]!.startTime), "{}");
    office.telephone.aws.control.clearCalls();
    assert.equal((await sweepOutOfTurn()).found, 0);
    const calls = office.telephone.aws.control.calls().map(({ action }) => action);
    assert.deepEqual(
      calls.filter((action) => action.startsWith("kinesisvideo:")),
      ["kinesisvideo:ListStreams"],
    );
  });

  it("a record of a call without media is no more than that", async () => {
    await playUnannounced();
    await putRecord("00000000-0000-4000-8000-000000000000", Date.now(), "{}");
    const { found, unfinished } = await sweepOutOfTurn();
    assert.deepEqual({ found, unfinished }, { found: 0, unfinished: 0 });
  });

  it("the message names the permission that is missing", async () => {
    office.telephone.aws.control.addFault({ kind: "deny", actions: ["s3:ListBucket"] });
    await assert.rejects(sweepOutOfTurn(), /AWS denied s3:ListBucket on detail-records/);
  });
});
