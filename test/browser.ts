import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";

/** What Chromium and its kin are called on Linux, then where macOS has them. */
const PROGRAMS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const APPLICATIONS = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const FLAGS = [
  // Pages are the project's own, and in containers there is nothing to make a sandbox of.
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--mute-audio",
  // Nothing but what a page asks for.
  "--disable-background-networking",
  "--disable-component-update",
];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return [...PROGRAMS.flatMap((name) => folders.map((folder) => join(folder, name))), ...APPLICATIONS].find(isProgram);
}

export interface TestPageOptions {
  /** CSS pixels. Default 1280 by 800. */
  width?: number;
  height?: number;
  /** Default light. */
  scheme?: "light" | "dark";
  /** A touch screen with two device pixels to each of CSS. Default false. */
  phone?: boolean;
}

/** A page that was opened, and what went on in it since. */
export interface TestPage {
  page: Page;
  /** Errors and warnings of its console, exceptions nobody caught, requests that failed, in order; in a good page none. */
  problems: string[];
  /** The URLs it asked for, its own first. */
  requests: string[];
}

/** A headless Chromium of a test file: start it once, `before` all, and close it `after`. */
export class TestBrowser {
  private constructor(private readonly browser: Browser) {}

  /**
   * Starts Chromium from the PATH. Where there is none the running suite is skipped with a printed reason, except that in CI
   * (`CI=true`) it fails.
   */
  static async start(context: Mocha.Context): Promise<TestBrowser> {
    const executablePath = findChromium();
    if (executablePath) return new TestBrowser(await puppeteer.launch({ executablePath, args: FLAGS }));
    const reason = `none of ${PROGRAMS.join(", ")} is on the PATH`;
    if (process.env.CI === "true") throw new Error(`Chromium cannot be had; tests need it in CI: ${reason}`);
    console.error(`      skipped: ${reason}`);
    return context.skip();
  }

  /** Opens a URL (`http:` or `file:`) in a tab of its own, and waits for its `load` event. */
  async open(url: string, options: TestPageOptions = {}): Promise<TestPage> {
    const { width = 1280, height = 800, scheme = "light", phone = false } = options;
    const page = await this.browser.newPage();
    await page.setViewport({ width, height, deviceScaleFactor: phone ? 2 : 1, isMobile: phone, hasTouch: phone });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    const problems: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) problems.push(`console ${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => problems.push(`exception: ${(error as Error).message ?? error}`));
    page.on("request", (request) => requests.push(request.url()));
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText;
      // The browser itself ends these: a player has read enough of a file, a page is left.
      if (reason !== "net::ERR_ABORTED") problems.push(`request failed: ${request.url()}: ${reason}`);
    });
    await page.goto(url);
    return { page, problems, requests };
  }

  /** Ends Chromium with all of its tabs. */
  async close(): Promise<void> {
    await this.browser.close();
  }
}
