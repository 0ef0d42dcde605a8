import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** A fragment of 2 MiB at most in a buffer that doubles, the chunk at hand, and what was remembered of audio. */
const MOST_HELD_BYTES = 8 * 1024 * 1024;
/** Node and the compiler of these sources take a third of it. */
const MOST_RSS_BYTES = 300 * 1024 * 1024;

interface Measured {
  results: Record<string, { mostBytes: number; fragments: number }>;
  maxRssBytes: number;
}

describe("memory for what never ends", () => {
  let measured: Measured;

  before(async function () {
    this.timeout(60_000);
    const args = ["--import", "tsx", "--max-old-space-size=64", join(__dirname, "memory-reader.ts")];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    measured = JSON.parse(stdout) as Measured;
  });

  it("is one fragment and a constant while 100 MB pass, a document a fragment or one document", () => {
    for (const name of ["a document a fragment", "one document"]) {
      const { mostBytes, fragments } = measured.results[name]!;
      assert.ok(fragments > 6000);
      assert.ok(mostBytes < MOST_HELD_BYTES, `${name}: ${mostBytes} bytes`);
    }
    assert.ok(measured.maxRssBytes < MOST_RSS_BYTES, `${measured.maxRssBytes} bytes in all`);
  });

  it("is not taken for what elements claim, nor for rubbish", () => {
    const names = Object.keys(measured.results);
    assert.ok(names.length > 20);
    for (const name of names) {
      const { mostBytes } = measured.results[name]!;
      assert.ok(mostBytes < MOST_HELD_BYTES, `${name}: ${mostBytes} bytes`);
    }
  });
});
