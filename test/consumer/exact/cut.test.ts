import assert from "node:assert/strict";
import { plannedCall } from "../../streams/call.js";
import { documents, type Layout, offsetsOf, oneDocument } from "../../streams/matroska-stream.js";
import { assembleStream, cuts } from "./stream-case.js";

const call = plannedCall({ transactionId: "call-one", fragments: 2, blocksPerFragment: 3, blockMs: 4, tags: "after" });
const BLOCK_BYTES = 64;
const BLOCKS = 6;
const TAGS = Buffer.from("1254c367", "hex");

/** Where each block of the call ends in the stream. */
function blockEnds(stream: Buffer): number[] {
  return Array.from({ length: BLOCKS }, (_, i) => {
    return stream.indexOf(call.pcm.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES)) + BLOCK_BYTES;
  });
}

/** Small chunks take the time: they are for one cut in sixteen. */
function chunkSizesFor(cut: number): () => number {
  const [whole, oneByte, sevenBytes, ...larger] = cuts.map(([, nextBytes]) => nextBytes);
  if (cut % 32 === 0) return oneByte!;
  if (cut % 32 === 16) return sevenBytes!;
  return cut % 2 === 0 ? whole! : larger[cut % larger.length]!;
}

describe("a stream cut anywhere", () => {
  for (const clusterSize of ["unknown", "known"] as const) {
    for (const segmentSize of ["unknown", "known"] as const) {
      for (const per of ["document", "cluster"] as const) {
        const layout: Layout = { clusterSize, segmentSize };
        const name = `${per === "document" ? "a document a fragment" : "one document"}, segment ${segmentSize}, cluster ${clusterSize}`;

        it(`keeps its whole blocks and tells that it is cut: ${name}`, () => {
          const parts = per === "document" ? documents(call.fragments, layout) : [oneDocument(call.fragments, layout)];
          const stream = Buffer.concat(parts);
          const soundEnds = new Set(offsetsOf(parts));
          const ends = blockEnds(stream);
          // Kinesis' last tags end a fragment, also where another one follows in the same document.
          const tagsAfterFirst = stream.indexOf("AWS_KINESISVIDEO_CONTINUATION");
          const firstEnd = per === "document" ? parts[0]!.length : stream.indexOf(TAGS, tagsAfterFirst);
          if (segmentSize === "unknown") soundEnds.add(firstEnd);
          for (let cut = 0; cut <= stream.length; cut++) {
            const outcome = assembleStream(stream.subarray(0, cut), chunkSizesFor(cut));
            const blocks = ends.filter((end) => end <= cut).length;
            assert.ok(
              outcome.pcm.equals(call.pcm.subarray(0, blocks * BLOCK_BYTES)),
              `cut at ${cut}: ${blocks} blocks`,
            );
            const codes = outcome.errors.map(({ code }) => code);
            if (cut === 0) assert.deepEqual(codes, ["empty"]);
            else if (soundEnds.has(cut)) assert.deepEqual(codes, [], `cut at ${cut}`);
            else if (codes.length > 0)
              assert.ok(["truncated", "notMatroska"].includes(codes.join()), `cut at ${cut}: ${codes}`);
            // Of the first fragment nothing is known before that could be missing behind an element without a size.
            else assert.ok(cut <= firstEnd && segmentSize === "unknown", `no word of the cut at ${cut}`);
          }
        });
      }
    }
  }
});
