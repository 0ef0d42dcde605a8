import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { riffHeader } from "../../../consumer/audio/wav-header.js";
import { openStreamSink } from "../../../consumer/sinks/stream.js";
import { noise } from "../../streams/call.js";

describe("openStreamSink", () => {
  it("writes a WAV of unknown length, no faster than it is read", async () => {
    const stream = new PassThrough({ highWaterMark: 1000 });
    const read = buffer(stream);
    const sink = openStreamSink(stream, { format: "wav", location: "there", end: true });
    for (let i = 0; i < 50; i++) await sink.write(noise(500, i));
    const committed = await sink.commit();
    const bytes = await read;
    assert.deepEqual(bytes.subarray(0, 44), riffHeader({ sampleRateHz: 8000, dataBytes: undefined }));
    assert.equal(bytes.length, 44 + 50_000);
    assert.deepEqual(committed, {
      location: "there",
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
  });

  it("fails where its reader goes away", async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error("reader gone")) });
    const sink = openStreamSink(stream, { format: "s16le", location: "there" });
    await assert.rejects(async () => {
      await sink.write(noise(10, 1));
      await sink.commit();
    }, /reader gone/);
  });

  it("fails where its reader is a process that has ended before", async () => {
    const child = spawn("true", [], { stdio: ["pipe", "ignore", "ignore"] });
    await once(child, "close");
    const sink = openStreamSink(child.stdin, { format: "s16le", location: "there", end: true });
    await assert.rejects(async () => sink.write(noise(100_000, 1)));
    await assert.rejects(sink.commit());
    await sink.abort();
  });

  it("takes its bytes when they are written: they may be used again at once", async () => {
    const stream = new PassThrough({ highWaterMark: 1_000_000 });
    const sink = openStreamSink(stream, { format: "s16le", location: "there", end: true });
    const piece = Buffer.alloc(4);
    for (let i = 0; i < 4; i++) await sink.write(piece.fill(i));
    await sink.commit();
    assert.equal((await buffer(stream)).toString("hex"), "00000000010101010202020203030303");
  });
});
