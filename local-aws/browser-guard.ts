import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/**
 * Whether a browser sends this for a page of another origin. local-aws takes any signature and its control API asks for none, so
 * that a page on the internet could use both. Programs send neither header.
 * https://developer.mozilla.org/en-US/docs/Glossary/Fetch_metadata_request_header
 */
export function isFromForeignPage(headers: IncomingHttpHeaders): boolean {
  const { host, origin, "sec-fetch-site": site } = headers;
  if (origin !== undefined) {
    return !namesThisMachine(headers) || !URL.canParse(origin) || new URL(origin).host !== host;
  }
  return site === "cross-site" || site === "same-site";
}

/**
 * Whether a request names this machine in a way that no stranger can make a name of his own mean (DNS rebinding): by address, or
 * by a name that is not in the public DNS.
 */
export function namesThisMachine({ host = "" }: IncomingHttpHeaders): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0 || /^(localhost|.+\.(localhost|internal))$/.test(name);
}

/** Whether a page posts something that is not JSON, which forms and the simplest of scripts send without being asked. */
export function isFormOfPage(method: string, { origin, ...headers }: IncomingHttpHeaders): boolean {
  return origin !== undefined && method === "POST" && !/^application\/json\b/i.test(headers["content-type"] ?? "");
}
