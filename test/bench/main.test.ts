import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const repository = join(__dirname, "..", "..");

function startBench(...args: string[]) {
  return spawn(process.execPath, ["--import", "tsx", join("bench", "main.ts"), ...args], {
    cwd: repository,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function runBench(...args: string[]) {
  const child = startBench(...args);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code, stdout, stderr, pid: child.pid! };
}

/** Folders that a run has left behind. */
function remainsOf(pid: number): string[] {
  const places = ["/dev/shm", tmpdir()].filter((folder) => existsSync(folder));
  return places.flatMap((folder) =>
    readdirSync(folder).filter((name) => name.startsWith(`chime-voice-streaming-bench-${pid}-`)),
  );
}

describe("npm run bench", function () {
  // Several times what it takes: a process that hangs is run again after three minutes.
  this.timeout(480_000);

  before(function () {
    if (!existsSync("/proc/self/stat")) this.skip();
  });

  it("measures the functions' bundle, as it was built", async () => {
    const { code, stdout, stderr } = await runBench(
      "--only",
      "bundle",
      "--only",
      "cold-import",
      "--pairs",
      "1",
      "--json",
    );
    assert.ok(code === 0 || code === 3, stderr);
    const [bundle, coldImport] = JSON.parse(stdout).rows;
    assert.deepEqual([bundle.unit, bundle.value < 1.5, bundle.met], ["MB", true, true]);
    assert.deepEqual([coldImport.unit, coldImport.pairs, coldImport.value > 0], ["ms", 7, true]);
  });

  it("measures what it is asked for, finds every output right, and prints one JSON document", async () => {
    const rows = ["extract", "memory", "chunks"];
    const args = ["--minutes", "2", "--pairs", "1", "--json"];
    const { code, stdout, stderr, pid } = await runBench(...args, ...rows.flatMap((row) => ["--only", row]));
    // How fast it was is not for a test to judge: 3 says that a target was missed.
    assert.ok(code === 0 || code === 3, stderr);
    const report = JSON.parse(stdout);
    assert.deepEqual(Object.keys(report.machine), ["cpu", "cores", "node", "os", "memoryBytes"]);
    assert.equal(report.minutes, 2);
    assert.deepEqual(
      report.rows.map(({ name }: { name: string }) => name),
      rows,
    );
    for (const row of report.rows) {
      assert.equal(row.pairs, 1);
      assert.ok(row.target > 0 && row.ratio > 0, JSON.stringify(row));
      assert.deepEqual(row.spread, [row.ratio, row.ratio]);
      for (const cost of [row.ours, row.peer]) {
        assert.ok(cost.wallMs > 0 && cost.peakRssBytes > 1e6, JSON.stringify(row));
      }
    }
    assert.equal(
      code === 0,
      report.rows.every(({ met }: { met: boolean }) => met),
    );
    assert.deepEqual(remainsOf(pid), []);
  });

  it("refuses what it does not know with exit code 2, before anything is measured", async () => {
    const { code, stdout, stderr } = await runBench("--only", "everything");
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^error: there is no row "everything"/);
  });

  it("leaves nothing behind when it is interrupted", async () => {
    const child = startBench("--only", "memory", "--minutes", "30");
    const exited = once(child, "exit");
    for await (const line of child.stderr) if (String(line).includes("memory")) break;
    child.kill("SIGINT");
    assert.deepEqual(await exited, [130, null]);
    assert.deepEqual(remainsOf(child.pid!), []);
  });
});
