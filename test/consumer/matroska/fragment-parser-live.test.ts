import assert from "node:assert/strict";
import type { Fragment } from "../../../consumer/matroska/fragment.js";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { clusterElement, documentStart, tagsElement } from "../../../local-aws/matroska-writer.js";
import { speech } from "../telephone.js";

const LAST_TAGS = [
  ["AWS_KINESISVIDEO_MILLIS_BEHIND_NOW", "0"],
  ["AWS_KINESISVIDEO_CONTINUATION_TOKEN", "7"],
] as const;

/** A fragment as GetMedia gives it. */
function fragmentBytes(index: number, trailing: readonly (readonly [string, string])[] = LAST_TAGS): Buffer {
  const startMs = 1_700_000_000_000 + index * 192;
  const pcm = speech(index + 1, 192);
  const blocks = [0, 64, 128].map((offsetMs) => ({
    offsetMs,
    data: pcm.subarray(offsetMs * 16, (offsetMs + 64) * 16),
  }));
  return Buffer.concat([
    documentStart(),
    tagsElement([["AWS_KINESISVIDEO_FRAGMENT_NUMBER", String(100 + index)]]),
    clusterElement(startMs, blocks),
    tagsElement([["TransactionId", "t"]]),
    ...(trailing.length > 0 ? [tagsElement(trailing)] : []),
  ]);
}

function told({ fragmentNumber, tagsAfter, blocks, damaged, continuationToken, offset, bytes }: Fragment) {
  const data = Buffer.concat(blocks.map((block) => block.data));
  return { fragmentNumber, tags: [...tagsAfter], data, damaged, continuationToken, offset, bytes };
}

describe("FragmentParser that releases at the last tags", () => {
  for (const chunkBytes of [1, 7, 1_000, 5_000]) {
    it(`gives each fragment with its last byte, and what it gives otherwise, from chunks of ${chunkBytes} bytes`, () => {
      const stream = Buffer.concat([0, 1, 2, 3].map((index) => fragmentBytes(index)));
      const ends = [0, 1, 2, 3].map((index) => (index + 1) * fragmentBytes(0).length);
      const parser = new FragmentParser({ releaseAtLastTags: true });
      const fragments: ReturnType<typeof told>[] = [];
      for (let at = 0; at < stream.length; at += chunkBytes) {
        for (const fragment of parser.feed(stream.subarray(at, at + chunkBytes))) {
          const lateBytes = parser.bytesFed - ends[fragments.length]!;
          assert(lateBytes < chunkBytes, "it came later than with the chunk that has its last byte");
          fragments.push(told(fragment));
        }
      }
      assert.equal(fragments.length, 4, "the last one, too, before the end");
      assert.deepEqual(parser.end(), []);
      assert.deepEqual(parser.damages, []);
      const waiting = new FragmentParser();
      assert.deepEqual(fragments, [...waiting.feed(stream), ...waiting.end()].map(told));
    });
  }

  it("waits where the last tags are not all there, or not there at all", () => {
    for (const trailing of [[], LAST_TAGS.slice(0, 1), LAST_TAGS.slice(1)]) {
      const parser = new FragmentParser({ releaseAtLastTags: true });
      assert.deepEqual(parser.feed(fragmentBytes(0, trailing)), []);
      assert.equal(parser.end().length, 1);
    }
  });
});
