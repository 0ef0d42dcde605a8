import { AwsError, type AwsRequest } from "./exchange.js";

/** A request body without its transfer framing. */
export interface PlainBody {
  data: Buffer;
  /** Trailing headers, names in lower case. */
  trailers: Map<string, string>;
}

/**
 * Takes off the `aws-chunked` framing that SDKs put around uploads: chunks of `<hex size>[;chunk-signature=…]`, then
 * trailers
 * such as a checksum. Chunk signatures are not checked.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function plainBody(request: AwsRequest): PlainBody {
  const trailers = new Map<string, string>();
  const isChunked =
    /\baws-chunked\b/.test(String(request.headers["content-encoding"] ?? "")) ||
    String(request.headers["x-amz-content-sha256"] ?? "").startsWith("STREAMING-");
  if (!isChunked) return { data: request.body, trailers };

  const { body } = request;
  const chunks: Buffer[] = [];
  let offset = 0;
  // Every round takes at least one line off the body.
  for (;;) {
    const line = takeLine(body, offset);
    const size = /^([0-9a-fA-F]+)(;.*)?$/.exec(line.text)?.[1];
    if (size === undefined) throw incomplete();
    offset = line.end;
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    if (offset + length + 2 > body.length) throw incomplete();
    chunks.push(body.subarray(offset, offset + length));
    offset += length + 2;
  }
  while (offset < body.length) {
    const line = takeLine(body, offset);
    offset = line.end;
    if (line.text === "") break;
    const colon = line.text.indexOf(":");
    if (colon > 0) trailers.set(line.text.slice(0, colon).toLowerCase(), line.text.slice(colon + 1).trim());
  }
  return { data: Buffer.concat(chunks), trailers };
}

function takeLine(body: Buffer, offset: number): { text: string; end: number } {
  const end = body.indexOf("\r\n", offset, "latin1");
  if (end < 0) throw incomplete();
  return { text: body.toString("latin1", offset, end), end: end + 2 };
}

function incomplete(): AwsError {
  return new AwsError("IncompleteBody", 400, "The request body terminated unexpectedly.");
}
