import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, watch } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProcessFailure, ProcessHung, runMeasured } from "../../bench/measured-process.js";

const node = (program: string) => [process.execPath, "-e", program];

describe("a measured process", () => {
  before(function () {
    if (!existsSync("/proc/self/stat")) this.skip();
  });

  it("is told with its time, its processor time and its memory", async () => {
    const busy = await runMeasured(
      node(
        "const kept = Buffer.alloc(200e6, 1); const end = Date.now() + 300; while (Date.now() < end); console.log(kept.length)",
      ),
    );
    assert.equal(busy.stdout.trim(), "200000000");
    assert.ok(busy.wallMs >= 300, `${busy.wallMs} ms`);
    assert.ok(busy.peakRssBytes >= 200e6, `${busy.peakRssBytes} bytes`);
    // On a machine that is busy with other things it gets less than its share.
    assert.ok(busy.cpuMs > 0 && busy.cpuMs < 10 * busy.wallMs, `${busy.cpuMs} ms`);
  });

  it("waiting is no work", async () => {
    const idle = await runMeasured(node("setTimeout(() => {}, 1_500)"));
    assert.ok(idle.wallMs >= 1_500);
    assert.ok(idle.cpuMs < idle.wallMs);
  });

  it("that fails is told with what it said last", async () => {
    await assert.rejects(
      runMeasured(node("console.error('no such thing'); process.exit(7)")),
      (error) => error instanceof ProcessFailure && /ended with 7: no such thing/.test(error.message),
    );
  });

  it("that does not exist is told by its name", async () => {
    await assert.rejects(
      runMeasured(["no-such-program-anywhere"]),
      (error) => error instanceof ProcessFailure && /no-such-program-anywhere is not on the PATH/.test(error.message),
    );
  });

  it("that does not end is ended, and told as hung", async () => {
    await assert.rejects(
      runMeasured(node("setInterval(() => {}, 1e6)"), { limitMs: 300 }),
      (error) => error instanceof ProcessHung && /had not ended after 0.3 s$/.test(error.message),
    );
  });

  it("that is called off has ended when that is told", async () => {
    const folder = await mkdtemp(join(tmpdir(), "bench-process-"));
    try {
      const program = `
        const { writeFileSync } = require("node:fs");
        process.on("SIGTERM", () => setTimeout(() => { writeFileSync("ended", ""); process.exit(); }, 100));
        setInterval(() => {}, 1e6);
        writeFileSync("begun", "");`;
      const abort = new AbortController();
      const watcher = watch(folder);
      const begun = once(watcher, "change");
      const running = runMeasured(node(`process.chdir(${JSON.stringify(folder)});${program}`), {
        signal: abort.signal,
      });
      await begun;
      watcher.close();
      abort.abort();
      await assert.rejects(running, { name: "AbortError" });
      assert.ok(existsSync(join(folder, "ended")));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
