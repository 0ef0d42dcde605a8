import assert from "node:assert/strict";
import { parseStreamArn } from "../../consumer/events/stream-arn.js";
import { hasPiece, wholeOf } from "../../consumer/leg-pieces.js";
import type { LegRequest } from "../../consumer/leg-request.js";
import type { Sidecar } from "../../consumer/recordings/sidecar.js";

const stream = parseStreamArn("arn:aws:kinesisvideo:us-east-1:123456789012:stream/leg/1")!;

/** Times are numbers like fragments: seconds. */
function request(first?: number, last?: number): LegRequest {
  return {
    stream,
    startFragmentNumber: first?.toString(),
    endFragmentNumber: last?.toString(),
    startTimeMs: first === undefined ? undefined : first * 1000,
    endTimeMs: last === undefined ? undefined : last * 1000,
  };
}

function recording(pieces: [first?: number, last?: number][], more: Partial<Sidecar> = {}): Sidecar {
  const bounds = pieces.map(([first, last]) => ({
    startFragmentNumber: first?.toString(),
    endFragmentNumber: last?.toString(),
    startTime: first === undefined ? undefined : new Date(first * 1000).toISOString(),
    endTime: last === undefined ? undefined : new Date(last * 1000).toISOString(),
  }));
  const { startFragmentNumber: first, startTime } = bounds[0]!;
  const { endFragmentNumber: last, endTime } = bounds.at(-1)!;
  return {
    bounds: { startFragmentNumber: first, endFragmentNumber: last, startTime, endTime },
    pieces: pieces.length > 1 ? bounds : undefined,
    fragments: { received: 1, replayed: 0, unattributed: 0, first, last },
    complete: true,
    ...more,
  } as Sidecar;
}

describe("wholeOf", () => {
  const piecesOf = (leg: LegRequest) =>
    leg.pieces?.map(
      ({ startFragmentNumber, endFragmentNumber }) => `${startFragmentNumber}-${endFragmentNumber ?? ""}`,
    );

  it("joins pieces in the order of their fragments, whichever came first", () => {
    const whole = wholeOf(request(10, 20), [recording([[31, 40]]), recording([[5, 8]])]);
    assert.deepEqual(piecesOf(whole), ["5-8", "10-20", "31-40"]);
    const { startFragmentNumber, endFragmentNumber, startTimeMs, endTimeMs } = whole;
    assert.deepEqual([startFragmentNumber, endFragmentNumber, startTimeMs, endTimeMs], ["5", "40", 5_000, 40_000]);
  });

  it("compares fragments as numbers", () => {
    assert.deepEqual(piecesOf(wholeOf(request(9, 9), [recording([[10, 11]])])), ["9-9", "10-11"]);
  });

  it("has one piece where a recording has the same, overlaps, or holds it", () => {
    assert.equal(wholeOf(request(10, 20), []).pieces, undefined);
    assert.equal(wholeOf(request(10, 20), [recording([[10, 20]])]).pieces, undefined);
    const longer = wholeOf(request(10, 20), [recording([[10, 40]])]);
    assert.deepEqual([longer.pieces, longer.endFragmentNumber, longer.endTimeMs], [undefined, "40", 40_000]);
    const within = wholeOf(request(12, 14), [
      recording([
        [10, 20],
        [30, 40],
      ]),
    ]);
    assert.deepEqual(piecesOf(within), ["10-20", "30-40"]);
  });

  it("leaves a piece open of which nobody told the end", () => {
    const whole = wholeOf(request(30), [recording([[10]])]);
    assert.deepEqual(piecesOf(whole), ["10-", "30-"]);
    assert.deepEqual([whole.endFragmentNumber, whole.endTimeMs], [undefined, undefined]);
    assert.deepEqual(piecesOf(wholeOf(request(30, 40), [recording([[10]])])), ["10-", "30-40"]);
  });

  it("goes by what a recording has where no event told, if that is all there was", () => {
    const found = recording([[]], { fragments: { received: 1, replayed: 0, unattributed: 0, first: "1", last: "5" } });
    assert.deepEqual(piecesOf(wholeOf(request(10, 20), [found])), ["1-5", "10-20"]);
    assert.equal(wholeOf(request(10, 20), [{ ...found, complete: false }]).pieces, undefined);
  });

  it("does not bound a leg of which nobody told where it begins", () => {
    const leg = request();
    assert.equal(wholeOf(leg, [recording([[10, 20]])]), leg);
  });

  it("takes over what recordings know of the leg, and keeps what is known", () => {
    const leg = { ...request(10, 20), isCaller: true };
    const { isCaller, mediaIndex } = wholeOf(leg, [recording([[31, 40]], { isCaller: false, mediaIndex: "1" })]);
    assert.deepEqual([isCaller, mediaIndex], [true, "1"]);
  });
});

describe("hasPiece", () => {
  it("goes by the fragments that are there, and by the pieces it was made for", () => {
    const received = { received: 1, replayed: 0, unattributed: 0 };
    const one = recording(
      [
        [10, 20],
        [31, 40],
      ],
      { fragments: { ...received, first: "31", last: "40" } },
    );
    const has = (first?: number, last?: number) => hasPiece(one, request(first, last));
    assert.deepEqual([has(31, 40), has(35, 36), has(10, 20), has(10, 15), has()], [true, true, true, true, true]);
    assert.deepEqual([has(9, 20), has(10, 21), has(41, 50), has(21, 30)], [false, false, false, false]);
    assert.deepEqual([has(33), has(12), has(25)], [true, true, false]);
  });
});
