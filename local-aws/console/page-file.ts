import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AwsReply } from "../exchange.js";

const PAGE = join("bundles", "console", "console.html");

/**
 * The console's page, one file that `npm run build` makes: beside this room where the package is installed, in `dist` where it runs
 * from its sources.
 */
export async function pageFile(): Promise<AwsReply> {
  for (const folder of [join(__dirname, "..", ".."), join(__dirname, "..", "..", "dist")]) {
    const page = await readFile(join(folder, PAGE), "utf8").catch(() => undefined);
    if (page) return { status: 200, headers: headersOf(page), body: page };
  }
  return { status: 503, body: "The console was not built: run npm run build.\n" };
}

/** The policy of the page, which says by hash what may run, and what no page can say of itself: nobody may put it into a frame. */
function headersOf(page: string): Record<string, string> {
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page)?.[1] ?? "default-src 'none'";
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `${policy}; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  };
}
