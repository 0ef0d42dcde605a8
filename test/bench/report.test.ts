import assert from "node:assert/strict";
import { asMarkdown, asText, type BenchReport } from "../../bench/report.js";

const report: BenchReport = {
  machine: { cpu: "Some CPU", cores: 2, node: "v20.0.0", os: "Linux 6 x64", memoryBytes: 8e9 },
  minutes: 600,
  pairs: 7,
  inMemory: true,
  rows: [
    {
      name: "extract",
      what: "extract / a copy",
      target: 1.25,
      ratio: 1.0519,
      spread: [0.9, 12.25],
      pairs: 7,
      ours: { wallMs: 1_234, cpuMs: 12_340, peakRssBytes: 81e6 },
      peer: { wallMs: 999, cpuMs: 998, peakRssBytes: 7e6 },
      met: true,
      note: "as it is",
    },
    {
      name: "other",
      what: "extract / another and longer name",
      target: 0.3,
      ratio: 0.5,
      spread: [0.4, 0.6],
      pairs: 7,
      ours: { wallMs: 1, cpuMs: 1, peakRssBytes: 1e6 },
      peer: { wallMs: 2, cpuMs: 2, peakRssBytes: 1e6 },
      met: false,
    },
    {
      name: "legs",
      what: "legs at a time",
      target: 1_000,
      sustained: 1_000,
      coreShare: 0.75,
      peakRssBytes: 321e6,
      met: true,
      figures: { latenessMs: 12 },
      note: "late by 12 ms at most",
    },
    {
      name: "size",
      what: "size of a file",
      target: 1.5,
      value: 0.9194,
      unit: "MB",
      met: true,
      note: "not compressed",
    },
    {
      name: "start",
      what: "start of a process",
      target: 300,
      value: 312.4,
      unit: "ms",
      spread: [301, 330.6],
      pairs: 7,
      met: false,
      note: "of 7 pairs",
    },
    { name: "gone", what: "extract / a peer", target: 0.1, missing: "java is not on the PATH" },
  ],
};

describe("report of the benchmark", () => {
  it("stands in columns on a terminal, with the target and whether it is met", () => {
    const lines = asText(report).split("\n");
    const rows = lines.filter((line) => line.startsWith("extract /"));
    assert.equal(rows.length, 3);
    const column = (line: string, text: string) => line.indexOf(text) + text.length;
    assert.equal(column(rows[0]!, "≤ 1.25"), column(rows[1]!, "≤ 0.3"));
    assert.match(rows[0]!, /1\.052 +0\.900–12\.250 +≤ 1\.25 +yes +1\.23 s +12\.34 s +81 MB +1\.00 s +1\.00 s +7 MB$/);
    assert.match(rows[1]!, / NO /);
  });

  it("tells what was sustained, which has to be at least its target", () => {
    assert.match(asText(report), /^legs at a time +1000 +≥ 1000 +yes +0\.75 cores +321 MB$/m);
    assert.match(asText(report), /^legs: late by 12 ms at most$/m);
  });

  it("tells what there is of something in its unit, which has to be at most its limit", () => {
    assert.match(asText(report), /^size of a file +0\.92 MB +≤ 1\.5 MB +yes$/m);
    assert.match(asText(report), /^start of a process +312 ms +301–331 +≤ 300 ms +NO$/m);
    assert.match(asText(report), /^start: of 7 pairs$/m);
  });

  it("names what is missing, and why", () => {
    assert.match(asText(report), /extract \/ a peer +≤ 0\.1 +missing$/m);
    assert.match(asText(report), /^gone: missing: java is not on the PATH$/m);
    assert.match(asText(report), /^extract: as it is$/m);
  });

  it("is a table of Markdown with as many cells in every line", () => {
    const lines = asMarkdown(report)
      .split("\n")
      .filter((line) => line.startsWith("|"));
    assert.equal(lines.length, 8);
    assert.deepEqual(new Set(lines.map((line) => line.split("|").length)).size, 1);
    assert.match(lines[2]!, /^\| extract \/ a copy \| 1\.052 \|/);
  });

  it("says what it was measured on", () => {
    const machine = /Some CPU, 2 cores, 8 GB, Linux 6 x64, Node v20\.0\.0; a leg of 600 min, files in memory, 7 pairs/;
    assert.match(asText(report), machine);
    assert.match(asText({ ...report, inMemory: false }), /files on a disk/);
  });
});
