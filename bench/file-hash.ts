import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

/** SHA-256, in hexadecimal, of a file from a byte on. */
export async function sha256OfFile(path: string, start = 0): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { start, highWaterMark: 1024 * 1024 }), hash);
  return hash.digest("hex");
}
