import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mediaCommand } from "../cli/media-process.js";
import { damageCases } from "./damage-cases.js";
import { encodingCases, trackCases } from "./encoding-cases.js";
import { layoutCases } from "./layout-cases.js";
import type { StreamCase, ToldError } from "./stream-case.js";
import { timeCases } from "./time-cases.js";
import { transactionCases } from "./transaction-cases.js";

const cases = [layoutCases, transactionCases, encodingCases, trackCases, timeCases, damageCases].flat();

function optionsOf({ selection = {}, options }: StreamCase): string[] {
  const { transactionId, voiceConnectorId, track } = selection;
  const given = { "--transaction-id": transactionId, "--voice-connector-id": voiceConnectorId, "--track": track };
  const args = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]));
  return options?.gaps ? [...args, "--gaps", options.gaps] : args;
}

function toldErrors(errors: ToldError[]): ToldError[] {
  return errors.map(({ code, offset, bytesSkipped }) =>
    bytesSkipped === undefined ? { code, offset } : { code, offset, bytesSkipped },
  );
}

/** A sample of the cases as a user has them: a file, a command, its exit code, the audio and what is told of it. */
describe("bytes in, audio out: extract", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "extract-exact-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const stream of cases.filter(({ exitCode }) => exitCode !== undefined)) {
    it(`exits with ${stream.exitCode}: ${stream.name}`, async () => {
      const input = join(folder, "in.mkv");
      const output = join(folder, "out.s16le");
      writeFileSync(input, stream.stream);
      const args = ["extract", input, "-o", output, "--format", "s16le", "--json", ...optionsOf(stream)];
      const { exitCode, stdout, stderr } = await mediaCommand(args);
      assert.equal(exitCode, stream.exitCode, stderr);
      assert.deepEqual(readdirSync(folder).sort(), stream.pcm ? ["in.mkv", "out.s16le"] : ["in.mkv"]);
      if (!stream.pcm) {
        assert.match(stderr, stream.refused![1]);
        assert.equal(existsSync(output), false);
        return;
      }
      assert.ok(readFileSync(output).equals(stream.pcm));
      const told = JSON.parse(stdout.toString());
      assert.deepEqual(toldErrors(told.errors), stream.errors ?? []);
      assert.deepEqual(told.gaps, stream.report?.gaps ?? []);
      assert.equal(told.boundaryUncertain, stream.report?.boundaryUncertain ?? false);
      assert.equal(told.samples, stream.pcm.length / 2);
      assert.equal(told.complete, exitCode === 0 && !told.boundaryUncertain);
    });
  }
});
