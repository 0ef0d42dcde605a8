import assert from "node:assert/strict";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { element, openElement, uintElement } from "../../../local-aws/ebml-writer.js";
import { noise, plannedCall } from "../../streams/call.js";
import { blockElement, documents, ebmlHeader } from "../../streams/matroska-stream.js";
import { chunkings, type Parsed, parseInChunks } from "../../streams/parsing.js";

const BLOCK_BYTES = 320;
const call = plannedCall({ transactionId: "call-one", fragments: 3, tags: "after" });
const parts = documents(call.fragments);
const stream = Buffer.concat(parts);

function blocksOf(parsed: Parsed): Buffer[] {
  return parsed.fragments.flatMap((fragment) => fragment.blocks.map((block) => Buffer.from(block.data)));
}

/** The blocks of the call that the parsed ones are, by number; -1 for one that is none of them. */
function blockNumbers(parsed: Parsed): number[] {
  return blocksOf(parsed).map((data) => {
    const at = call.pcm.indexOf(data);
    return data.length === BLOCK_BYTES && at % BLOCK_BYTES === 0 ? at / BLOCK_BYTES : -1;
  });
}

function allBut(...missing: number[]): number[] {
  return Array.from({ length: 30 }, (_, i) => i).filter((i) => !missing.includes(i));
}

/** Where block `number` of the call begins in the stream: its element. */
function blockOffset(number: number): number {
  const data = call.pcm.subarray(number * BLOCK_BYTES, (number + 1) * BLOCK_BYTES);
  return stream.indexOf(data) - 7;
}

describe("FragmentParser on damage", () => {
  for (const [chunking, chunkBytes] of chunkings) {
    describe(chunking, () => {
      it("says that an empty stream is empty", () => {
        const { fragments, damages } = parseInChunks(new Uint8Array(0), chunkBytes);
        assert.deepEqual([fragments, damages], [[], [{ code: "empty", offset: 0, message: "the stream is empty" }]]);
      });

      it("says that something else is not Matroska", () => {
        for (const other of [
          Buffer.from("<html>503 Service Unavailable</html>\n".repeat(30)),
          noise(3000, 5),
          Buffer.alloc(999),
        ]) {
          const { fragments, damages } = parseInChunks(other, chunkBytes);
          assert.equal(fragments.length, 0);
          assert.deepEqual(
            damages.map(({ code, offset, bytesSkipped }) => ({ code, offset, bytesSkipped })),
            [{ code: "notMatroska", offset: 0, bytesSkipped: other.length }],
          );
        }
      });

      it("loses nothing to garbage behind the last block of a cluster that says how long it is", () => {
        const pieces = documents(call.fragments, { clusterSize: "known" });
        const tags = pieces[1]!.lastIndexOf(Buffer.from("1254c367", "hex"));
        const behind = pieces[1]!.indexOf(call.pcm.subarray(19 * BLOCK_BYTES, 20 * BLOCK_BYTES)) + BLOCK_BYTES;
        assert.ok(tags > behind);
        pieces[1] = Buffer.concat([pieces[1]!.subarray(0, behind), noise(60, 12), pieces[1]!.subarray(behind)]);
        const parsed = parseInChunks(Buffer.concat(pieces), chunkBytes);
        assert.deepEqual(blockNumbers(parsed), allBut());
        assert.equal(parsed.damages[0]?.bytesSkipped, 120);
      });

      it("gives up the block before a header that is overwritten, for it may be, too", () => {
        const damaged = Buffer.from(stream);
        damaged.fill(0, blockOffset(14) - 10, blockOffset(14) + 7);
        const parsed = parseInChunks(damaged, chunkBytes);
        assert.deepEqual(blockNumbers(parsed), allBut(13, 14));
      });

      it("ends a fragment that is cut off by the next document, as where a connection was lost", () => {
        for (const cut of [blockOffset(15), blockOffset(15) + 1, blockOffset(15) + 5, blockOffset(15) + 200]) {
          for (const clusterSize of ["unknown", "known"] as const) {
            const pieces = documents(call.fragments, { clusterSize });
            const whole = Buffer.concat(pieces);
            const offset =
              cut - blockOffset(15) + whole.indexOf(call.pcm.subarray(15 * BLOCK_BYTES, 16 * BLOCK_BYTES)) - 7;
            const joined = Buffer.concat([whole.subarray(0, offset), pieces[1]!, pieces[2]!]);
            const parsed = parseInChunks(joined, chunkBytes);
            const expected = [...allBut().slice(0, 15), ...allBut().slice(10)];
            assert.deepEqual(blockNumbers(parsed), expected, `cut at ${cut}, cluster ${clusterSize}`);
            // Between two elements of a cluster of unknown size, only the missing tags of Kinesis tell of it.
            assert.ok(parsed.fragments[1]!.damaged, `cut at ${cut}, cluster ${clusterSize}`);
            assert.equal(parsed.damages.length, 1);
          }
        }
      });
    });
  }

  it("marks a fragment whose trailing tags are cut", () => {
    const parsed = parseInChunks(stream.subarray(0, parts[0]!.length - 5), 100);
    assert.equal(parsed.fragments[0]!.blocks.length, 10);
    assert.equal(parsed.fragments[0]!.damaged?.code, "truncated");
  });

  it("notices whole blocks missing from a cluster or segment that says how long it is", () => {
    const known = Buffer.concat(documents(call.fragments, { clusterSize: "known" }));
    const at = known.indexOf(call.pcm.subarray(14 * BLOCK_BYTES, 15 * BLOCK_BYTES)) - 7;
    const parsed = parseInChunks(Buffer.concat([known.subarray(0, at), known.subarray(at + 2 * 327)]), 1000);
    assert.deepEqual(blockNumbers(parsed), allBut(14, 15));
    assert.equal(parsed.damages[0]!.code, "truncated");
    assert.equal(parsed.fragments[1]!.damaged?.code, "truncated");
  });

  it("finds the blocks inside one whose size is wrong by far", () => {
    const damaged = Buffer.from(stream);
    // 2 MB instead of 324 bytes: found out at the stream's end at the latest, with all that is inside.
    damaged.set([0x10, 0x1f, 0xff, 0xff], blockOffset(14) + 1);
    const parsed = parseInChunks(damaged, 1000);
    assert.deepEqual(blockNumbers(parsed), allBut(13, 14));
  });

  it("releases what it has of a fragment that outgrows the limit, and finds the next one", () => {
    const parsed = parseInChunks(stream, 500, { maxFragmentBytes: 2000 });
    assert.equal(parsed.fragments.length, 3);
    assert.ok(parsed.fragments.every((fragment) => fragment.damaged?.code === "fragmentTooLarge"));
    assert.ok(parsed.fragments.every((fragment) => fragment.blocks.length === 4));
    assert.ok(!blockNumbers(parsed).includes(-1));
  });

  it("does not take blocks of the next fragment for this one's when everything between is lost", () => {
    const nextCluster = stream.indexOf(Buffer.from("1f43b675", "hex"), parts[0]!.length);
    const from = blockOffset(7) + 50;
    const damaged = Buffer.from(stream);
    damaged.fill(0x55, from, nextCluster + 20);
    const parsed = parseInChunks(damaged, 1000);
    const first = parsed.fragments[0]!;
    assert.ok(first.blocks.every((block) => block.timecodeMs < call.fragments[1]!.producerMs!));
    assert.deepEqual(blockNumbers({ fragments: [first], damages: [] }), allBut().slice(0, 7));
    assert.equal(parsed.fragments.length, 2);
  });

  it("gives tags behind damage to the fragment before only if Kinesis closed it behind them", () => {
    const other = plannedCall({ transactionId: "call-two", fragments: 1, tags: "before", seed: 9, firstNumber: 9 });
    const second = documents(other.fragments)[0]!;
    // From the middle of the first call's last cluster to the tags that begin the second call's session, everything is rubbish.
    const tags = second.indexOf(Buffer.from("1254c367", "hex"));
    const joined = Buffer.concat([stream.subarray(0, blockOffset(25)), noise(300, 4), second.subarray(tags)]);
    const parsed = parseInChunks(joined, 1000);
    const [last, next] = parsed.fragments.slice(-2);
    assert.equal(last!.tagsAfter.get("TransactionId"), undefined);
    assert.equal(next!.tagsBefore.get("TransactionId"), "call-two");
    assert.equal(next!.fragmentNumber, other.fragments[0]!.number);
  });

  it("survives hostile nesting and sizes in tags and tracks", () => {
    let nested: Buffer = Buffer.alloc(0);
    for (let i = 0; i < 200; i++) nested = element(0x67c8, nested);
    const hostile = [
      element(0x1254c367, element(0x7373, nested)),
      element(0x1254c367, Buffer.from("7373ff", "hex")),
      element(0x1654ae6b, element(0xae, element(0xd7, Buffer.alloc(9)))),
      element(0x1654ae6b, element(0xae, element(0xe1, element(0xb5, Buffer.alloc(3))))),
      element(0x1549a966, element(0x2ad7b1, Buffer.alloc(12))),
    ];
    for (const bytes of hostile) {
      const parsed = parseInChunks(Buffer.concat([ebmlHeader(), openElement(0x18538067), bytes, stream]), 100);
      assert.equal(parsed.damages[0]?.code, "invalidElement");
      assert.deepEqual(blockNumbers(parsed), allBut());
    }
  });

  it("keeps a bounded list of faults and counts the rest", function () {
    this.timeout(10_000);
    const bad = Buffer.concat([
      ebmlHeader(),
      openElement(0x18538067),
      openElement(0x1f43b675),
      uintElement(0xe7, 1),
      ...Array.from({ length: 10_050 }, () => element(0xa3, Buffer.from([0x81, 0, 0, 0x82]))),
    ]);
    const parser = new FragmentParser();
    parser.feed(bad);
    parser.end();
    assert.equal(parser.damages.length, 10_000);
    assert.equal(parser.damagesOmitted, 50);
  });

  it("has the block element's layout that these tests count on", () => {
    assert.equal(blockElement({ relativeMs: 0, data: new Uint8Array(BLOCK_BYTES) }).length, 327);
  });
});
