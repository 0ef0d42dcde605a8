import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type HealthFile, isHealthy, keepHealthFile } from "../../../consumer/live/health-file.js";
import { ManualClock } from "../manual-clock.js";

const logger = pino({ level: "silent" });

describe("keepHealthFile", () => {
  let clock: ManualClock;
  let folder: string;
  let path: string;
  let health: HealthFile;

  beforeEach(async () => {
    clock = new ManualClock();
    folder = await mkdtemp(join(tmpdir(), "health-"));
    path = join(folder, "healthy");
    health = keepHealthFile(path, { clock, logger });
  });

  afterEach(async () => {
    health.stop();
    await rm(folder, { recursive: true });
  });

  /** Seconds since the file was touched last; each touch is waited for. */
  async function ageAfter(seconds: number): Promise<number> {
    for (let passed = 0; passed < seconds; passed += 10) {
      await clock.untilAsleep();
      await clock.pass(10_000);
    }
    await clock.untilAsleep();
    return (clock.now() - (await stat(path)).mtimeMs) / 1000;
  }

  it("is not there before a worker has run", async () => {
    assert.equal(await isHealthy(join(folder, "other"), clock.now()), false);
  });

  it("is touched every ten seconds while the loop takes steps", async () => {
    for (let minute = 0; minute < 5; minute++) {
      health.beat();
      assert((await ageAfter(60)) <= 20);
      assert.equal(await isHealthy(path, clock.now()), true);
    }
  });

  it("grows old when the loop takes no step for two minutes, and young again when it does", async () => {
    assert((await ageAfter(240)) > 60);
    assert.equal(await isHealthy(path, clock.now()), false);
    health.beat();
    await ageAfter(20);
    assert.equal(await isHealthy(path, clock.now()), true);
  });

  it("stays young while the loop is right to wait", async () => {
    health.rest();
    assert((await ageAfter(600)) <= 20);
  });

  it("grows old when the process's timers stand still", async () => {
    await ageAfter(20);
    assert.equal(await isHealthy(path, clock.now() + 61_000), false);
  });
});
