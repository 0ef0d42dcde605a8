// Node's own copy of a file through its streams: the floor for whoever reads and writes with them.
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

const [input, output] = process.argv.slice(2);
const highWaterMark = 1024 * 1024;
await pipeline(createReadStream(input, { highWaterMark }), createWriteStream(output, { highWaterMark }));
