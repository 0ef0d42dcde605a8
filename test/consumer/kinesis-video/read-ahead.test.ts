import assert from "node:assert/strict";
import { type Piece, readAhead } from "../../../consumer/kinesis-video/read-ahead.js";

const LIMITS = { pieces: 3, bytes: 30 };

/** Pieces that note when they begin and end, each of three items. */
function pieces(count: number, bytes = 10, failing?: number) {
  const begun: number[] = [];
  const ended: number[] = [];
  const all = Array.from(
    { length: count },
    (_, i): Piece<string> => ({
      bytes,
      async *read(signal) {
        begun.push(i);
        try {
          for (let item = 0; item < 3; item++) {
            // The later pieces are the faster ones.
            for (let turn = 0; turn < count - i; turn++) await new Promise(setImmediate);
            signal.throwIfAborted();
            if (i === failing && item === 1) throw new Error("broken");
            yield `${i}.${item}`;
          }
        } finally {
          ended.push(i);
        }
      },
    }),
  );
  return { all, begun, ended };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
}

describe("readAhead", () => {
  it("gives all in order, however fast each piece is", async () => {
    const items: string[] = [];
    for await (const item of readAhead(pieces(7).all, LIMITS)) items.push(item);
    assert.deepEqual(
      items,
      Array.from({ length: 21 }, (_, i) => `${Math.floor(i / 3)}.${i % 3}`),
    );
  });

  it("begins no more than it may hold while nothing is taken", async () => {
    const { all, begun } = pieces(9);
    const reading = readAhead(all, LIMITS);
    await reading.next();
    await settle();
    assert.deepEqual(begun, [0, 1, 2]);
    await reading.return();
  });

  it("reads a piece alone that is larger than what may be held", async () => {
    const { all, begun } = pieces(4, 100);
    const reading = readAhead(all, LIMITS);
    await reading.next();
    await settle();
    assert.deepEqual(begun, [0]);
    await reading.return();
  });

  it("gives what came before a failure, then the failure, and ends the rest", async () => {
    const { all, begun, ended } = pieces(5, 10, 1);
    const items: string[] = [];
    await assert.rejects(async () => {
      for await (const item of readAhead(all, LIMITS)) items.push(item);
    }, /broken/);
    assert.deepEqual(items, ["0.0", "0.1", "0.2", "1.0"]);
    assert.deepEqual(ended.sort(), begun.sort());
  });

  it("ends what is under way when it is left", async () => {
    const { all, begun, ended } = pieces(5);
    for await (const _ of readAhead(all, LIMITS)) break;
    assert.deepEqual(begun, [0, 1, 2]);
    assert.deepEqual(ended.sort(), begun);
  });

  it("ends with the signal's reason", async () => {
    const { all, begun, ended } = pieces(5);
    const controller = new AbortController();
    const reading = readAhead(all, LIMITS, controller.signal);
    await reading.next();
    controller.abort(new Error("enough"));
    await assert.rejects(async () => {
      for (let step = await reading.next(); !step.done; step = await reading.next());
    }, /enough/);
    assert.deepEqual(ended.sort(), begun.sort());
    await assert.rejects(readAhead(all, LIMITS, controller.signal).next(), /enough/);
  });
});
