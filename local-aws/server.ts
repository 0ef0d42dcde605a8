import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isFormOfPage, isFromForeignPage, namesThisMachine } from "./browser-guard.js";
import { type Console, opensConsole } from "./console/console.js";
import type { Control } from "./control.js";
import type { Dispatcher } from "./dispatcher.js";
import type { AwsReply, AwsRequest } from "./exchange.js";
import { commonError, kinesisVideoErrors, queryErrors, type ServiceErrors, sqsErrors } from "./service-errors.js";
import { credentialScope } from "./signature.js";
import { isWebIdentityRequest } from "./sts.js";
import type { World } from "./world.js";

/** Larger than any request here needs: an S3 part of 5 GiB is not worth holding in memory. */
const MAX_BODY_BYTES = 512 * 1024 * 1024;

/** Listens on 127.0.0.1. `port` 0 takes any that is free. */
export async function listen(port: number): Promise<{ server: Server; endpoint: string }> {
  const server = createServer();
  // Long polls and media responses outlive the defaults, which are meant for servers in the open.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** What answers requests. */
export interface Handlers {
  dispatcher: Dispatcher;
  control: Control;
  console: Console;
}

/** Connects a listening server to the services, to the control API and to the console. */
export function serve(server: Server, world: World, handlers: Handlers): void {
  server.on("request", (incoming, response) => {
    handle(incoming, response, world, handlers).catch(() => response.destroy());
  });
}

async function handle(
  incoming: IncomingMessage,
  response: ServerResponse,
  world: World,
  { dispatcher, control, console }: Handlers,
): Promise<void> {
  const abort = new AbortController();
  response.once("close", () => abort.abort());
  response.on("error", () => abort.abort());
  const url = incoming.url ?? "/";
  const queryStart = url.indexOf("?");
  const path = queryStart < 0 ? url : url.slice(0, queryStart);
  const query = new URLSearchParams(queryStart < 0 ? "" : url.slice(queryStart + 1));
  const method = incoming.method ?? "GET";
  const isConsole = opensConsole(
    method,
    path,
    incoming.headers,
    credentialScope(incoming.headers, query) !== undefined,
  );
  const isLocal = isConsole || path.startsWith("/_local/");
  const refusal = refusalOf(incoming, isConsole, isLocal);
  if (refusal) {
    response.writeHead(403, { connection: "close", "content-type": "text/plain" }).end(`${refusal}\n`);
    return;
  }

  const body = await readBody(incoming);
  if (!body) {
    response.writeHead(413, { connection: "close" }).end("The request body is too large.\n");
    return;
  }
  if (isLocal) {
    const shown = await console.answer(method, path);
    if (shown) {
      await send(response, shown, abort.signal);
      return;
    }
    await send(response, await control.answer({ method, path, query, body, signal: abort.signal }), abort.signal);
    return;
  }

  const requestId = world.identifiers.uuid();
  const unsigned = isWebIdentityRequest({ method, body });
  const scope = unsigned
    ? { accessKeyId: "anonymous", region: "us-east-1", service: "sts" }
    : credentialScope(incoming.headers, query);
  if (!scope) {
    const errors = errorsWithoutScope(incoming);
    await send(response, errors.render(commonError(errors, "missingToken", "Missing Authentication Token"), requestId));
    return;
  }
  const request: AwsRequest = {
    method,
    path,
    query,
    headers: incoming.headers,
    body,
    service: scope.service,
    region: scope.region,
    caller: world.accounts.callerOf(scope.accessKeyId),
    requestId,
    signal: abort.signal,
  };
  const reply = await dispatcher.dispatch(request);
  if (reply) await send(response, reply, abort.signal);
  else response.destroy();
}

/** Why a request gets no answer: what a browser sends for a page that is not local-aws's own. Anybody may open the console. */
function refusalOf(
  { method = "GET", headers }: IncomingMessage,
  isConsole: boolean,
  isLocal: boolean,
): string | undefined {
  if (isLocal && !namesThisMachine(headers))
    return "local-aws is asked for by its address: http://127.0.0.1 and its port.";
  if (!isConsole && isFromForeignPage(headers)) return "local-aws answers no pages but its own.";
  if (isLocal && isFormOfPage(method, headers)) return "Pages send JSON to local-aws (content-type application/json).";
  return undefined;
}

/** An unsigned request names no service: the protocol tells how its client reads errors. */
function errorsWithoutScope(incoming: IncomingMessage): ServiceErrors {
  const contentType = incoming.headers["content-type"] ?? "";
  if (incoming.headers["x-amz-target"]) return sqsErrors;
  if (contentType.startsWith("application/x-www-form-urlencoded")) {
    return queryErrors("https://iam.amazonaws.com/doc/2010-05-08/", "ServiceFailure");
  }
  return kinesisVideoErrors;
}

async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

async function send(response: ServerResponse, reply: AwsReply, signal?: AbortSignal): Promise<void> {
  if (response.destroyed) return;
  const { status, headers = {}, body, stream } = reply;
  if (stream && signal) {
    response.writeHead(status, headers);
    response.flushHeaders();
    await stream(response, signal);
    return;
  }
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  response.writeHead(status, status === 204 ? headers : { "content-length": String(length), ...headers });
  response.end(body);
}
