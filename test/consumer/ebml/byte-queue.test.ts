import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteQueue } from "../../../consumer/ebml/byte-queue.js";

/** Takes records of `recordBytes` bytes out of chunks, as a reader that needs each whole. */
function records(chunks: Uint8Array[], recordBytes: number): Uint8Array[] {
  const queue = new ByteQueue();
  const taken: Uint8Array[] = [];
  for (const chunk of chunks) {
    queue.push(chunk, () => {
      while (queue.end - queue.keepFrom >= recordBytes) {
        const start = queue.keepFrom - queue.base;
        taken.push(queue.bytes.subarray(start, start + recordBytes));
        queue.keepFrom += recordBytes;
      }
    });
  }
  return taken;
}

describe("ByteQueue", () => {
  it("shows any stream in whole records, however it is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 90 }),
        (chunks, recordBytes) => {
          const stream = Buffer.concat(chunks);
          const taken = Buffer.concat(records(chunks, recordBytes));
          assert.deepEqual(taken, stream.subarray(0, Math.floor(stream.length / recordBytes) * recordBytes));
        },
      ),
    );
  });

  it("gives views of the chunk itself where nothing is left from the one before", () => {
    const chunk = new Uint8Array(1000);
    for (const view of records([chunk, chunk], 500)) assert.equal(view.buffer, chunk.buffer);
  });

  it("copies about a record, not the chunk, where one lies across a border", () => {
    const [first, second] = [new Uint8Array(700), new Uint8Array(1_000_000)];
    const views = records([first, second], 500);
    const copied = views.filter((view) => view.buffer !== first.buffer && view.buffer !== second.buffer);
    assert.ok(copied.length > 0 && copied.length < 15, `${copied.length} of ${views.length} records were copied`);
  });

  it("keeps no view of a chunk between pushes", () => {
    const queue = new ByteQueue();
    const chunk = new Uint8Array(100).fill(7);
    queue.push(chunk, () => {
      queue.keepFrom = 60;
    });
    chunk.fill(0);
    assert.equal(queue.bytes[queue.keepFrom - queue.base], 7);
    assert.notEqual(queue.bytes.buffer, chunk.buffer);
  });

  it("never writes over bytes that it has shown", () => {
    const views = records(
      Array.from({ length: 5000 }, (_, i) => new Uint8Array([i & 0xff])),
      3,
    );
    for (const [i, view] of views.entries())
      assert.deepEqual(
        [...view],
        [3 * i, 3 * i + 1, 3 * i + 2].map((n) => n & 0xff),
      );
  });
});
