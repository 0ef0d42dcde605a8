import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installedPeer } from "../../bench/installed-peer.js";
import { PeerMissing } from "../../bench/row.js";

describe("a peer of the benchmark", () => {
  let cache: string;
  let said: string[];
  const context = { say: (line: string) => said.push(line), signal: new AbortController().signal };
  const install = (script: string) => installedPeer("ebml-stream", ["sh", "-c", script], context, cache);

  beforeEach(async () => {
    said = [];
    cache = await mkdtemp(join(tmpdir(), "bench-peers-"));
  });

  afterEach(() => rm(cache, { recursive: true }));

  it("is installed once, beside its program, and found after that", async () => {
    const folder = await install("echo installed > made");
    assert.ok(existsSync(join(folder, "made")));
    assert.ok(existsSync(join(folder, "extract.mjs")));
    assert.equal(await install("exit 1"), folder);
    assert.equal(said.length, 1);
  });

  it("that two runs install at the same moment is there for both", async () => {
    const [one, other] = await Promise.all([install("sleep 0.2; touch made"), install("sleep 0.2; touch made")]);
    assert.equal(one, other);
    assert.deepEqual(await readdir(cache), [one.slice(cache.length + 1)]);
  });

  it("that cannot be installed is missing, for the reason given, and leaves nothing behind", async () => {
    await assert.rejects(
      install("echo 'registry cannot be reached' >&2; exit 1"),
      (error) =>
        error instanceof PeerMissing && /sh could not install it: registry cannot be reached/.test(error.message),
    );
    assert.deepEqual(await readdir(cache), []);
  });

  it("whose installer is not there is missing", async () => {
    await assert.rejects(
      installedPeer("java-parser", ["no-such-installer"], context, cache),
      (error) => error instanceof PeerMissing && error.message === "no-such-installer is not on the PATH",
    );
  });
});
