import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { removeLeftSpools, spoolFile } from "../../../consumer/recordings/spool-files.js";

describe("audio that a killed process left", () => {
  let folder: string;
  const logger = pino({ level: "silent" });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "left-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = (name: string) => writeFile(join(folder, name), "audio");
  const ofProcess = (pid: number) => spoolFile().replace(`-${process.pid}-`, `-${pid}-`);

  it("is removed, while it was written and when it was whole; what others have stays", async () => {
    const ended = spawn(process.execPath, ["-e", ""]);
    await once(ended, "exit");
    const kept = [
      spoolFile(),
      ofProcess(process.ppid),
      "chime-voice-streaming.wav",
      "somebody-1-00000000-0000-4000-8000-000000000000.wav",
    ];
    for (const name of kept) await put(name);
    await put(ofProcess(ended.pid!));
    await put(`.${ofProcess(ended.pid!)}.0f3c.part`);
    await removeLeftSpools(folder, logger);
    assert.deepEqual((await readdir(folder)).sort(), kept.sort());
  });

  it("of a process that had this one's id is older than this one", async () => {
    const name = spoolFile();
    await put(name);
    const before = new Date(performance.timeOrigin - 1_000);
    await utimes(join(folder, name), before, before);
    await removeLeftSpools(folder, logger);
    assert.deepEqual(await readdir(folder), []);
  });

  it("keeps nobody from working where it cannot be looked at", () => removeLeftSpools(join(folder, "none"), logger));
});
