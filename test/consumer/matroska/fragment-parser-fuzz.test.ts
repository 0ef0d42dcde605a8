import assert from "node:assert/strict";
import fc from "fast-check";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { element, openElement, sizeBytes, uintElement } from "../../../local-aws/ebml-writer.js";
import { noise, plannedCall, seededRandom } from "../../streams/call.js";
import {
  blockElement,
  documents,
  ebmlHeader,
  errorDocument,
  oneDocument,
  tagsElement,
} from "../../streams/matroska-stream.js";
import { parseInChunks } from "../../streams/parsing.js";

const call = plannedCall({ transactionId: "call-one", fragments: 4, blocksPerFragment: 4 });
const streams = [
  Buffer.concat(documents(call.fragments)),
  Buffer.concat(documents(call.fragments, { clusterSize: "known", segmentSize: "known", clutter: true })),
  oneDocument(call.fragments),
  Buffer.concat([errorDocument({ AWS_KINESISVIDEO_ERROR_ID: "1" }), ...documents(call.fragments)]),
];

interface Edit {
  at: number;
  remove: number;
  insert: Uint8Array;
}

const edits = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.oneof(fc.constant(0), fc.nat(40), fc.nat(2000)),
    insert: fc.oneof(
      fc.constant(new Uint8Array(0)),
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(300).map((n) => noise(n, n)),
    ),
  }),
  { minLength: 1, maxLength: 5 },
);

function edited(stream: Buffer, changes: Edit[]): Buffer {
  return changes.reduce((bytes, { at, remove, insert }) => {
    const index = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, index), insert, bytes.subarray(index + remove)]);
  }, stream);
}

describe("FragmentParser on anything", () => {
  it("finds the same however damaged bytes are cut into chunks", () => {
    fc.assert(
      fc.property(fc.nat(3), edits, fc.integer({ min: 1, max: 700 }), (which, changes, chunkBytes) => {
        const bytes = edited(streams[which]!, changes);
        assert.deepEqual(parseInChunks(bytes, chunkBytes), parseInChunks(bytes, bytes.length));
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  it("keeps offsets inside the stream, fragments in order and blocks inside their fragments", () => {
    fc.assert(
      fc.property(fc.nat(3), edits, (which, changes) => {
        const bytes = edited(streams[which]!, changes);
        const { fragments, damages } = parseInChunks(bytes, 4096);
        let end = 0;
        for (const fragment of fragments) {
          assert.ok(fragment.offset >= end);
          end = fragment.offset + fragment.bytes;
          assert.ok(fragment.blocks.reduce((sum, block) => sum + block.data.length, 0) <= fragment.bytes);
        }
        assert.ok(end <= bytes.length);
        for (const { offset, bytesSkipped = 0 } of damages)
          assert.ok(offset >= 0 && offset + bytesSkipped <= bytes.length);
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  it("says something where bytes were removed from a block or inserted into it, but for one chance in a hundred", () => {
    const random = seededRandom(13);
    let silent = 0;
    for (let round = 0; round < 600; round++) {
      const stream = streams[round % 3]!;
      // Not a fragment's last block: behind that, a cut can end at an element's border.
      const block = Math.floor(random() * 4) * 4 + Math.floor(random() * 3);
      const at = stream.indexOf(call.pcm.subarray(320 * block, 320 * block + 320)) + 1 + Math.floor(random() * 319);
      const count = 1 + Math.floor(random() * 200);
      const tail = stream.subarray(round % 2 ? at : at + count);
      const bytes = Buffer.concat([stream.subarray(0, at), round % 2 ? noise(count, count) : Buffer.alloc(0), tail]);
      if (parseInChunks(bytes, 4096).damages.length === 0) silent++;
    }
    assert.ok(silent <= 6, `${silent} of 600`);
  });

  it("takes arbitrary bytes without an exception, in bounded time and memory", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const parser = new FragmentParser({ maxFragmentBytes: 1000 });
        parser.feed(bytes);
        parser.end();
      }),
      { numRuns: 300, seed: 17 },
    );
  });

  describe("ends, where every few bytes could begin something", () => {
    const MIB = 1024 * 1024;
    const head = Buffer.concat([ebmlHeader(), openElement(0x18538067)]);
    const cluster = Buffer.concat([openElement(0x1f43b675), uintElement(0xe7, 1)]);
    const block = (track: number) => blockElement({ track, relativeMs: 0, data: new Uint8Array(2) });
    const repeated = (...pieces: Uint8Array[]) => {
      const piece = Buffer.concat(pieces);
      return Buffer.concat(Array(Math.ceil(MIB / piece.length)).fill(piece));
    };
    const millionBytes = Buffer.concat([Buffer.from("4dff", "hex"), sizeBytes(1_000_000)]);
    const candidates = repeated(Buffer.from("a38882000080", "hex"));
    const tracks = Array.from({ length: 5000 }, (_, i) => element(0xae, uintElement(0xd7, i + 1)));
    const hostile: [what: string, stream: Buffer][] = [
      ["blocks, then beginnings of another track's", Buffer.concat([head, cluster, repeated(block(1)), candidates])],
      ["blocks and rubbish in turns", Buffer.concat([head, cluster, repeated(block(1), Buffer.of(0, 0x55))])],
      ["elements that claim a million bytes", Buffer.concat([head, cluster, repeated(millionBytes)])],
      ["the same with tags between", Buffer.concat([head, repeated(millionBytes, tagsElement({ A: "b" }))])],
      [
        "tags, each another",
        Buffer.concat([head, cluster, ...Array.from({ length: 20_000 }, (_, i) => tagsElement({ [i]: "b" }))]),
      ],
      ["clusters of one block", Buffer.concat([head, repeated(cluster, block(1))])],
      ["documents of one block", repeated(head, cluster, block(1))],
      ["thousands of tracks", Buffer.concat([head, element(0x1654ae6b, ...tracks), repeated(cluster, block(1))])],
    ];
    for (const [what, stream] of hostile) {
      it(what, () => {
        const parser = new FragmentParser();
        for (let at = 0; at < stream.length; at += 4096) parser.feed(stream.subarray(at, at + 4096));
        parser.end();
        assert.equal(parser.bytesFed, stream.length);
      });
    }
  });

  it("gets through megabytes of rubbish made of its own headers", function () {
    this.timeout(10_000);
    const headers = [
      "1a45dfa3",
      "18538067",
      "1f43b675",
      "1254c367",
      "1654ae6b",
      "1549a966",
      "a3",
      "a0",
      "e7",
      "ec",
      "4dff",
      "84",
      "ff",
      "10",
      "81",
    ];
    const random = noise(400_000, 3);
    const rubbish = Buffer.concat(Array.from(random, (octet) => Buffer.from(headers[octet % headers.length]!, "hex")));
    for (const maxFragmentBytes of [undefined, 5000]) {
      const parser = new FragmentParser({ maxFragmentBytes });
      for (let at = 0; at < rubbish.length; at += 65_536) parser.feed(rubbish.subarray(at, at + 65_536));
      parser.end();
      assert.ok(parser.damages.length > 0);
    }
  });
});
