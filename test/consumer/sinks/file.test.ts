import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { riffHeader } from "../../../consumer/audio/wav-header.js";
import { openFileSink } from "../../../consumer/sinks/file.js";
import { noise } from "../../streams/call.js";

describe("openFileSink", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "file-sink-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("makes a WAV file of what was written, and tells its hash and size", async () => {
    const path = join(folder, "leg.wav");
    const sink = await openFileSink(path, { format: "wav", sampleRateHz: 16_000 });
    const pieces = Array.from({ length: 3000 }, (_, i) => noise(400, i));
    for (const piece of pieces) await sink.write(piece);
    const committed = await sink.commit();
    const bytes = readFileSync(path);
    const pcm = Buffer.concat(pieces);
    assert.deepEqual(bytes, Buffer.concat([riffHeader({ sampleRateHz: 16_000, dataBytes: pcm.length }), pcm]));
    assert.deepEqual(committed, {
      location: path,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      bytes: bytes.length,
    });
    assert.deepEqual(readdirSync(folder), ["leg.wav"]);
  });

  it("writes samples alone as s16le", async () => {
    const path = join(folder, "leg.s16le");
    const sink = await openFileSink(path, { format: "s16le" });
    await sink.write(noise(10, 1));
    await sink.commit();
    assert.deepEqual(readFileSync(path), noise(10, 1));
  });

  it("makes a file without a sample where nothing was written", async () => {
    const path = join(folder, "leg.wav");
    const committed = await (await openFileSink(path, { format: "wav" })).commit();
    assert.equal(committed.bytes, 44);
    assert.deepEqual(readFileSync(path), riffHeader({ sampleRateHz: 8000, dataBytes: 0 }));
  });

  it("shows nothing under the final name before commit, and keeps what was there", async () => {
    const path = join(folder, "leg.wav");
    writeFileSync(path, "before");
    const sink = await openFileSink(path, { format: "wav" });
    await sink.write(noise(1_000_000, 1));
    assert.equal(readFileSync(path, "utf8"), "before");
    await sink.commit();
    assert.equal(readFileSync(path).length, 2_000_044);
  });

  it("leaves nothing behind after abort, and what was there as it was", async () => {
    const path = join(folder, "leg.wav");
    writeFileSync(path, "before");
    const sink = await openFileSink(path, { format: "wav" });
    await sink.write(noise(1_000_000, 1));
    await sink.abort();
    await sink.abort();
    assert.deepEqual(readdirSync(folder), ["leg.wav"]);
    assert.equal(readFileSync(path, "utf8"), "before");
  });

  it("takes abort after commit for nothing", async () => {
    const path = join(folder, "leg.wav");
    const sink = await openFileSink(path, { format: "wav" });
    await sink.commit();
    await sink.abort();
    assert.deepEqual(readdirSync(folder), ["leg.wav"]);
  });

  it("writes through a symbolic link to the file that it points to", async () => {
    mkdirSync(join(folder, "elsewhere"));
    writeFileSync(join(folder, "elsewhere", "real.wav"), "before");
    symlinkSync(join(folder, "elsewhere", "real.wav"), join(folder, "link.wav"));
    await (await openFileSink(join(folder, "link.wav"), { format: "wav" })).commit();
    assert.equal(readFileSync(join(folder, "elsewhere", "real.wav")).length, 44);
  });

  it("refuses a folder that is missing and a path that is a folder, at once", async () => {
    await assert.rejects(openFileSink(join(folder, "none", "leg.wav"), { format: "wav" }), { code: "ENOENT" });
    await assert.rejects(openFileSink(folder, { format: "wav" }), { code: "EISDIR" });
  });

  it("becomes RF64 where samples are more than RIFF can count", async () => {
    const path = join(folder, "leg.wav");
    const pcm = noise(1_500_000, 4);
    const sink = await openFileSink(path, { format: "wav", mostRiffDataBytes: 2_999_998 });
    await sink.write(pcm);
    const committed = await sink.commit();
    const bytes = readFileSync(path);
    assert.equal(bytes.toString("latin1", 0, 4), "RF64");
    assert.equal(bytes.readBigUInt64LE(28), BigInt(pcm.length));
    assert.deepEqual(bytes.subarray(80), pcm);
    assert.equal(committed.bytes, bytes.length);
  });
});
