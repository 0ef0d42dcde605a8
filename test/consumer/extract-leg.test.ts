import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { extractLeg } from "../../consumer/extract-leg.js";
import type { AudioSink } from "../../consumer/sinks/audio-sink.js";
import { plannedCall } from "../streams/call.js";
import { documents } from "../streams/matroska-stream.js";

const one = plannedCall({ transactionId: "one", fragments: 5, seed: 1 });
const two = plannedCall({
  transactionId: "two",
  fragments: 4,
  seed: 2,
  firstNumber: 5,
  startMs: 1_700_000_060_000,
  tags: "before",
});
const stream = documents([...one.fragments, ...two.fragments]);

/** A sink that keeps what it gets, and an account of what was asked of it. */
function openMemory(failsAt?: "write" | "commit") {
  const account: string[] = [];
  const pieces: Buffer[] = [];
  const note = (what: string) => {
    if (account.at(-1) !== what) account.push(what);
    if (failsAt === what) throw new Error(`${what} failed`);
  };
  let writing = 0;
  const sink: AudioSink<Buffer> = {
    async write(pcm) {
      assert.equal(++writing, 1, "one at a time");
      note("write");
      await new Promise(setImmediate);
      pieces.push(Buffer.from(pcm));
      writing--;
    },
    async commit() {
      note("commit");
      return Buffer.concat(pieces);
    },
    async abort() {
      account.push("abort");
    },
  };
  return { sink, account };
}

describe("extractLeg", () => {
  it("writes one leg to a sink, and gives what its commit gave", async () => {
    for (const [transactionId, { pcm }] of [
      ["one", one],
      ["two", two],
    ] as const) {
      const { sink, account } = openMemory();
      const rates: number[] = [];
      const openSink = (sampleRateHz: number) => {
        rates.push(sampleRateHz);
        return sink;
      };
      const { audio, report, errors, complete, inputBytes } = await extractLeg(stream, openSink, {
        selection: { transactionId },
      });
      assert.deepEqual(audio, pcm);
      assert.deepEqual(rates, [8000]);
      assert.deepEqual(account, ["write", "commit"]);
      assert.equal(report.samples, pcm.length / 2);
      assert.deepEqual(errors, []);
      assert.equal(complete, true);
      assert.equal(inputBytes, Buffer.concat(stream).length);
    }
  });

  it("opens no sink where there is nothing of the leg", async () => {
    const openSink = () => assert.fail("opened");
    const { audio, report } = await extractLeg(stream, openSink, { selection: { transactionId: "three" } });
    assert.equal(audio, undefined);
    assert.deepEqual(
      report.transactions.map(({ transactionId }) => transactionId),
      ["one", "two"],
    );
  });

  it("aborts the sink where what was found is not accepted", async () => {
    const { sink, account } = openMemory();
    const { audio } = await extractLeg(stream, () => sink, { accept: ({ transactions }) => transactions.length === 1 });
    assert.equal(audio, undefined);
    assert.deepEqual(account, ["write", "abort"]);
  });

  it("commits a leg without a sound: a sink without a sample", async () => {
    const silent = documents([{ ...one.fragments[0]!, blocks: [] }]);
    const { sink, account } = openMemory();
    assert.equal((await extractLeg(silent, () => sink)).audio?.length, 0);
    assert.deepEqual(account, ["commit"]);
  });

  it("tells each fault once, of the bytes and of the leg, in the order of the stream", async () => {
    const cut = stream[2]!.subarray(0, stream[2]!.length - 400);
    const damaged = [Buffer.from("rubbish"), ...stream.slice(0, 2), cut, ...stream.slice(3)];
    const { sink } = openMemory();
    const { audio, errors, complete } = await extractLeg(damaged, () => sink, { selection: { transactionId: "one" } });
    const cutAt = 7 + stream[0]!.length + stream[1]!.length;
    assert.equal(errors.length, 2);
    assert.equal(errors[0]!.offset, 0);
    assert(errors[1]!.offset > cutAt && errors[1]!.offset <= cutAt + cut.length);
    assert.equal(complete, false);
    assert.deepEqual(audio?.subarray(0, 2 * 3200), one.pcm.subarray(0, 2 * 3200));
  });

  it("aborts the sink and ends the source where the sink fails", async () => {
    for (const failsAt of ["write", "commit"] as const) {
      const source = new PassThrough();
      for (const piece of stream) source.write(piece);
      if (failsAt === "commit") source.end();
      const { sink, account } = openMemory(failsAt);
      await assert.rejects(
        extractLeg(source, () => sink),
        new RegExp(`${failsAt} failed`),
      );
      assert.equal(account.at(-1), "abort");
      assert.equal(source.destroyed, true);
    }
  });

  it("aborts the sink where the source fails, and tells the source's error", async () => {
    async function* broken() {
      yield* stream.slice(0, 3);
      throw new Error("connection reset");
    }
    const { sink, account } = openMemory();
    sink.abort = async () => {
      account.push("abort");
      throw new Error("abort failed");
    };
    await assert.rejects(
      extractLeg(broken(), () => sink),
      /connection reset/,
    );
    assert.deepEqual(account, ["write", "abort"]);
  });
});
