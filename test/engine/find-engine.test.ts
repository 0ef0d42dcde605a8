import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findEngine, NoEngineError } from "../../engine/find-engine.js";
import { engine } from "./stack.js";

const NOBODY_THERE = "http://127.0.0.1:9/install.sh";

describe("findEngine", function () {
  this.timeout(60_000);
  let folder: string;
  let lines: string[];
  const say = (line: string) => lines.push(line);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "chime-voice-streaming-engine-"));
    lines = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("uses the pulumi on the PATH and fetches nothing", async () => {
    const { path } = await engine();
    const env = { PATH: path, XDG_CACHE_HOME: folder };
    const found = await findEngine({ say, env, installerUrl: NOBODY_THERE });
    assert.equal(found.source, "PATH");
    assert.deepEqual(lines, []);
    const { stdout } = await promisify(execFile)("pulumi", ["version"], { env: { PATH: found.path, HOME: folder } });
    assert.equal(stdout.trim().replace(/^v/, ""), found.version);
  });

  it("says in one sentence what is missing and what to install, and leaves nothing behind", async () => {
    // node alone: neither pulumi nor go.
    await symlink(process.execPath, join(folder, "node"));
    const env = { PATH: folder, XDG_CACHE_HOME: join(folder, "cache") };
    await assert.rejects(findEngine({ say, env, installerUrl: NOBODY_THERE }), (error: Error) => {
      assert.ok(error instanceof NoEngineError);
      assert.match(
        error.message,
        /^No Pulumi engine \(no pulumi on the PATH; the official installer: cannot be reached \(.*\); no Go .*\)\. Install Pulumi from https:\/\/www\.pulumi\.com\/docs\/install\/ and try again\.$/,
      );
      return true;
    });
    assert.deepEqual(await readdir(join(folder, "cache", "pulumi-chime-voice-streaming")), []);
  });

  it("stops when it is interrupted, and leaves nothing behind", async function () {
    const go = await promisify(execFile)("which", ["go"]).then(
      ({ stdout }) => dirname(stdout.trim()),
      () => undefined,
    );
    if (!go) {
      console.error("      skipped: there is no Go to build the engine with");
      this.skip();
    }
    const env = { ...process.env, PATH: `${go}:/usr/bin:/bin`, XDG_CACHE_HOME: folder };
    const interruption = new AbortController();
    const finding = findEngine({
      say: (line) => {
        // The build has begun.
        if (line.startsWith("Downloading")) setImmediate(() => interruption.abort());
      },
      signal: interruption.signal,
      env,
      installerUrl: NOBODY_THERE,
    });
    await assert.rejects(finding, { name: "AbortError" });
    assert.deepEqual(await readdir(join(folder, "pulumi-chime-voice-streaming")), []);
  });
});
