import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RF64_HEADER_BYTES, rf64Header } from "../../../consumer/audio/wav-header.js";
import { noise, plannedCall } from "../../streams/call.js";
import { type ElementStyle, restyled } from "../../streams/element-tree.js";
import { type BlockPlan, documents, type Layout, oneDocument, type TrackPlan } from "../../streams/matroska-stream.js";
import { wavOf } from "../../wav-of.js";
import { waveFormat } from "./encoding-cases.js";
import { assembleStream, cuts } from "./stream-case.js";

/** What our reader makes of bytes, the same in all chunk sizes, and without a word of damage. */
function ourPcm(stream: Uint8Array, track?: string): Buffer {
  const outcomes = cuts.map(([, nextBytes]) => assembleStream(stream, nextBytes, { track }));
  for (const { pcm, errors, refusal, report } of outcomes) {
    assert.ifError(refusal);
    assert.deepEqual(errors, []);
    assert.deepEqual([report.gaps, report.clockSteps], [[], []]);
    assert.ok(pcm.equals(outcomes[0]!.pcm));
  }
  return outcomes[0]!.pcm;
}

/** Whether programs are installed; says so where they are not. */
function areThere(...programs: string[]): boolean {
  const missing = programs.filter((program) => spawnSync(program, ["--version"]).error);
  if (missing.length > 0) console.log(`      skipped: there is no ${missing.join(" and no ")} on the PATH`);
  return missing.length === 0;
}

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "foreign-"));
});
after(() => rmSync(folder, { recursive: true }));

function run(program: string, args: string[], input?: Uint8Array): SpawnSyncReturns<Buffer> {
  const result = spawnSync(program, args, { cwd: folder, input, maxBuffer: 64 * 1024 * 1024 });
  // mkvtoolnix ends with 1 where it has warned.
  const isGood = result.status === 0 || (program.startsWith("mkv") && result.status === 1);
  assert.ok(isGood, `${program} ${args.join(" ")}: ${result.stderr}${program.startsWith("mkv") ? result.stdout : ""}`);
  return result;
}

const audio = { samplingFrequencyHz: 8000, channels: 1, bitDepth: 16 };
const pcmTrack: TrackPlan = { number: 1, codecId: "A_PCM/INT/LIT", ...audio };
const call = plannedCall({ transactionId: "call-one", fragments: 4, blocksPerFragment: 5 });

interface Written {
  name: string;
  stream: Buffer;
  isOneDocument: boolean;
}

function written(
  name: string,
  layout: Layout,
  track = pcmTrack,
  style: ElementStyle = {},
  form?: BlockPlan["form"],
): Written[] {
  const plans = call.fragments.map((plan) => ({
    ...plan,
    tracks: [track],
    blocks: plan.blocks.map((block) => ({ ...block, form })),
  }));
  return [
    {
      name: `${name}, a document a fragment`,
      stream: restyled(Buffer.concat(documents(plans, layout)), style),
      isOneDocument: false,
    },
    { name: `${name}, one document`, stream: restyled(oneDocument(plans, layout), style), isOneDocument: true },
  ];
}

const sizes = ["unknown", "known"] as const;
/** Undamaged streams of ours. */
const ours: Written[] = [
  ...sizes.flatMap((segmentSize) =>
    sizes.flatMap((clusterSize) =>
      written(`segment ${segmentSize}, cluster ${clusterSize}`, { segmentSize, clusterSize }),
    ),
  ),
  ...written("sizes of 8 octets", {}, pcmTrack, { sizeOctets: 8 }),
  ...written("unknown sizes of one octet", {}, pcmTrack, { unknownSizeOctets: 1 }),
  ...written("checksums", { clusterSize: "known" }, pcmTrack, { checksums: true }),
  ...(["group", "xiph", "ebml", "fixed"] as const).flatMap((form) => written(`${form} blocks`, {}, pcmTrack, {}, form)),
  ...written("big-endian", {}, { ...pcmTrack, codecId: "A_PCM/INT/BIG" }),
  ...[6, 7].flatMap((tag) =>
    written(
      `WAVE format ${tag}`,
      {},
      { ...pcmTrack, codecId: "A_MS/ACM", codecPrivate: waveFormat(tag, 8), bitDepth: 8 },
    ),
  ),
];

describe("our streams, read by programs of others", () => {
  describe("ffmpeg", () => {
    before(function () {
      if (!areThere("ffmpeg", "ffprobe")) this.skip();
    });

    // Behind a segment that says where it ends it reads nothing.
    const readable = ours.filter(({ name, isOneDocument }) => isOneDocument || !name.includes("segment known"));
    for (const { name, stream } of readable) {
      it(`decodes the same samples: ${name}`, () => {
        const { stdout } = run("ffmpeg", ["-v", "quiet", "-i", "pipe:0", "-f", "s16le", "pipe:1"], stream);
        const pcm = ourPcm(stream);
        assert.ok(pcm.length > 0 && stdout.equals(pcm));
      });
    }

    it("sees blocks of the same sizes at the same times", () => {
      const stream = ours.find(({ isOneDocument }) => isOneDocument)!.stream;
      const args = ["-v", "quiet", "-show_entries", "packet=pts_time,size", "-of", "csv=p=0", "pipe:0"];
      const { stdout } = run("ffprobe", args, stream);
      const seen = stdout
        .toString()
        .trim()
        .split("\n")
        .map((line) => line.split(",").map(Number));
      const planned = call.fragments.flatMap(({ timecodeMs, blocks }) =>
        blocks.map(({ relativeMs, data }) => [(timecodeMs + relativeMs) / 1000, data.length]),
      );
      assert.deepEqual(seen, planned);
    });
  });

  describe("mkvextract", () => {
    before(function () {
      if (!areThere("mkvextract")) this.skip();
    });

    // It reads the first document alone.
    for (const { name, stream } of ours.filter(({ isOneDocument }) => isOneDocument)) {
      it(`takes out the same bytes: ${name}`, () => {
        writeFileSync(join(folder, "ours.mkv"), stream);
        run("mkvextract", ["ours.mkv", "tracks", "--raw", "0:theirs.raw"]);
        assert.ok(readFileSync(join(folder, "theirs.raw")).equals(call.pcm));
      });
    }
  });
});

describe("files beyond 4 GiB, read by programs of others", () => {
  before(function () {
    if (!areThere("ffprobe")) this.skip();
  });

  it("ffprobe finds the rate, the length and the first sample of RF64", () => {
    const path = join(folder, "long.wav");
    const dataBytes = 5 * 2 ** 30;
    writeFileSync(path, Buffer.concat([rf64Header({ sampleRateHz: 8000, dataBytes }), Buffer.from([0x34, 0x12])]));
    // The rest is a hole in the file.
    truncateSync(path, RF64_HEADER_BYTES + dataBytes);
    const entries = ["-show_entries", "stream=codec_name,sample_rate,channels,duration_ts", "-of", "csv=p=0"];
    const { stdout } = run("ffprobe", ["-v", "error", ...entries, path]);
    assert.equal(stdout.toString().trim(), `pcm_s16le,8000,1,${dataBytes / 2}`);
    const first = run("ffmpeg", ["-v", "error", "-i", path, "-frames:a", "1", "-f", "s16le", "pipe:1"]).stdout;
    assert.equal(first.readInt16LE(0), 0x1234);
  });
});

describe("streams that programs of others wrote, read by us", () => {
  const pcm = noise(12_000, 41);
  const other = noise(12_000, 42);
  const input = ["-f", "s16le", "-ar", "8000", "-ac", "1", "-i"];
  const tags = `<Tags><Tag><Simple><Name>TransactionId</Name><String>call-one</String></Simple></Tag></Tags>`;

  before(() => {
    writeFileSync(join(folder, "one.pcm"), pcm);
    writeFileSync(join(folder, "one.wav"), wavOf(pcm));
    writeFileSync(join(folder, "two.pcm"), other);
    writeFileSync(join(folder, "two.wav"), wavOf(other));
    writeFileSync(join(folder, "tags.xml"), tags);
  });

  describe("ffmpeg", () => {
    before(function () {
      if (!areThere("ffmpeg")) this.skip();
    });

    for (const options of [
      ["-c:a", "pcm_s16le"],
      ["-c:a", "pcm_s16le", "-live", "1"],
      ["-c:a", "pcm_s16le", "-cluster_time_limit", "300"],
      ["-c:a", "pcm_s16le", "-metadata", "TransactionId=call-one"],
      ["-c:a", "pcm_s16be"],
      ["-c:a", "pcm_alaw"],
      ["-c:a", "pcm_mulaw", "-live", "1"],
    ]) {
      it(`the samples that it reads itself: ${options.join(" ")}`, () => {
        run("ffmpeg", ["-v", "error", "-y", ...input, "one.pcm", ...options, "-f", "matroska", "theirs.mkv"]);
        const { stdout } = run("ffmpeg", ["-v", "error", "-i", "theirs.mkv", "-f", "s16le", "pipe:1"]);
        assert.ok(ourPcm(readFileSync(join(folder, "theirs.mkv"))).equals(stdout));
      });
    }

    it("a pipe, where it cannot go back to fill in sizes", () => {
      const { stdout } = run("ffmpeg", [
        "-v",
        "error",
        ...input,
        "one.pcm",
        "-f",
        "matroska",
        "-c:a",
        "pcm_s16le",
        "pipe:1",
      ]);
      assert.ok(ourPcm(stdout).equals(pcm));
    });

    it("each of two tracks by name", () => {
      const names = ["-metadata:s:0", "title=CALLER", "-metadata:s:1", "title=CALLEE"];
      const maps = ["-map", "0", "-map", "1", "-c:a", "pcm_s16le", ...names];
      run("ffmpeg", [
        "-v",
        "error",
        "-y",
        ...input,
        "one.pcm",
        ...input,
        "two.pcm",
        ...maps,
        "-f",
        "matroska",
        "theirs.mkv",
      ]);
      const stream = readFileSync(join(folder, "theirs.mkv"));
      assert.ok(ourPcm(stream, "CALLER").equals(pcm));
      assert.ok(ourPcm(stream, "CALLEE").equals(other));
    });
  });

  describe("mkvmerge", () => {
    before(function () {
      if (!areThere("mkvmerge")) this.skip();
    });

    for (const options of [
      [],
      ["--disable-lacing"],
      ["--engage", "no_simpleblocks"],
      ["--engage", "lacing_ebml"],
      ["--engage", "lacing_xiph"],
      ["--timestamp-scale", "1000000"],
      ["--cluster-length", "200ms"],
      ["--no-cues", "--engage", "no_cue_duration"],
      ["--global-tags", "tags.xml"],
    ]) {
      it(`the samples that it was given: ${options.join(" ") || "no options"}`, () => {
        run("mkvmerge", ["-q", "-o", "theirs.mkv", ...options, "one.wav"]);
        assert.ok(ourPcm(readFileSync(join(folder, "theirs.mkv"))).equals(pcm));
      });
    }

    it("each of two tracks by name", () => {
      run("mkvmerge", [
        "-q",
        "-o",
        "theirs.mkv",
        "--track-name",
        "0:CALLER",
        "one.wav",
        "--track-name",
        "0:CALLEE",
        "two.wav",
      ]);
      const stream = readFileSync(join(folder, "theirs.mkv"));
      assert.ok(ourPcm(stream, "CALLER").equals(pcm));
      assert.ok(ourPcm(stream, "CALLEE").equals(other));
    });
  });
});
