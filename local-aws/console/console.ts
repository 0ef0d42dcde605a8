import type { IncomingHttpHeaders } from "node:http";
import type { AwsReply } from "../exchange.js";
import { pageFile } from "./page-file.js";
import { type ConsoleSources, UpdateFeed } from "./update-feed.js";
import { Watchers } from "./watchers.js";

const PATH = "/_local/console";

/**
 * The console: a page at `/` and at `/_local/console` that shows what goes on in local-aws, live. It changes things through the
 * control API alone.
 */
export class Console {
  private readonly watchers: Watchers;

  constructor(sources: ConsoleSources) {
    this.watchers = new Watchers(sources.world.clock, new UpdateFeed(sources));
  }

  /** @returns undefined where the request is not for the console */
  answer(method: string, path: string): Promise<AwsReply> | AwsReply | undefined {
    if (method !== "GET" && method !== "HEAD") return undefined;
    if (path === "/" || path === PATH) return pageFile();
    if (path === `${PATH}/watch` && method === "GET") return this.watchers.admit();
    return undefined;
  }
}

/** Whether somebody opens the console in a browser: `GET /` is S3's ListBuckets, too, which is signed and does not ask for HTML. */
export function opensConsole(method: string, path: string, headers: IncomingHttpHeaders, isSigned: boolean): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  return path === PATH || (path === "/" && !isSigned && /\btext\/html\b/.test(headers.accept ?? ""));
}
