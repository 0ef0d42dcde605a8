// Required by NODE_OPTIONS in the process of a function or a task: appends to the file API_CALLS_FILE what each signed API call said on the
// wire, one JSON document a line. Whatever client made it, and whatever it says of itself, is not asked.
const { appendFileSync } = require("node:fs");
const { ClientRequest } = require("node:http");

const NAMES = ["QueueUrl", "StreamARN", "StreamName"];
const bodies = new WeakMap();

function keep(request, chunk, encoding) {
  if (!bodies.has(request)) {
    bodies.set(request, []);
    request.prependOnceListener("response", (response) => record(request, response));
  }
  if (chunk && typeof chunk !== "function") bodies.get(request).push(Buffer.from(chunk, encoding));
}

function record(request, response) {
  const header = (name) => String(request.getHeader(name) ?? "");
  const [, accessKey, region, service] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(header("authorization")) ?? [];
  if (!service) return;
  const call = {
    caller: process.env.AWS_LAMBDA_FUNCTION_NAME ?? "worker",
    service,
    region,
    accessKey,
    method: request.method,
    host: header("host"),
    path: request.path,
    target: header("x-amz-target"),
    conditions: ["if-match", "if-none-match"].filter((name) => request.hasHeader(name)),
    names: namesIn(header("content-type"), bodies.get(request)),
    status: response.statusCode,
  };
  appendFileSync(process.env.API_CALLS_FILE, `${JSON.stringify(call)}\n`);
}

/** What the body says the call is about; nothing else of it is kept. */
function namesIn(contentType, chunks) {
  if (!contentType.includes("json")) return {};
  const body = JSON.parse(Buffer.concat(chunks).toString() || "{}");
  return Object.fromEntries(NAMES.filter((name) => name in body).map((name) => [name, body[name]]));
}

for (const method of ["write", "end"]) {
  const original = ClientRequest.prototype[method];
  ClientRequest.prototype[method] = function (chunk, encoding, callback) {
    keep(this, chunk, typeof encoding === "string" ? encoding : undefined);
    return original.call(this, chunk, encoding, callback);
  };
}
