import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { on, once } from "node:events";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { riffHeader } from "../../../consumer/audio/wav-header.js";
import { noise, plannedCall } from "../../streams/call.js";
import { documents, errorDocument } from "../../streams/matroska-stream.js";
import { ended, mediaCommand, startMediaCommand } from "./media-process.js";

function wav(pcm: Buffer): Buffer {
  return Buffer.concat([riffHeader({ sampleRateHz: 8000, dataBytes: pcm.length }), pcm]);
}

describe("extract", () => {
  const first = plannedCall({ transactionId: "call-one", fragments: 5 });
  const second = plannedCall({
    transactionId: "call-two",
    voiceConnectorId: "vc-two",
    fragments: 3,
    seed: 2,
    firstNumber: 5,
    startMs: 1_700_000_060_000,
  });
  const oneCall = documents(first.fragments);
  const twoCalls = [...oneCall, ...documents(second.fragments)];
  let folder: string;
  let input: string;
  let output: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "extract-"));
    input = join(folder, "call.mkv");
    output = join(folder, "out.wav");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function give(...parts: Uint8Array[]): void {
    writeFileSync(input, Buffer.concat(parts));
  }

  it("writes a call's audio and tells about it in one JSON document", async () => {
    give(...oneCall);
    const { exitCode, stdout, stderr } = await mediaCommand(["extract", input, "-o", output, "--json"]);
    assert.equal(stderr, "");
    assert.equal(exitCode, 0);
    assert.deepEqual(readFileSync(output), wav(first.pcm));
    const told = JSON.parse(stdout.toString());
    assert.equal(told.output, output);
    assert.equal(told.transactionId, "call-one");
    assert.equal(told.fragments, 5);
    assert.equal(told.blocks, 50);
    assert.equal(told.samples, 8000);
    assert.equal(told.durationMs, 1000);
    assert.deepEqual(told.gaps, []);
    assert.deepEqual(told.errors, []);
    assert.equal(told.complete, true);
    const tally = { transactionId: "call-one", voiceConnectorId: "vc-one", fragments: 5, samples: 8000 };
    assert.deepEqual(told.transactions, [tally]);
  });

  it("puts the audio beside the input, but never over something that is there", async () => {
    give(...oneCall);
    assert.equal((await mediaCommand(["extract", input])).exitCode, 0);
    assert.deepEqual(readFileSync(join(folder, "call.wav")), wav(first.pcm));
    const again = await mediaCommand(["extract", input]);
    assert.equal(again.exitCode, 2);
    assert.match(again.stderr, /^error: .*call\.wav is there already.*-o/);
    assert.equal((await mediaCommand(["extract", input, "--format", "s16le"])).exitCode, 0);
    assert.deepEqual(readFileSync(join(folder, "call.s16le")), first.pcm);
  });

  it("replaces a file that is named", async () => {
    give(...oneCall);
    writeFileSync(output, "before");
    assert.equal((await mediaCommand(["extract", input, "-o", output])).exitCode, 0);
    assert.deepEqual(readFileSync(output), wav(first.pcm));
  });

  it("reads standard input and writes standard output", async () => {
    const { exitCode, stdout } = await mediaCommand(
      ["extract", "-", "-o", "-", "--format", "s16le"],
      Buffer.concat(oneCall),
    );
    assert.equal(exitCode, 0);
    assert.deepEqual(stdout, first.pcm);
    const asWav = await mediaCommand(["extract", "-", "-o", "-"], Buffer.concat(oneCall));
    const header = riffHeader({ sampleRateHz: 8000, dataBytes: undefined });
    assert.deepEqual(asWav.stdout, Buffer.concat([header, first.pcm]));
  });

  it("refuses to mix calls, and lists them", async () => {
    give(...twoCalls);
    const { exitCode, stdout, stderr } = await mediaCommand(["extract", input, "-o", output, "--json"]);
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /^error: .*2 calls.*--transaction-id.*call-one of vc-one \(5 fragments, 1\.0 s\), call-two of vc-two/,
    );
    assert.equal(JSON.parse(stdout.toString()).transactions.length, 2);
    assert.deepEqual(readdirSync(folder), ["call.mkv"]);
  });

  it("takes the call that is named by its transaction or its Voice Connector", async () => {
    give(...twoCalls);
    for (const args of [
      ["--transaction-id", "call-two"],
      ["--voice-connector-id", "vc-two"],
    ]) {
      const { exitCode, stdout } = await mediaCommand(["extract", input, "-o", output, "--json", ...args]);
      assert.equal(exitCode, 0);
      assert.deepEqual(readFileSync(output), wav(second.pcm));
      const told = JSON.parse(stdout.toString());
      assert.equal(told.fragments, 3);
      assert.equal(told.transactions.length, 2);
    }
  });

  it("names the calls that are there where the one asked for is not", async () => {
    give(...twoCalls);
    const { exitCode, stderr } = await mediaCommand(["extract", input, "-o", output, "--transaction-id", "call-three"]);
    assert.equal(exitCode, 4);
    assert.match(stderr, /^error: nothing of call-three .*call-one.*call-two/);
    assert.equal(existsSync(output), false);
  });

  it("asks for a track where there are several, and takes the one that is named", async () => {
    const tracks = [
      { number: 1, name: "CALLER" },
      { number: 2, name: "CALLEE" },
    ];
    const plan = structuredClone(first.fragments[0]!);
    plan.tracks = tracks;
    plan.blocks = plan.blocks.flatMap((block) => [
      block,
      { ...block, track: 2, data: Buffer.from(block.data).reverse() },
    ]);
    give(...documents([plan]));
    const refused = await mediaCommand(["extract", input, "-o", output]);
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /CALLER \(1\), CALLEE \(2\).*--track/);
    assert.equal((await mediaCommand(["extract", input, "-o", output, "--track", "CALLER"])).exitCode, 0);
    assert.deepEqual(readFileSync(output), wav(first.pcm.subarray(0, 3200)));
    const missing = await mediaCommand(["extract", input, "-o", output, "--track", "NOBODY"]);
    assert.equal(missing.exitCode, 4);
    assert.match(missing.stderr, /no track NOBODY .*CALLER \(1\), CALLEE \(2\)/);
  });

  it("puts silence into gaps or leaves it out", async () => {
    give(oneCall[0]!, oneCall[1]!, oneCall[4]!);
    const silent = await mediaCommand(["extract", input, "-o", output, "--json"]);
    assert.equal(silent.exitCode, 0);
    const expected = Buffer.from(first.pcm);
    expected.fill(0, 2 * 3200, 4 * 3200);
    assert.deepEqual(readFileSync(output), wav(expected));
    assert.deepEqual(JSON.parse(silent.stdout.toString()).gaps, [{ atMs: 400, durationMs: 400 }]);
    assert.equal((await mediaCommand(["extract", input, "-o", output, "--gaps", "none"])).exitCode, 0);
    assert.equal(readFileSync(output).length, 44 + 3 * 3200);
  });

  it("saves what it can of damaged input, counts it, and exits with 3", async () => {
    const cut = Buffer.concat(oneCall).subarray(0, -500);
    give(noise(100, 1), cut);
    const { exitCode, stdout, stderr } = await mediaCommand(["extract", input, "-o", output, "--json"]);
    assert.equal(exitCode, 3);
    assert.match(stderr, /^error: .*damaged.*out\.wav.*2 faults.*offset 0/);
    const told = JSON.parse(stdout.toString());
    assert.equal(told.complete, false);
    assert.deepEqual(
      told.errors.map(({ code, offset, bytesSkipped }: Record<string, unknown>) => [code, offset, typeof bytesSkipped]),
      [
        ["garbage", 0, "number"],
        ["truncated", told.errors[1].offset, "number"],
      ],
    );
    const pcm = readFileSync(output).subarray(44);
    assert.equal(pcm.length, 2 * told.samples);
    assert.ok(pcm.length > 15_000 && pcm.equals(first.pcm.subarray(0, pcm.length)));
  });

  it("exits with 3 for an error chunk among the fragments", async () => {
    give(
      oneCall[0]!,
      errorDocument({ AWS_KINESISVIDEO_ERROR_ID: "4500", AWS_KINESISVIDEO_ERROR_CODE: "KMS_DENIED" }),
      oneCall[1]!,
    );
    const { exitCode, stderr } = await mediaCommand(["extract", input, "-o", output]);
    assert.equal(exitCode, 3);
    assert.match(stderr, /KMS_DENIED/);
    assert.equal(readFileSync(output).length, 44 + 2 * 3200);
  });

  it("exits with 3 where fragments without a transaction id come right before the call", async () => {
    const plans = structuredClone(second.fragments);
    plans[0]!.tagsBefore = undefined;
    give(...oneCall, ...documents(plans));
    const args = ["extract", input, "--transaction-id", "call-two", "-o", output, "--json"];
    const { exitCode, stdout, stderr } = await mediaCommand(args);
    assert.equal(exitCode, 3);
    assert.match(stderr, /unattributed .*its beginning may be among them/);
    assert.deepEqual(readFileSync(output), wav(second.pcm.subarray(second.pcm.length / 3)));
    const told = JSON.parse(stdout.toString());
    assert.equal(told.precededBy, "nothing");
    assert.equal(told.complete, false);
  });

  it("exits with 3 for what is empty or not Matroska, and writes nothing", async () => {
    give();
    const empty = await mediaCommand(["extract", input, "-o", output, "--json"]);
    assert.equal(empty.exitCode, 3);
    assert.match(empty.stderr, /call\.mkv is empty/);
    assert.equal(JSON.parse(empty.stdout.toString()).complete, false);
    give(noise(5000, 1));
    const other = await mediaCommand(["extract", input, "-o", output]);
    assert.equal(other.exitCode, 3);
    assert.match(other.stderr, /not a Matroska stream/);
    assert.deepEqual(readdirSync(folder), ["call.mkv"]);
  });

  it("refuses audio that is plainly not PCM, and says what to do", async () => {
    const plan = structuredClone(first.fragments[0]!);
    for (const i of [2, 3]) plan.blocks[i]!.data = plan.blocks[i]!.data.subarray(0, 201);
    give(...documents([plan]));
    const { exitCode, stderr } = await mediaCommand(["extract", input, "-o", output]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /A_AAC.*not PCM.*ffmpeg/);
    assert.deepEqual(readdirSync(folder), ["call.mkv"]);
  });

  it("exits with 2 for wrong use", async () => {
    give(...oneCall);
    const cases: [args: string[], message: RegExp][] = [
      [["extract"], /missing required argument/],
      [["extract", join(folder, "none.mkv"), "-o", output], /cannot read .*none\.mkv: there is no such file/],
      [["extract", folder, "-o", output], /it is a folder/],
      [["extract", input, "-o", "-", "--json"], /both write to standard output/],
      [["extract", "-"], /say where the audio goes/],
      [["extract", input, "-o", input], /is the input itself/],
      [["extract", input, "-o", output, "--format", "mp3"], /mp3/],
      [["extract", input, "-o", output, "--gaps", "noise"], /noise/],
    ];
    for (const [args, message] of cases) {
      const { exitCode, stdout, stderr } = await mediaCommand(args);
      assert.deepEqual([exitCode, stdout.length], [2, 0], args.join(" "));
      assert.match(stderr, message);
      assert.equal(stderr.trim().split("\n").length, 1);
    }
  });

  it("exits with 1 where the output cannot be written", async () => {
    give(...oneCall);
    for (const path of [join(folder, "none", "out.wav"), folder]) {
      const { exitCode, stderr } = await mediaCommand(["extract", input, "-o", path]);
      assert.equal(exitCode, 1);
      assert.match(stderr, /^error: cannot write /);
    }
  });

  it("writes to a device as it is", async () => {
    give(...oneCall);
    assert.equal((await mediaCommand(["extract", input, "-o", "/dev/null"])).exitCode, 0);
  });

  it("killed in the middle leaves no audio, what was there before, and nothing that the next run minds", async () => {
    writeFileSync(output, "before");
    const long = plannedCall({ transactionId: "call-one", fragments: 40, blocksPerFragment: 100, seed: 3 });
    const bytes = Buffer.concat(documents(long.fragments));
    const child = startMediaCommand(["extract", "-", "-o", output]);
    const end = ended(child);
    const watcher = watch(folder);
    const changes = on(watcher, "change");
    child.stdin!.write(bytes.subarray(0, bytes.length - 1000));
    const isPart = (name: string): boolean => name.endsWith(".part");
    for await (const [, name] of changes) {
      if (isPart(String(name)) && statSync(join(folder, String(name))).size > 250_000) break;
    }
    watcher.close();
    child.kill("SIGKILL");
    await end;
    assert.equal(readFileSync(output, "utf8"), "before");
    const left = readdirSync(folder).filter(isPart);
    give(bytes);
    // Two at once, too: each has a file of its own until it is whole.
    const runs = await Promise.all([1, 2].map(() => mediaCommand(["extract", input, "-o", output])));
    assert.deepEqual(
      runs.map(({ exitCode }) => exitCode),
      [0, 0],
    );
    assert.deepEqual(readFileSync(output), wav(long.pcm));
    assert.deepEqual(readdirSync(folder).filter(isPart), left);
  });

  for (const [signal, leavesNothing] of [
    ["SIGTERM", true],
    ["SIGKILL", false],
  ] as const) {
    it(`leaves nothing under the final name when it gets ${signal}`, async () => {
      const child = startMediaCommand(["extract", "-", "-o", output]);
      const end = ended(child);
      const watcher = watch(folder);
      const changes = on(watcher, "change");
      child.stdin!.write(Buffer.concat(oneCall));
      // The temporary file shows that audio is on its way; the input stays open.
      for await (const [, name] of changes) if (String(name).endsWith(".part")) break;
      watcher.close();
      child.kill(signal);
      const { exitCode, stderr } = await end;
      assert.equal(existsSync(output), false);
      if (leavesNothing) {
        assert.deepEqual([exitCode, readdirSync(folder)], [1, []]);
        assert.match(stderr, /interrupted/);
      }
    });
  }

  it("writes into a pipe what it has, while the pipe that it reads from is silent, and hears SIGINT then", async () => {
    const pipes = [join(folder, "in"), join(folder, "out")] as const;
    for (const pipe of pipes) execFileSync("mkfifo", [pipe]);
    const child = startMediaCommand(["extract", pipes[0], "-o", pipes[1], "--format", "s16le"]);
    const end = once(child, "close");
    const [writer, reader] = [createWriteStream(pipes[0]), createReadStream(pipes[1])];
    reader.on("error", () => {});
    writer.write(Buffer.concat(oneCall));
    const [heard] = await once(reader, "data");
    assert.deepEqual(heard, first.pcm.subarray(0, heard.length));
    child.kill("SIGINT");
    assert.deepEqual(await end, [null, "SIGINT"]);
    writer.destroy();
    reader.destroy();
  });

  it("says in a line that standard output is full", async function () {
    if (!existsSync("/dev/full")) this.skip();
    give(...oneCall);
    const full = openSync("/dev/full", "w");
    const args = ["--import", "tsx", join(__dirname, "media-commands.ts"), "extract", input, "-o", "-"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", full, "pipe"] });
    const { exitCode, stderr } = await ended(child);
    closeSync(full);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^error: .*ENOSPC/);
    assert.doesNotMatch(stderr, /\n +at /);
  });
});
