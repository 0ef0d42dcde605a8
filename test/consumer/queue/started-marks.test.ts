import assert from "node:assert/strict";
import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { systemClock } from "../../../consumer/clock.js";
import { StartedMarks } from "../../../consumer/queue/started-marks.js";
import { directoryStore } from "../../../consumer/recordings/directory-store.js";
import { directoryMarks, type MarkStore } from "../../../consumer/recordings/marks.js";

describe("StartedMarks, of a leg that is still heard", () => {
  let folder: string;
  let marks: MarkStore;
  const logger = pino({ level: "silent" });
  const startedMarks = (store = marks) =>
    new StartedMarks({ marks: store, store: directoryStore(folder), clock: systemClock, logger });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "started-marks-"));
    marks = directoryMarks(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function modifiedMs(): Promise<number[]> {
    const times: number[] = [];
    for await (const { modifiedMs } of marks.list("started")) times.push(modifiedMs);
    return times;
  }

  it("make its mark young, and leave what it says", async () => {
    await marks.put("started", "leg", "what is known");
    await utimes(join(folder, "marks", "started", "leg.json"), 1_000, 1_000);
    const beforeMs = Date.now();
    await startedMarks().stillHeard("leg");
    const [atMs] = await modifiedMs();
    assert(atMs! >= beforeMs - 1_000);
    assert.equal((await marks.get("started", "leg"))!.text, "what is known");
  });

  it("make none where there is none, and go on where it cannot be looked for", async () => {
    await startedMarks().stillHeard("leg");
    assert.deepEqual(await modifiedMs(), []);
    await startedMarks({ ...marks, get: () => Promise.reject(new Error("denied")) }).stillHeard("leg");
  });
});
