import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { directoryStore } from "../../../consumer/recordings/directory-store.js";
import { putLeg, TRANSACTION } from "../recorded-leg.js";
import { speech } from "../telephone.js";
import { runCommand } from "./command-process.js";

const OTHER = "5a8d8a1e-1c61-4d4a-9d0a-000000000002";

describe("report", () => {
  let folder: string;
  let caller: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "report-"));
    const store = directoryStore(folder);
    const { audio } = await putLeg(store, { pcm: speech(1, 1_000), more: { isCaller: true } });
    await putLeg(store, { pcm: speech(2, 1_000), stream: 2, more: { isCaller: false } });
    caller = audio.location.replace(/\.wav$/, ".json");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const report = async (...args: string[]) => {
    const result = await runCommand(["report", ...args]);
    return { ...result, pages: (await readdir(folder)).filter((name) => name.endsWith(".html")).sort() };
  };
  /** What a page was told. */
  const dataOf = async (path: string) => {
    const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/.exec(await readFile(path, "utf8"))!;
    return JSON.parse(json!);
  };

  it("of one leg's sidecar is a page of the whole call, beside it, with audio named relative to it", async () => {
    const { exitCode, stdout, stderr, pages } = await report(caller);
    assert.deepEqual([exitCode, stderr, pages], [0, "", [`${TRANSACTION}_call.html`]]);
    assert.equal(stdout, `${join(folder, pages[0]!)}  1 s, 2 recordings: Complete\n`);
    const { lanes } = await dataOf(join(folder, pages[0]!));
    assert.deepEqual(
      lanes.map((lane: { label: string }) => lane.label),
      ["Caller", "Callee"],
    );
    assert.equal(lanes[0].recordings[0].url, basename(caller).replace(/json$/, "wav"));
  });

  it("goes where -o says, and finds the audio from there", async () => {
    const { exitCode } = await report(caller, "-o", join(folder, "for court", "exhibit 1.html"));
    assert.equal(exitCode, 0);
    const { lanes } = await dataOf(join(folder, "for court", "exhibit 1.html"));
    assert.equal(lanes[0].recordings[0].url, `../${basename(caller).replace(/json$/, "wav")}`);
  });

  it("of a folder is a page a call and an index; with --json it says what was written", async () => {
    await putLeg(directoryStore(folder), {
      pcm: speech(3, 2_000),
      stream: 3,
      more: { transactionId: OTHER, complete: false },
    });
    await writeFile(join(folder, "package.json"), "{}");
    const { exitCode, stdout, pages } = await report(folder, "--json");
    assert.equal(exitCode, 0);
    assert.deepEqual(pages, [`${TRANSACTION}_call.html`, `${OTHER}_call.html`, "index.html"]);
    const { index, calls, damaged } = JSON.parse(stdout);
    assert.deepEqual([index, damaged], [join(folder, "index.html"), []]);
    assert.deepEqual(
      calls.map((call: Record<string, unknown>) => [
        call.page,
        call.transactionId,
        call.legs,
        call.complete,
        call.verified,
      ]),
      [
        [join(folder, pages[0]!), TRANSACTION, 2, true, true],
        [join(folder, pages[1]!), OTHER, 1, false, true],
      ],
    );
    const rows = (await dataOf(index)).calls;
    assert.deepEqual(rows.map(({ url }: { url: string }) => url).sort(), pages.slice(0, 2));
  });

  it("is wrong use without a sidecar, of one that is not there, and of S3, and names the argument", async () => {
    for (const [args, named] of [
      [[], /sidecar/],
      [[join(folder, "none.json")], /none\.json: there is no such file or folder/],
      [["s3://bucket/prefix"], /copy the recordings first/],
      [[caller, "-o", ""], /output/],
      [[""], /sidecar/],
    ] as [string[], RegExp][]) {
      const { exitCode, stderr, pages } = await report(...args);
      assert.deepEqual([exitCode, pages], [2, []], args.join());
      assert.match(stderr, named);
    }
  });

  it("shows what can be shown of damaged recordings, and ends with 3", async () => {
    const other = join(folder, `${OTHER}_stream_1.json`);
    await writeFile(other, (await readFile(caller, "utf8")).slice(0, 300));
    await rm(caller.replace(/json$/, "wav"));
    const { exitCode, stdout, stderr, pages } = await report(folder);
    assert.equal(exitCode, 3);
    assert.match(stdout, /Audio is not as recorded/);
    assert.match(stderr, new RegExp(`^error: not a sidecar that can be read: ${other}; missing, or not .*\\.wav\n$`));
    assert.deepEqual(pages, [`${TRANSACTION}_call.html`, "index.html"]);
    assert.deepEqual((await dataOf(join(folder, "index.html"))).damaged, [basename(other)]);
    assert.equal((await report(other)).exitCode, 3);
  });

  it("of a folder without recordings ends with 4", async () => {
    await mkdir(join(folder, "empty"));
    const { exitCode, stderr } = await report(join(folder, "empty"));
    assert.equal(exitCode, 4);
    assert.match(stderr, /^error: there is no recording in .*empty\n$/);
  });

  it("works on recordings that were moved, and renamed", async () => {
    const moved = join(folder, "moved");
    await mkdir(moved);
    for (const extension of ["json", "wav"]) {
      const from = caller.replace(/json$/, extension);
      await rename(from, join(moved, basename(from)));
    }
    await rename(join(moved, basename(caller)), join(moved, "exhibit.json"));
    const { exitCode } = await report(join(moved, "exhibit.json"), "-o", join(folder, "page.html"));
    assert.equal(exitCode, 0);
    const { lanes, verdict } = await dataOf(join(folder, "page.html"));
    assert.equal(verdict.title, "One leg only");
    assert.match(lanes[0].recordings[0].url, /^moved\/5a8d8a1e.*\.wav$/);
  });

  it("leaves no half page behind", async () => {
    await report(folder);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => !/\.(html|json|wav|peaks\.bin)$/.test(name)),
      [],
    );
  });
});
