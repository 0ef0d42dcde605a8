import assert from "node:assert/strict";
import { parseStreamArn } from "../../consumer/events/stream-arn.js";
import type { LegReport } from "../../consumer/leg/leg-report.js";
import { assessLeg } from "../../consumer/leg-completeness.js";

const stream = parseStreamArn("arn:aws:kinesisvideo:us-east-1:123456789012:stream/office/1700000000000")!;
const NUMBERS = ["1", "2", "3", "4"];

/** A leg of which everything was received that `NUMBERS` has, and `listed` is still there. */
function assess(listed: readonly string[], found: Partial<LegReport> = {}) {
  const report = {
    fragments: NUMBERS.length,
    errors: [],
    gaps: [],
    clockSteps: [],
    boundaryUncertain: false,
    firstFragmentNumber: "1",
    lastFragmentNumber: "4",
    ...found,
  } as Partial<LegReport> as LegReport;
  return assessLeg({
    leg: { stream, startFragmentNumber: "1", endFragmentNumber: "4" },
    limits: {},
    report,
    end: {
      endProof: "endedEvent",
      reader: "live",
      listing: {
        listed: listed.map((fragmentNumber) => ({
          fragmentNumber,
          serverTimestampMs: 0,
          producerTimestampMs: 0,
          lengthMs: 1_000,
          sizeBytes: 16_000,
        })),
        listedAtMs: 100_000,
        unchangedMs: 30_000,
        range: { by: "server", fromMs: 0, toMs: 200_000 },
      },
    },
    received: new Map(NUMBERS.map((number) => [number, 1_000])),
    failures: [],
    provingQuiescenceMs: 30_000,
  });
}

describe("assessLeg, of a leg that outlasts the stream's retention", () => {
  const gaps = [{ atMs: 1_000, durationMs: 2_000 }];
  const codesOf = ({ errors }: ReturnType<typeof assess>) => errors.map(({ code }) => code);

  it("is complete where what has expired runs on without a gap to what is listed", () => {
    assert.equal(assess(["3", "4"]).complete, true);
  });

  it("is complete with a gap where the first fragment is still listed", () => {
    assert.equal(assess(NUMBERS, { gaps }).complete, true);
  });

  it("is not complete with a gap, or where the clock was set, and says what cannot be checked", () => {
    for (const doubt of [{ gaps }, { clockSteps: [{ atMs: 1_000, byMs: -2_000 }] }]) {
      const assessed = assess(["3", "4"], doubt);
      assert.equal(assessed.complete, false);
      assert.deepEqual(codesOf(assessed), ["expired-before-proof"]);
      // What has expired is not there to be read again.
      assert.equal(assessed.hasAllListed, true);
    }
  });

  it("is not complete where nothing of it is listed any more", () => {
    const assessed = assess([]);
    assert.equal(assessed.complete, false);
    assert.deepEqual(codesOf(assessed), ["expired-before-proof"]);
  });
});
