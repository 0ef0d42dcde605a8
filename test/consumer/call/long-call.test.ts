import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { riffHeader } from "../../../consumer/audio/wav-header.js";
import type { CallSidecar } from "../../../consumer/recordings/call-sidecar.js";
import { directoryStore } from "../../../consumer/recordings/directory-store.js";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";
import { putLeg, TRANSACTION } from "../recorded-leg.js";

const HOUR_SAMPLES = 3600 * 8_000;
/** More than this takes whoever holds a leg. */
const MOST_BYTES = 200 * 1024 * 1024;

describe("recordCall, of a call that lasts ten hours", function () {
  this.timeout(120_000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "long-call-"));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** Silence with a sound every hour, in a file that takes no room. */
  async function putLongLeg(stream: number, hours: number, atMs: number): Promise<Sidecar> {
    const store = directoryStore(folder);
    const leg = await putLeg(store, { pcm: Buffer.alloc(2), atMs, stream, more: { isCaller: stream === 1 } });
    const samples = hours * HOUR_SAMPLES;
    const { location } = leg.audio;
    const file = await open(location, "w");
    await file.write(riffHeader({ sampleRateHz: 8_000, dataBytes: 2 * samples }), 0, 44, 0);
    await file.truncate(44 + 2 * samples);
    for (let hour = 0; hour < hours; hour++) {
      await file.write(Buffer.from([stream, hour]), 0, 2, 44 + 2 * (hour * HOUR_SAMPLES + 1));
    }
    await file.close();
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(location, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
    const audio = { ...leg.audio, bytes: 44 + 2 * samples };
    const sidecar: Sidecar = { ...leg, audio, samples, durationMs: samples / 8, sha256: hash.digest("hex") };
    const path = location.replace(/\.wav$/, ".json");
    await writeFile(path, JSON.stringify(sidecar));
    return sidecar;
  }

  it("takes no more memory than one of a minute", async () => {
    await putLongLeg(1, 10, 0);
    await putLongLeg(2, 9, 1_755);
    const script = join(__dirname, "mixing-process.ts");
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script, folder, TRANSACTION]);
    const { kind, peakBytes } = JSON.parse(stdout);
    assert.equal(kind, "mixed");
    assert.ok(peakBytes < MOST_BYTES, `${peakBytes} bytes`);

    const call: CallSidecar = JSON.parse(await readFile(join(folder, `${TRANSACTION}_call.json`), "utf8"));
    assert.equal(call.samples, 10 * HOUR_SAMPLES);
    assert.equal(call.audio.bytes, 44 + 4 * call.samples);
    const file = await open(call.audio.location);
    const momentAt = async (sample: number) => {
      const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 44 + 4 * sample);
      return [...buffer];
    };
    for (let hour = 0; hour < 10; hour++) {
      assert.deepEqual(await momentAt(hour * HOUR_SAMPLES + 1), [1, hour, 0, 0]);
      const callee = hour < 9 ? [0, 0, 2, hour] : [0, 0, 0, 0];
      assert.deepEqual(await momentAt(hour * HOUR_SAMPLES + 1 + 8 * 1_755), callee);
    }
    await file.close();
  });
});
