// Feeds a file to the built parser and assembler in chunks of one size, and prints what that took: {"cpuMs", "sha256"?}. A program
// of plain Node, as whatever compiles while it runs would be counted. Arguments: file, bytes a chunk, transaction id, "hash" or "time".
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { LegAssembler } from "../dist/consumer/leg/leg-assembler.js";
import { FragmentParser } from "../dist/consumer/matroska/fragment-parser.js";

/** A multiple of all sizes of chunks, so that only the file's last chunk is shorter. */
const READ_BYTES = 16 * 1024 * 1024;

const [path, chunk, transactionId, task] = process.argv.slice(2);
const chunkBytes = Number(chunk);
const parser = new FragmentParser();
const assembler = new LegAssembler({ transactionId });
const hash = task === "hash" ? createHash("sha256") : undefined;

function take(fragments) {
  for (const fragment of fragments) {
    const pcm = assembler.push(fragment);
    if (hash) for (const piece of pcm) hash.update(piece);
  }
}

const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
const file = await open(path);
let cpuMicroseconds = 0;
for (let isOver = false; !isOver; ) {
  const { bytesRead } = await file.read(buffer, 0, READ_BYTES);
  isOver = bytesRead === 0;
  const before = process.cpuUsage();
  for (let at = 0; at < bytesRead; at += chunkBytes) {
    take(parser.feed(buffer.subarray(at, Math.min(at + chunkBytes, bytesRead))));
  }
  if (isOver) take(parser.end());
  const { user, system } = process.cpuUsage(before);
  cpuMicroseconds += user + system;
}
await file.close();
console.log(JSON.stringify({ cpuMs: cpuMicroseconds / 1000, sha256: hash?.digest("hex") }));
