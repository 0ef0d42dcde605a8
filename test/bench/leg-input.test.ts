import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LegInput, writeLegInput } from "../../bench/leg-input.js";
import { audioOf, parseInChunks } from "../streams/parsing.js";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("input of the benchmark", () => {
  let folder: string;
  let input: LegInput;
  let bytes: Buffer;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "bench-input-"));
    input = await writeLegInput(folder, 1, "asKinesis");
    bytes = await readFile(input.path);
  });

  after(() => rm(folder, { recursive: true }));

  it("is what it says: so many bytes, and audio that is known", () => {
    assert.equal(bytes.length, input.bytes);
    assert.equal(sha256(bytes), input.sha256);
    const { fragments, damages } = parseInChunks(bytes, Number.POSITIVE_INFINITY);
    assert.deepEqual(damages, []);
    const audio = audioOf(fragments);
    assert.equal(audio.length, input.pcmBytes);
    assert.equal(sha256(audio), input.pcmSha256);
  });

  it("has fragments of a second and blocks of 20 ms on one time axis, with the tags behind the audio", () => {
    const { fragments } = parseInChunks(bytes, Number.POSITIVE_INFINITY);
    assert.equal(fragments.length, 60);
    for (const [i, fragment] of fragments.entries()) {
      assert.equal(fragment.blocks.length, 50);
      assert.equal(fragment.tagsAfter.get("TransactionId"), input.transactionId);
      assert.equal(fragment.tagsBefore.has("TransactionId"), i === 0);
      assert.equal(fragment.producerTimestampMs, fragments[0]!.producerTimestampMs! + i * 1_000);
      assert.equal(fragment.blocks[0]!.timecodeMs, fragment.producerTimestampMs);
    }
  });

  it("is the same each time, and differs in its description alone where peers need one", async () => {
    const other = await mkdtemp(join(tmpdir(), "bench-input-"));
    try {
      assert.equal((await writeLegInput(other, 1, "asKinesis")).sha256, input.sha256);
      const described = await writeLegInput(other, 1, "asPcm");
      assert.equal(described.pcmSha256, input.pcmSha256);
      assert.notEqual(described.sha256, input.sha256);
    } finally {
      await rm(other, { recursive: true });
    }
  });
});
