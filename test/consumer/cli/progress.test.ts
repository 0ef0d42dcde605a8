import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { ProgressFacts } from "../../../consumer/cli/progress.js";
import { progressBar, progressLine } from "../../../consumer/cli/progress-line.js";
import { plannedCall } from "../../streams/call.js";
import { documents } from "../../streams/matroska-stream.js";

const CLI = join(__dirname, "..", "..", "..", "dist", "consumer", "cli");
const CLEAR = "\r\x1b[K";

const facts: ProgressFacts = {
  label: "extract",
  elapsedMs: 4_000,
  bytes: 50_000_000,
  audioMs: 3_723_000,
  totalBytes: 200_000_000,
  totalAudioMs: undefined,
};

describe("progressBar", () => {
  it("shows share, bytes, audio, speed and the time that is left", () => {
    assert.equal(
      progressBar(facts, 120),
      "extract  [=======>                    ]   25%  50 of 200 MB  1:02:03 of audio  931x real time  0:12 left".replace(
        "   25%",
        "   25%",
      ),
    );
    const unbounded = { ...facts, totalBytes: undefined };
    assert.equal(progressBar(unbounded, 120), "extract  50.0 MB  1:02:03 of audio  931x real time");
    assert.equal(progressLine(facts), "extract: 50 of 200 MB, 1:02:03 of audio, 931 times real time, 0:12 left");
  });

  it("fits every width, and says the share as long as there is room for it", () => {
    for (let width = 0; width < 140; width++) {
      const line = progressBar(facts, width);
      assert.ok(line.length <= width, `${width}: ${line}`);
      assert.equal(line.includes("25%"), width >= 4, `${width}: ${line}`);
    }
  });

  it("has sane words for what has not begun, and for a file that grew", () => {
    const nothing = { ...facts, elapsedMs: 0, bytes: 0, audioMs: 0, totalBytes: undefined };
    assert.equal(progressBar(nothing, 80), "extract");
    assert.equal(progressLine(nothing), "extract: nothing yet");
    assert.match(progressBar({ ...facts, bytes: 300_000_000 }, 120), /=\] {2}100% .* 0:00 left$/);
  });
});

describe("progress", function () {
  this.timeout(20_000);
  let folder: string;
  const path = (name: string) => join(folder, name);

  before(function () {
    // That of util-linux makes a real terminal, as far as a program can tell. Elsewhere it takes other arguments, or is missing.
    if (spawnSync("script", ["--version"]).status !== 0) this.skip();
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "progress-"));
    const { fragments } = plannedCall({ transactionId: "call", fragments: 300 });
    writeFileSync(path("call.mkv"), Buffer.concat(documents(fragments)));
    // Nothing is written into it before somebody reads: so the work lasts as long as the test wants.
    execFileSync("mkfifo", [path("out.wav")]);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** `extract` on a terminal of 50 columns. */
  function start(options = "", env: NodeJS.ProcessEnv = {}) {
    const command = `stty cols 50; exec ${process.execPath} ${join(CLI, "main.js")} extract call.mkv -o out.wav ${options} > out.txt`;
    const child = spawn("script", ["-qefc", command, "/dev/null"], {
      cwd: folder,
      env: { ...process.env, TERM: "xterm", SHELL: "/bin/sh", ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let shown = "";
    child.stdout.on("data", (chunk) => {
      shown += chunk;
    });
    const closed = once(child, "close");
    return {
      child,
      /** What the terminal got, when there is so much of it. */
      async until(isEnough: (text: string) => boolean): Promise<string> {
        while (!isEnough(shown)) await once(child.stdout, "data");
        return shown;
      },
      readAll: () => buffer(createReadStream(path("out.wav"))),
      async end(): Promise<{ shown: string; code: number | null }> {
        const [code] = await closed;
        return { shown, code };
      },
    };
  }

  it("is a bar on a terminal that fits into its line, and is gone when the work is done", async () => {
    const command = start();
    await command.until((text) => text.includes("%"));
    const wav = await command.readAll();
    const { shown, code } = await command.end();
    assert.equal(code, 0);
    assert.ok(wav.length > 500_000);
    const drawn = shown.split(CLEAR).filter(Boolean);
    assert.ok(drawn.length > 0);
    for (const line of drawn) assert.match(line, /^(?=.{1,49}$)extract {2}.*\d+% {2}[\d.]+ of [\d.]+ MB/);
    assert.ok(shown.endsWith(CLEAR), JSON.stringify(shown.slice(-80)));
  });

  it("leaves nothing on the line after Ctrl-C", async () => {
    const command = start();
    await command.until((text) => text.includes("%"));
    command.child.stdin.write("\x03");
    // The bar goes at once, whatever the work still waits for: here, for a reader of its output.
    await command.until((text) => text.includes("^C") && text.endsWith(CLEAR));
    void command.readAll();
    const { shown } = await command.end();
    const left = shown.slice(shown.lastIndexOf(CLEAR) + CLEAR.length);
    assert.doesNotMatch(left, /%|\[=/);
  });

  it("is not there with --json, and a line a minute on a terminal that cannot move its cursor", async () => {
    // Four minutes have passed as soon as there is something to wait for.
    const preload = path("four-minutes.cjs");
    writeFileSync(
      preload,
      `const { setInterval } = globalThis;
       globalThis.setInterval = (turn) => {
         setImmediate(() => { for (let i = 0; i < 960; i++) turn(); });
         return setInterval(() => {}, 60_000);
       };`,
    );
    const shown = async (options: string, env: NodeJS.ProcessEnv) => {
      const command = start(`-o whole.wav ${options}`, { NODE_OPTIONS: `--require ${preload}`, ...env });
      const { shown: text, code } = await command.end();
      assert.equal(code, 0);
      return text;
    };
    assert.match(await shown("", {}), /%/);
    assert.equal(await shown("--json", {}), "");
    assert.match(await shown("", { TERM: "dumb" }), /^(extract: [\w.,: ]+\r\n){4}$/);
  });

  it("is a line a minute elsewhere, and none where the work is done before", () => {
    const minutes = (count: number, options = "{ label: 'extract' }") =>
      spawnSync(
        process.execPath,
        [
          "-e",
          `const { mock } = require("node:test");
           mock.timers.enable({ apis: ["setInterval"] });
           const { Progress } = require(${JSON.stringify(join(CLI, "progress.js"))});
           const progress = new Progress(${options});
           progress.bytes = 1_000_000;
           mock.timers.tick(${count} * 60_000 - 1);
           progress.finish();
           mock.timers.tick(600_000);`,
        ],
        { encoding: "utf8", env: { ...process.env, NODE_NO_WARNINGS: "1" } },
      );
    assert.deepEqual([minutes(1).stderr, minutes(1).stdout], ["", ""]);
    assert.equal(minutes(3).stderr, "extract: 1.0 MB\nextract: 1.0 MB\n");
    assert.equal(minutes(3, "{ label: 'extract', json: true }").stderr, "");
  });
});
