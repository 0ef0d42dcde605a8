import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noise } from "../../streams/call.js";
import { mediaCommand } from "./media-process.js";

/** Streams of a writer that this project did not write, so that its own writer and reader cannot agree on a mistake. */
describe("extract on what ffmpeg wrote", () => {
  const pcm = noise(80_000, 41);
  let folder: string;

  function ffmpeg(...args: string[]): void {
    const { status, stderr } = spawnSync("ffmpeg", ["-v", "error", "-y", ...args], { cwd: folder });
    assert.equal(status, 0, String(stderr));
  }

  before(function () {
    if (spawnSync("ffmpeg", ["-version"]).error) {
      console.log("      skipped: there is no ffmpeg on the PATH");
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "extract-ffmpeg-"));
    writeFileSync(join(folder, "in.pcm"), pcm);
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  for (const [codec, ...live] of [
    ["pcm_s16le"],
    ["pcm_s16le", "-live", "1"],
    ["pcm_s16be"],
    ["pcm_alaw"],
    ["pcm_mulaw"],
  ] as const) {
    it(`gives the samples that ffmpeg reads from ${[codec, ...live].join(" ")}`, async () => {
      ffmpeg(
        "-f",
        "s16le",
        "-ar",
        "8000",
        "-ac",
        "1",
        "-i",
        "in.pcm",
        "-c:a",
        codec,
        ...live,
        "-f",
        "matroska",
        "call.mkv",
      );
      ffmpeg("-i", "call.mkv", "-f", "s16le", "expected.pcm");
      const { exitCode, stdout } = await mediaCommand([
        "extract",
        join(folder, "call.mkv"),
        "-o",
        "-",
        "--format",
        "s16le",
      ]);
      assert.equal(exitCode, 0);
      assert.deepEqual(stdout, readFileSync(join(folder, "expected.pcm")));
    });
  }
});
