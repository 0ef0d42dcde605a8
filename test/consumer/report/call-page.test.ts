import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "puppeteer-core";
import { directoryStore } from "../../../consumer/recordings/directory-store.js";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";
import { findCalls } from "../../../consumer/report/reported-call.js";
import { type WrittenReport, writeReports } from "../../../consumer/report/write-reports.js";
import { TestBrowser, type TestPage, type TestPageOptions } from "../../browser.js";
import { putLeg } from "../recorded-leg.js";
import { openRecordingOffice } from "../recording-office.js";
import { speech } from "../telephone.js";

const HOSTILE = "</script><img src=x onerror=\"window.hacked='yes'\"><!--'\"&";
const TEN_HOURS_SAMPLES = 10 * 3600 * 8_000;

/** How many pixels of a column of a lane's waveform are of the wave's colour, at a time of the call. */
const WAVE_HEIGHT = `(lane, share) => {
  const canvas = document.querySelectorAll("canvas.wave")[lane];
  const x = Math.floor(share * canvas.width);
  const { data } = canvas.getContext("2d").getImageData(x, 0, 1, Math.floor(canvas.height * 0.8));
  const [r, g, b] = [data[0], data[1], data[2]];
  let height = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) > 60) height++;
  }
  return height;
}`;

const waveHeight = (page: Page, lane: number, share: number) =>
  page.evaluate(`(${WAVE_HEIGHT})(${lane}, ${share})`) as Promise<number>;
const picture = (page: Page) => page.$eval("canvas.wave", (canvas) => (canvas as never as Canvas).toDataURL());
const cursorSeconds = (page: Page) => page.$eval(".cursor", (cursor) => Number(cursor.getAttribute("aria-valuenow")));
const frame = (page: Page) =>
  page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
/** What the audio elements that sound are at, in seconds. */
const sounding = (page: Page) =>
  page.evaluate(
    "[...document.querySelectorAll('audio')].filter((audio) => !audio.paused).map((audio) => [decodeURIComponent(audio.src), audio.currentTime])",
  ) as Promise<[string, number][]>;

interface Canvas {
  toDataURL(): string;
}

describe("the page of a call", () => {
  let browser: TestBrowser;
  let folder: string;
  const pages: TestPage[] = [];

  before(async function () {
    browser = await TestBrowser.start(this);
  });
  after(() => browser?.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "report-"));
  });
  afterEach(async () => {
    for (const { page } of pages.splice(0)) await page.close();
    await rm(folder, { recursive: true });
  });

  async function writeOne(where = folder): Promise<WrittenReport> {
    const found = await findCalls([where]);
    const [written] = await writeReports(
      found,
      { index: join(where, "index.html") },
      { signal: new AbortController().signal },
    );
    return written!;
  }

  async function opened(path: string, options?: TestPageOptions): Promise<TestPage> {
    const testPage = await browser.open(pathToFileURL(path).href, options);
    pages.push(testPage);
    await testPage.page.waitForSelector("[data-ready]");
    await frame(testPage.page);
    return testPage;
  }

  /** Silence, noise and silence, two seconds each; the callee a second later. */
  async function putCall(more: Partial<Sidecar> = {}): Promise<void> {
    const store = directoryStore(folder);
    const quiet = Buffer.alloc(32_000);
    const pcm = Buffer.concat([quiet, speech(1, 2_000), quiet]);
    await putLeg(store, { pcm, more: { isCaller: true, ...more } });
    await putLeg(store, { pcm, stream: 2, atMs: 1_000, more: { isCaller: false } });
  }

  describe("of a call that a worker recorded, with a stretch that was lost and a hold", () => {
    let office: Awaited<ReturnType<typeof openRecordingOffice>>;
    let report: WrittenReport;

    before(async () => {
      office = await openRecordingOffice();
      const pcmOf = async (who: string) =>
        (await readFile(join(__dirname, "..", "..", "..", "demo", "audio", `${who}.wav`))).subarray(44);
      office.telephone.aws.control.addFault({ kind: "dropFragments", leg: "caller", fragments: [5, 6] });
      const holds = [{ atMs: 14_000, durationMs: 3_000 }];
      const call = office.telephone.startCall(await pcmOf("caller"), await pcmOf("callee"), "max", holds);
      await call.ended;
      await office.work();
      report = await writeOne(office.folder);
    });
    after(() => office?.close());

    it("shows both legs, what is missing and where, and asks nobody for anything but the audio beside it", async () => {
      const { page, problems, requests } = await opened(report.page);
      assert.match(await page.title(), /^Call of \d+ \w+ \d{4}/);
      assert.deepEqual(await page.$$eval(".lane-head h3", (heads) => heads.map((head) => head.textContent)), [
        "Caller",
        "Callee",
      ]);
      const marks = await page.$$eval(".marks tbody tr", (rows) => rows.map((row) => row.textContent ?? ""));
      assert(
        marks.some((text) => /^0:05\.\d+CallerGap, 2 s/.test(text)),
        marks.join("\n"),
      );
      assert(
        marks.some((text) => /^0:14\.\d+CallerGap, 3 s/.test(text)),
        marks.join("\n"),
      );
      // Two fragments were lost of the caller's: the strip has a hole there, the picture is hatched.
      assert.match(
        await page.$eval(".statements", (node) => node.textContent ?? ""),
        /there is no audio for 5 s in all: 2 s at 0:05/,
      );
      assert.deepEqual(problems, []);
      assert(requests.length >= 4, requests.join());
      const place = pathToFileURL(office.folder).href;
      assert.deepEqual(
        requests.filter((url) => !url.startsWith(`${place}/`)),
        [],
      );
    });

    it("plays the stereo file from where the cursor is, and the cursor goes with it", async () => {
      const { page, problems } = await opened(report.page);
      await page.keyboard.press("ArrowRight");
      assert.equal(await cursorSeconds(page), 5);
      await page.click(".play");
      await page.waitForFunction("[...document.querySelectorAll('audio')].some((audio) => audio.currentTime > 5.4)");
      const [[url, seconds]] = (await sounding(page)) as [[string, number]];
      assert.match(url, /_call\.wav$/);
      assert(Math.abs((await cursorSeconds(page)) - seconds) < 0.5);
      await page.keyboard.press(" ");
      assert.equal(await page.$eval(".play", (button) => button.textContent), "Play");
      assert.deepEqual(await sounding(page), []);
      assert.deepEqual(problems, []);
    });

    it("plays one leg alone from the moment it begins", async () => {
      const { page } = await opened(report.page);
      await page.click(".choice label:nth-of-type(3)");
      await page.click(".play");
      await page.waitForFunction("[...document.querySelectorAll('audio')].some((audio) => audio.currentTime > 0.2)");
      const heard = await sounding(page);
      assert.equal(heard.length, 1);
      const sidecar = office.folder && heard[0]![0].replace(/^file:\/\//, "").replace(/\.wav$/, ".json");
      assert.equal(JSON.parse(await readFile(sidecar, "utf8")).isCaller, false);
      assert((await cursorSeconds(page)) > heard[0]![1] + 1, "the callee answered later");
    });

    it("knows where each fragment is", async () => {
      const { calls } = await findCalls([office.folder]);
      const caller = calls[0]!.legs.find(({ sidecar }) => sidecar.isCaller)!.sidecar;
      assert.match(caller.fragmentStarts!, /^0 1024\*4 3072 1024\*/);
      const places = caller.fragmentStarts!.split(" ").map((part) => Number(part.split("*")[1] ?? 1));
      assert.equal(
        places.reduce((sum, times) => sum + times),
        caller.fragments.received,
      );
    });
  });

  it("draws speech higher than silence, at its time", async () => {
    await putCall();
    const { page } = await opened((await writeOne()).page);
    // The axis is of seven seconds: the caller speaks from 2 s to 4 s, the callee from 3 s to 5 s.
    for (const [lane, share, isLoud] of [
      [0, 1 / 7, false],
      [0, 3 / 7, true],
      [0, 5 / 7, false],
      [1, 2 / 7, false],
      [1, 4.5 / 7, true],
      [1, 5.5 / 7, false],
    ] as const) {
      const height = await waveHeight(page, lane, share);
      assert(isLoud ? height > 60 : height < 5, `lane ${lane} at ${share}: ${height}`);
    }
  });

  it("zooms by wheel, buttons, keys and pinch, pans, and shows all again", async () => {
    await putCall();
    const { page } = await opened((await writeOne()).page, { phone: true, width: 390, height: 844 });
    const whole = await picture(page);
    const box = (await (await page.$("canvas.wave"))!.boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const ways: Record<string, () => Promise<unknown>> = {
      wheel: async () => {
        await page.mouse.move(x, y);
        await page.mouse.wheel({ deltaY: -400 });
      },
      button: () => page.click("button[aria-label='Zoom in']"),
      key: () => page.keyboard.press("+"),
      pinch: async () => {
        const one = await page.touchscreen.touchStart(x - 20, y);
        const other = await page.touchscreen.touchStart(x + 20, y);
        await one.move(x - 100, y);
        await other.move(x + 100, y);
        await one.end();
        await other.end();
      },
    };
    for (const [name, zoom] of Object.entries(ways)) {
      await zoom();
      await page.waitForFunction(`document.querySelector("canvas.wave").toDataURL() !== ${JSON.stringify(whole)}`);
      const near = await picture(page);
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x - 80, y, { steps: 4 });
      await page.mouse.up();
      await frame(page);
      assert.notEqual(await picture(page), near, `panned after ${name}`);
      assert.equal(await cursorSeconds(page), 0, "a drag is no click");
      await page.keyboard.press("0");
      await frame(page);
      assert.equal(await picture(page), whole, name);
    }
  });

  it("goes where it is clicked, tapped, and told by keys", async () => {
    await putCall({ gaps: [{ atMs: 4_000, durationMs: 500 }] });
    const { page } = await opened((await writeOne()).page);
    const box = (await (await page.$("canvas.wave"))!.boundingBox())!;
    await page.mouse.click(box.x + (box.width * 3) / 7, box.y + 20);
    assert(Math.abs((await cursorSeconds(page)) - 3) < 0.1);
    await page.keyboard.press("Home");
    await page.keyboard.press("n");
    assert.equal(await cursorSeconds(page), 4);
    await page.keyboard.press("End");
    assert.equal(await cursorSeconds(page), 7);
    await page.click(".marks .link");
    assert.equal(await cursorSeconds(page), 4);
  });

  it("can be worked by keyboard alone, and shows where the focus is", async () => {
    await putCall();
    const { page } = await opened((await writeOne()).page);
    const met: string[] = [];
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press("Tab");
      const [what, ring] = (await page.evaluate(`(() => {
        const node = document.activeElement;
        const shown = node.matches(".choice input") ? node.nextElementSibling : node;
        return [node.getAttribute("aria-label") ?? node.textContent ?? node.name, getComputedStyle(shown).outlineStyle];
      })()`)) as [string, string];
      met.push(what);
      if (what !== "" && met.length < 8) assert.equal(ring, "solid", what);
    }
    for (const wanted of ["Play", "Zoom in", "Show the whole call", "Position in the call", "Caller"]) {
      assert(
        met.some((what) => what.includes(wanted)),
        `${wanted} in ${met.join(", ")}`,
      );
    }
  });

  it("shows hostile text as text", async () => {
    const gaps = [{ atMs: 1_000, durationMs: 500 }];
    const errors = [{ code: HOSTILE, message: HOSTILE, fragmentNumber: HOSTILE, atMs: 10 }];
    await putCall({ callId: HOSTILE, voiceConnectorId: HOSTILE, fromNumber: HOSTILE, complete: false, errors, gaps });
    await writeFile(join(folder, "a_b_c.json"), HOSTILE);
    const report = await writeOne();
    for (const path of [report.page, join(folder, "index.html")]) {
      const { page, problems } = await opened(path);
      assert.deepEqual(problems, []);
      assert.equal(await page.evaluate("window.hacked"), undefined);
      assert.equal(await page.$("img"), null);
      assert((await page.$eval("main", (main) => main.textContent ?? "")).includes(HOSTILE));
    }
  });

  it("says that audio was altered, and which, and plays it all the same", async () => {
    await putCall();
    const { calls } = await findCalls([folder]);
    const { sidecar } = calls[0]!.legs[0]!;
    const bytes = await readFile(sidecar.audio.location);
    bytes[60_000]! ^= 1;
    await writeFile(sidecar.audio.location, bytes);
    const report = await writeOne();
    assert.deepEqual([report.verified, report.faultyAudio], [false, [sidecar.audio.location]]);
    const { page } = await opened(report.page);
    assert.equal(await page.$eval(".verdict strong", (title) => title.textContent), "ALTERED");
    const said = await page.$$eval(".statement", (all) => all.map((each) => each.textContent ?? ""));
    assert.equal(said.filter((text) => text.includes("ALTERED")).length, 1);
    assert.equal(said.filter((text) => text.includes("Verified: the audio file's SHA-256 is the one")).length, 1);
    await page.click(".play");
    await page.waitForFunction("[...document.querySelectorAll('audio')].some((audio) => audio.currentTime > 0.1)");
  });

  it("says that audio is gone, and shows the rest", async () => {
    await putCall();
    const [leg] = (await findCalls([folder])).calls[0]!.legs;
    const report = await writeOne();
    await rm(leg!.sidecar.audio.location);
    const { page } = await opened(report.page);
    await page.click(".play");
    await page.waitForSelector(".status:not(:empty)");
    assert.match(await page.$eval(".status", (status) => status.textContent ?? ""), /^Caller cannot be played/);
    await page.waitForFunction("[...document.querySelectorAll('audio')].some((audio) => audio.currentTime > 0.1)");
    await writeOne();
    const { page: renewed, problems } = await opened(report.page);
    assert.match(await renewed.$eval(".statements", (node) => node.textContent ?? ""), /MISSING/);
    assert.deepEqual(problems, []);
  });

  it("fits a phone, and is dark where the phone is", async () => {
    const errors = [{ code: "damaged", message: "a block was cut", atMs: 2_500 }];
    await putCall({ complete: false, errors, voiceConnectorId: "abcdefghijklmnopqrstu" });
    const { page } = await opened((await writeOne()).page, { phone: true, width: 390, height: 844, scheme: "dark" });
    for (const summary of await page.$$("summary")) await summary.click();
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 390);
    const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    assert.match(String(ground), /^rgb\(\d{2}, \d{2}, \d{2}\)$/);
    const dark = await picture(page);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    await page.waitForFunction(`document.querySelector("canvas.wave").toDataURL() !== ${JSON.stringify(dark)}`);
  });

  it("prints everything, facts included, dark on white", async () => {
    await putCall();
    const { page } = await opened((await writeOne()).page, { scheme: "dark" });
    await page.evaluate(`addEventListener("beforeprint", () => {
      window.printed = [[...document.querySelectorAll("details")].every(({ open }) => open), getComputedStyle(document.documentElement).getPropertyValue("--ground")];
    })`);
    await page.pdf();
    assert.deepEqual(await page.evaluate("window.printed"), [true, "#f6f7f9"]);
  });

  it("shows ten hours, to the last second", async () => {
    const store = directoryStore(folder);
    const more = { samples: TEN_HOURS_SAMPLES, durationMs: 36_000_000 };
    const fragmentStarts = "0 1000*35999";
    const { audio } = await putLeg(store, { pcm: Buffer.alloc(2), more: { isCaller: true, ...more, fragmentStarts } });
    const file = await open(audio.location, "r+");
    const header = Buffer.alloc(4);
    header.writeUInt32LE(2 * TEN_HOURS_SAMPLES);
    await file.write(header, 0, 4, 40);
    await file.truncate(44 + 2 * TEN_HOURS_SAMPLES);
    const spoken = speech(3, 60_000);
    for (const minute of [0, 599]) await file.write(spoken, 0, spoken.length, 44 + minute * spoken.length);
    await file.close();
    const report = await writeOne();
    assert((await readFile(report.page)).length < 1_000_000);
    const { page, problems } = await opened(report.page);
    assert(problems.length === 0);
    assert((await waveHeight(page, 0, 0.0005)) > 60);
    assert((await waveHeight(page, 0, 0.5)) < 5);
    assert((await waveHeight(page, 0, 0.9995)) > 60);
    await page.keyboard.press("End");
    assert.equal(await cursorSeconds(page), 36_000);
  });
});
