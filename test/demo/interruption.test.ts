import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { engine } from "../engine/stack.js";
import { canListProcesses, processesWith } from "../processes.js";

const repository = join(__dirname, "..", "..");

describe("the demo, interrupted", function () {
  this.timeout(90_000);
  let folder: string;

  before(function () {
    if (canListProcesses) return;
    console.error("      skipped: processes are looked for in /proc, which this system does not have");
    this.skip();
  });
  beforeEach(async () => {
    await engine();
    folder = await mkdtemp(join(tmpdir(), "chime-voice-streaming-demo-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Starts the demo, and waits for a line that matches. */
  async function startUntil(line: RegExp): Promise<ChildProcess> {
    const demo = spawn(process.execPath, ["--import", "tsx", "demo/main.ts"], {
      cwd: repository,
      // A profile in the user's shell must not come before local-aws's credentials.
      env: {
        ...process.env,
        TMPDIR: folder,
        DEMO_UNDER_TEST: folder,
        TSX_DISABLE_CACHE: "1",
        AWS_PROFILE: "of-the-shell",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: demo.stdout! });
    for await (const text of lines) if (line.test(text)) break;
    // What is printed later must not stop the demo at a full pipe.
    demo.stdout!.resume();
    return demo;
  }

  const moments: [string, RegExp, NodeJS.Signals][] = [
    ["while local-aws starts", /Pulumi \d/, "SIGINT"],
    ["while pulumi creates", /calls-role creating/, "SIGINT"],
    ["while a call is recorded", /First call/, "SIGTERM"],
    ["while pulumi destroys", /deleting/, "SIGINT"],
  ];
  for (const [moment, line, signal] of moments) {
    it(`${moment}: leaves no process and no temporary folder, and says that it was interrupted`, async () => {
      const demo = await startUntil(line);
      // Twice, as npm passes on a Ctrl-C that the terminal sends to all.
      demo.kill(signal);
      demo.kill(signal);
      const [code] = await once(demo, "exit");
      assert.equal(code, 130);
      assert.deepEqual(processesWith(`DEMO_UNDER_TEST=${folder}`), []);
      assert.deepEqual(await readdir(folder), []);
    });
  }
});
