import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withFileLock } from "../../../consumer/recordings/file-lock.js";

describe("withFileLock", () => {
  let folder: string;
  let lock: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lock-"));
    lock = join(folder, ".x.lock");
  });

  afterEach(() => rm(folder, { recursive: true }));

  it("lets one at a time work, and leaves no file", async () => {
    let working = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++working);
      await readdir(folder);
      working--;
    };
    await Promise.all(Array.from({ length: 20 }, () => withFileLock(lock, work)));
    assert.equal(most, 1);
    assert.deepEqual(await readdir(folder), []);
  });

  it("gives the lock back where the work fails", async () => {
    await assert.rejects(
      withFileLock(lock, async () => {
        throw new Error("no space left");
      }),
      /no space left/,
    );
    assert.equal(await withFileLock(lock, async () => "done"), "done");
  });

  it("does not wait for who was killed", async () => {
    await writeFile(lock, "");
    const longAgo = Date.now() / 1000 - 60;
    await utimes(lock, longAgo, longAgo);
    assert.equal(await withFileLock(lock, async () => "done"), "done");
  });

  it("lets one at a time work where many find what a killed one left", async () => {
    const longAgo = Date.now() / 1000 - 60;
    for (const left of [[lock], [lock, `${lock}.breaking`]]) {
      for (const file of left) {
        await writeFile(file, "");
        await utimes(file, longAgo, longAgo);
      }
      let working = 0;
      let most = 0;
      const work = async () => {
        most = Math.max(most, ++working);
        await readdir(folder);
        working--;
      };
      await Promise.all(Array.from({ length: 20 }, () => withFileLock(lock, work)));
      assert.equal(most, 1);
      assert.deepEqual(await readdir(folder), []);
    }
  });

  it("fails at once where there is no folder", async () => {
    await assert.rejects(
      withFileLock(join(folder, "none", "x"), async () => "done"),
      { code: "ENOENT" },
    );
  });
});
