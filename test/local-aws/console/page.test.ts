import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  ListVoiceConnectorsCommand,
  PutVoiceConnectorStreamingConfigurationCommand,
} from "@aws-sdk/client-chime-sdk-voice";
import type { Page } from "puppeteer-core";
import { type LocalAws, startLocalAws } from "../../../local-aws/index.js";
import { TestBrowser } from "../../browser.js";
import { clientsOf } from "../clients.js";

const HOSTILE = `<img src=x onerror="document.title='taken over'"></script><script>document.title='taken over'</script>`;

describe("local-aws: the console's page", function () {
  this.timeout(40_000);
  let browser: TestBrowser;
  let aws: LocalAws;
  before(async function () {
    browser = await TestBrowser.start(this);
  });
  after(() => browser?.close());
  beforeEach(async () => {
    // Fragments come quickly, and both legs begin at once.
    aws = await startLocalAws({ settings: { fragmentMs: 256, legOffsetMs: 0 } });
  });
  afterEach(() => aws.close().catch(() => undefined));

  const shows = (page: Page, selector: string, text: string | RegExp) =>
    page.waitForFunction(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].some(({ textContent, hidden }) =>
        !hidden && ${text instanceof RegExp ? `${text}.test(textContent)` : `textContent.includes(${JSON.stringify(text)})`})`,
    );

  it("tells the story of a connector, from its making to a call and its faults", async () => {
    const { page, problems, requests } = await browser.open(aws.console);
    await shows(page, "#connection", "live");
    await shows(page, "#role-state", "absent");
    await shows(page, "#connectors-empty", "None yet");

    await page.select("#create-region", "eu-central-1");
    await page.locator("#create-name").fill("front desk");
    await page.locator("#create button").click();
    await shows(page, "#connectors h3", "eu-central-1");
    await shows(page, ".connector[data-state=off] .name", "front desk");
    assert.equal(await page.$eval(".connector button", (button) => button.hasAttribute("hidden")), true);

    const VoiceConnectorId = aws.control.state().voiceConnectors[0]!.id;
    const { chime } = clientsOf(aws, "eu-central-1");
    const StreamingConfiguration = { DataRetentionInHours: 24, Disabled: false };
    await chime.send(new PutVoiceConnectorStreamingConfigurationCommand({ VoiceConnectorId, StreamingConfiguration }));
    await shows(page, ".connector[data-state=on] .detail", "Kept 24 h");
    await shows(page, "#role-state", "present");
    await shows(page, "#api-calls .action", "PutVoiceConnectorStreamingConfiguration");

    await page.locator(".connector button").click();
    await shows(page, ".call .pill", "on the line");
    await shows(page, "#events li", /STARTEDcallee/);
    // Speech rises above the middle of the picture; then the picture moves.
    await page.waitForFunction(`(() => {
      const canvas = document.querySelector("canvas[data-side=callee]");
      if (!canvas?.height) return false;
      const copy = new OffscreenCanvas(canvas.width, 1).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, -Math.round(canvas.height * 0.35));
      const { data } = copy.getImageData(0, 0, canvas.width, 1);
      return data.some((value) => value > 0);
    })()`);
    const picture = () =>
      page.$eval("canvas[data-side=callee]", (canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
    const before = await picture();
    await page.waitForFunction(
      `document.querySelector("canvas[data-side=callee]").toDataURL() !== ${JSON.stringify(before)}`,
    );
    await shows(page, "#streams tr", /24 h.*kB/);
    await page.locator(".call button").click();
    await shows(page, ".call .pill", "over");
    await shows(page, "#events li", /ENDEDcallee/);
    await shows(page, "#queue", "4 in the queue");

    // With the keyboard, as with the mouse.
    await page.focus("[role=switch][data-kind=throttle]");
    await page.keyboard.press("Space");
    await shows(page, "#faults-jump", "1 fault on");
    await assert.rejects(chime.send(new ListVoiceConnectorsCommand({})), { name: "ThrottledClientException" });
    await shows(page, ".groups li", /Throttled.*struck 1×/);
    await page.locator("#api-failed").click();
    await shows(page, "#api-count", "1 of the latest");
    await page.keyboard.press("Tab");
    await page.locator("[role=switch][data-kind=throttle]").click();
    await shows(page, "#faults-jump", "no faults");
    await chime.send(new ListVoiceConnectorsCommand({}));

    assert.deepEqual(problems, []);
    assert.ok(
      requests.every((url) => url.startsWith(aws.endpoint) || url.startsWith("data:")),
      requests.join("\n"),
    );
  });

  it("says when the emulator is gone, and goes on by itself with the next one at its address", async () => {
    aws.control.createVoiceConnector("us-east-1", "the first");
    await clientsOf(aws).chime.send(new ListVoiceConnectorsCommand({}));
    const { page } = await browser.open(aws.console);
    await shows(page, "#api-calls .action", "ListVoiceConnectors");
    await aws.close();
    await shows(page, "#gone", "local-aws is gone");
    aws = await startLocalAws({ port: Number(new URL(aws.endpoint).port) });
    aws.control.createVoiceConnector("us-east-1", "the second");
    await shows(page, "#connection", "live");
    await shows(page, ".connector .name", "the second");
    await shows(page, "#api-empty", "None yet");
    assert.equal(await page.$eval("#gone", (gone) => gone.hasAttribute("hidden")), true);
  });

  it("shows names as they are, and fits a phone", async () => {
    aws.control.createVoiceConnector("us-east-1", HOSTILE);
    aws.control.createVoiceConnector("us-east-1", "x".repeat(256));
    const { page, problems } = await browser.open(aws.console, {
      width: 390,
      height: 844,
      phone: true,
      scheme: "dark",
    });
    await shows(page, ".connector .name", HOSTILE);
    assert.equal(await page.title(), "local-aws");
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 390);
    assert.deepEqual(problems, []);
  });

  it("a page of another origin reaches nothing through the browser", async () => {
    const foreign = createServer((_request, response) => {
      response.setHeader("content-type", "text/html").end("<title>foreign</title>");
    }).listen(0, "127.0.0.1");
    await once(foreign, "listening");
    const { page } = await browser.open(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
    const fault = JSON.stringify({ kind: "deny", actions: ["*"] });
    const tried = await page.evaluate(`(async () => {
      const faults = "${aws.endpoint}/_local/faults";
      const body = ${JSON.stringify(fault)};
      const attempts = [
        fetch(faults, { method: "POST", mode: "no-cors", body }),
        fetch(faults, { method: "POST", headers: { "content-type": "application/json" }, body }),
        fetch(faults, { method: "DELETE" }),
        fetch("${aws.endpoint}/_local/calls").then((response) => response.text()),
        new Promise((resolve, reject) => {
          const source = new EventSource("${aws.endpoint}/_local/console/watch");
          source.addEventListener("message", resolve);
          source.addEventListener("error", reject);
        }),
      ];
      return (await Promise.allSettled(attempts)).map(({ status }) => status);
    })()`);
    foreign.close();
    foreign.closeAllConnections();
    // The first is sent, and its answer hidden from the page; all others fail.
    assert.deepEqual(tried, ["fulfilled", "rejected", "rejected", "rejected", "rejected"]);
    assert.deepEqual(aws.control.faults(), []);
  });
});
