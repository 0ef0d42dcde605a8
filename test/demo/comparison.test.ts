import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareSamples } from "../../demo/comparison.js";

const spoken = join(__dirname, "..", "..", "demo", "audio", "caller.wav");

describe("compareSamples", () => {
  let folder: string;
  let copy: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "comparison-"));
    copy = join(folder, "copy.wav");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("finds nothing between a file and itself", async () => {
    const { samplesPlayed, samplesRecorded, firstDifference } = await compareSamples(spoken, spoken);
    assert.deepEqual([samplesPlayed, samplesRecorded, firstDifference], [160_000, 160_000, undefined]);
  });

  it("finds one changed sample, one that lacks and one too many", async () => {
    const bytes = await readFile(spoken);
    const changed = Buffer.from(bytes);
    changed.writeInt16LE(changed.readInt16LE(44 + 2 * 1000) ^ 1, 44 + 2 * 1000);
    await writeFile(copy, changed);
    assert.equal((await compareSamples(spoken, copy)).firstDifference, 1000);
    await writeFile(copy, bytes.subarray(0, -2));
    assert.equal((await compareSamples(spoken, copy)).firstDifference, 159_999);
    const longer = Buffer.concat([bytes, Buffer.alloc(2)]);
    longer.writeUInt32LE(longer.readUInt32LE(40) + 2, 40);
    await writeFile(copy, longer);
    assert.equal((await compareSamples(spoken, copy)).firstDifference, 160_000);
  });
});
