import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rf64Header } from "../../../consumer/audio/wav-header.js";
import { inspectAudio } from "../../../consumer/report/audio-inspection.js";
import { wavOf } from "../../wav-of.js";
import { speech } from "../telephone.js";

const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const reading = { signal: new AbortController().signal };

describe("an audio file, looked at", () => {
  let folder: string;
  let path: string;
  // More than is read at a time.
  const wav = wavOf(speech(1, 140_000));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "audio-"));
    path = join(folder, "call.wav");
    await writeFile(path, wav);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("is verified by its hash, and its peaks are kept beside it", async () => {
    const { peaks, ...found } = await inspectAudio(path, sha256Of(wav), reading);
    const sha256 = sha256Of(wav);
    assert.deepEqual(found, { state: "verified", sha256, bytes: wav.length, isPlayable: true, durationMs: 140_000 });
    assert.equal(peaks!.bytes.length, 2 * Math.ceil(1_120_000 / peaks!.bucketSamples));
    assert(peaks!.bytes.some((byte) => byte > 100) && peaks!.bytes.some((byte) => byte < -100));
    assert.deepEqual((await readdir(folder)).sort(), ["call.peaks.bin", "call.wav"]);
  });

  it("is not measured again while it is the same, and read again all the same", async () => {
    const first = await inspectAudio(path, sha256Of(wav), reading);
    const { mtimeMs, ino } = await stat(join(folder, "call.peaks.bin"));
    const second = await inspectAudio(path, sha256Of(wav), reading);
    assert.deepEqual(second, first);
    const after = await stat(join(folder, "call.peaks.bin"));
    assert.deepEqual([after.mtimeMs, after.ino], [mtimeMs, ino]);
  });

  it("is altered by one bit, with peaks of what it is now", async () => {
    await inspectAudio(path, sha256Of(wav), reading);
    const altered = Buffer.from(wav);
    altered.fill(0, 44);
    await writeFile(path, altered);
    for (let turn = 0; turn < 2; turn++) {
      const { state, sha256, peaks } = await inspectAudio(path, sha256Of(wav), reading);
      assert.deepEqual([state, sha256], ["altered", sha256Of(altered)]);
      assert(peaks!.bytes.every((byte) => byte === 0));
    }
    await writeFile(path, wav);
    const { state, peaks } = await inspectAudio(path, sha256Of(wav), reading);
    assert.equal(state, "verified");
    assert(peaks!.bytes.some((byte) => byte !== 0));
  });

  it("is measured where the file of peaks is damaged, too long, or of another form", async () => {
    const { peaks } = await inspectAudio(path, sha256Of(wav), reading);
    const kept = await readFile(join(folder, "call.peaks.bin"));
    const damaged = [
      Buffer.alloc(0),
      Buffer.from("no peaks"),
      Buffer.from("null\n"),
      kept.subarray(0, 500),
      Buffer.concat([kept, Buffer.alloc(2)]),
      Buffer.from(kept.toString("latin1").replace('"bucketSamples":32', '"bucketSamples":-1'), "latin1"),
    ];
    for (const bytes of damaged) {
      await writeFile(join(folder, "call.peaks.bin"), bytes);
      const found = await inspectAudio(path, sha256Of(wav), reading);
      assert.deepEqual([found.state, found.peaks], ["verified", peaks]);
      assert.deepEqual(await readFile(join(folder, "call.peaks.bin")), kept);
    }
  });

  it("can be cut off, empty, no WAV file, or not there: what can be said of it is said", async () => {
    const kinds: [Buffer, boolean, number | undefined][] = [
      [wav.subarray(0, 44 + 16_000), true, 1_000],
      [wav.subarray(0, 44 + 16_001), true, 1_000],
      [wav.subarray(0, 44), true, 0],
      [wav.subarray(0, 20), false, undefined],
      [Buffer.alloc(0), false, undefined],
      [Buffer.from("RIFF____WAVEdata____"), false, undefined],
      [Buffer.alloc(100_000, 0xff), false, undefined],
    ];
    for (const [bytes, isPlayable, durationMs] of kinds) {
      await writeFile(path, bytes);
      const found = await inspectAudio(path, sha256Of(wav), reading);
      assert.deepEqual([found.state, found.isPlayable, found.durationMs], ["altered", isPlayable, durationMs]);
    }
    await rm(path);
    assert.deepEqual(await inspectAudio(path, sha256Of(wav), reading), { state: "missing", isPlayable: false });
  });

  it("is measured with 64-bit sizes, too", async () => {
    const { peaks } = await inspectAudio(path, sha256Of(wav), reading);
    const pcm = wav.subarray(44);
    const long = Buffer.concat([rf64Header({ sampleRateHz: 8_000, dataBytes: pcm.length }), pcm]);
    await writeFile(path, long);
    const found = await inspectAudio(path, sha256Of(long), reading);
    assert.deepEqual([found.state, found.durationMs, found.peaks], ["verified", 140_000, peaks]);
  });

  it("leaves nothing behind where it is interrupted", async () => {
    const controller = new AbortController();
    controller.abort();
    await assert.rejects(inspectAudio(path, sha256Of(wav), { signal: controller.signal }), { name: "AbortError" });
    assert.deepEqual(await readdir(folder), ["call.wav"]);
  });
});
