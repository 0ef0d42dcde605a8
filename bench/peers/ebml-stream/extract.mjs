// One call's audio by npm's ebml-stream, as well as it can be written: large reads and writes, and tags that come after
// the cluster wait for. Arguments: folder with node_modules, input, transaction id, output.
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { createRequire } from "node:module";

const [folder, input, transactionId, outputPath] = process.argv.slice(2);
const { EbmlStreamDecoder, EbmlTagId, EbmlTagPosition } = createRequire(`${folder}/`)("ebml-stream");

const highWaterMark = 1024 * 1024;
const source = createReadStream(input, { highWaterMark });
const decoder = new EbmlStreamDecoder();
const output = createWriteStream(outputPath, { highWaterMark });

/** What is known to belong to the call and not written yet. */
let ready = [];
let readyBytes = 0;
/** The fragment at hand, until its tags have come. */
let held = [];
let heldTransactionId;
let tagName = "";

function write() {
  if (readyBytes === 0) return;
  const hasRoom = output.write(Buffer.concat(ready, readyBytes));
  ready = [];
  readyBytes = 0;
  if (hasRoom) return;
  decoder.pause();
  output.once("drain", () => decoder.resume());
}

function endFragment() {
  if (heldTransactionId === transactionId) {
    for (const payload of held) {
      ready.push(payload);
      readyBytes += payload.length;
    }
  }
  held = [];
  heldTransactionId = undefined;
  if (readyBytes >= highWaterMark) write();
}

decoder.on("data", (tag) => {
  switch (tag.id) {
    case EbmlTagId.SimpleBlock:
      held.push(tag.payload);
      break;
    case EbmlTagId.TagName:
      tagName = tag.data;
      break;
    case EbmlTagId.TagString:
      if (tagName === "TransactionId") heldTransactionId = tag.data;
      break;
    case EbmlTagId.EBML:
      if (tag.position === EbmlTagPosition.Start) endFragment();
      break;
  }
});
source.pipe(decoder);
await once(decoder, "end");
endFragment();
write();
output.end();
await once(output, "finish");
