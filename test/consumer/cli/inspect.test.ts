import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noise, plannedCall } from "../../streams/call.js";
import { documents, errorDocument } from "../../streams/matroska-stream.js";
import { mediaCommand } from "./media-process.js";

describe("inspect", () => {
  const call = plannedCall({ transactionId: "call-one", fragments: 3 });
  const parts = documents(call.fragments);
  let folder: string;
  let input: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "inspect-"));
    input = join(folder, "call.mkv");
  });
  after(() => rmSync(folder, { recursive: true }));

  it("tells of every fragment in one JSON document", async () => {
    writeFileSync(input, Buffer.concat(parts));
    const { exitCode, stdout, stderr } = await mediaCommand(["inspect", input, "--json"]);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    const told = JSON.parse(stdout.toString());
    assert.equal(told.fragments.length, 3);
    assert.deepEqual(told.fragments[1], {
      number: call.fragments[1]!.number,
      serverTimestamp: "2023-11-14T22:13:20.350Z",
      producerTimestamp: "2023-11-14T22:13:20.200Z",
      tags: { TransactionId: "call-one", VoiceConnectorId: "vc-one" },
      tagsBefore: {},
      tagsAfter: { TransactionId: "call-one", VoiceConnectorId: "vc-one" },
      tracks: [{ number: 1, type: "audio", name: "AUDIO_FROM_CUSTOMER", codecId: "A_AAC" }],
      blocks: 10,
      bytes: parts[1]!.length,
      offset: parts[0]!.length,
      continuationToken: call.fragments[1]!.number,
      millisBehindNow: 0,
    });
    assert.deepEqual(told.transactions, [{ transactionId: "call-one", voiceConnectorId: "vc-one", fragments: 3 }]);
    assert.deepEqual(told.errors, []);
    assert.equal(told.complete, true);
  });

  it("shows a table to people, with tracks, transactions and damage", async () => {
    writeFileSync(input, Buffer.concat([parts[0]!, noise(50, 1), parts[1]!]));
    const { exitCode, stdout, stderr } = await mediaCommand(["inspect", input]);
    assert.equal(exitCode, 3);
    assert.match(stderr, /^error: .*garbage at offset \d+/);
    const text = stdout.toString();
    assert.match(
      text,
      new RegExp(
        `^ +0 +${parts[0]!.length} +10 {2}2023-11-14T22:13:20.000Z {2}${call.fragments[0]!.number} TransactionId=call-one`,
        "m",
      ),
    );
    assert.match(text, /TransactionId=call-one \(after\)/);
    assert.equal(text.match(/tracks: 1 audio AUDIO_FROM_CUSTOMER A_AAC/g)?.length, 1);
    assert.match(text, /2 fragments in \d+ bytes/);
    assert.match(text, /transaction call-one of voice connector vc-one: 2 fragments/);
    assert.match(text, /garbage at offset \d+, 100 bytes skipped/);
  });

  it("tells of error chunks, and exits with 3", async () => {
    writeFileSync(input, errorDocument({ AWS_KINESISVIDEO_ERROR_ID: "3002", AWS_KINESISVIDEO_ERROR_CODE: "STORAGE" }));
    const { exitCode, stdout } = await mediaCommand(["inspect", input, "--json"]);
    assert.equal(exitCode, 3);
    const told = JSON.parse(stdout.toString());
    assert.deepEqual(told.fragments[0].error, { id: 3002, code: "STORAGE" });
    assert.equal(told.errors[0].code, "STORAGE");
    assert.equal(told.complete, false);
  });

  it("lists a bounded number of faults and counts the rest", async () => {
    const chunk = errorDocument({ AWS_KINESISVIDEO_ERROR_ID: "5000" });
    const { stdout } = await mediaCommand(["inspect", "-", "--json"], Buffer.concat(Array(10_050).fill(chunk)));
    const told = JSON.parse(stdout.toString());
    assert.deepEqual([told.errors.length, told.errorsOmitted, told.complete], [10_000, 50, false]);
  });

  it("exits with 3 for what is empty or not Matroska, in one valid document", async () => {
    for (const [bytes, message] of [
      [Buffer.alloc(0), /is empty/],
      [noise(100, 1), /not a Matroska stream/],
    ] as const) {
      const { exitCode, stdout, stderr } = await mediaCommand(["inspect", "-", "--json"], bytes);
      assert.equal(exitCode, 3);
      assert.match(stderr, message);
      assert.deepEqual(JSON.parse(stdout.toString()).fragments, []);
    }
  });

  it("keeps control characters in tags from the terminal", async () => {
    const plan = { ...call.fragments[0]!, tagsAfter: { Evil: "\u001b[2J" } };
    const { stdout } = await mediaCommand(["inspect", "-"], documents([plan])[0]!);
    assert.match(stdout.toString(), /Evil=\?\[2J/);
  });

  it("exits with 2 for a file that is not there", async () => {
    const { exitCode, stdout, stderr } = await mediaCommand(["inspect", join(folder, "none.mkv"), "--json"]);
    assert.deepEqual([exitCode, stdout.length], [2, 0]);
    assert.match(stderr, /there is no such file/);
  });
});
