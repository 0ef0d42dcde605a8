import assert from "node:assert/strict";
import { parseReconcileRequest } from "../../../consumer/reconcile/reconcile-request.js";

const NOW_MS = Date.UTC(2026, 0, 31, 12);
const TIME = "2026-01-31T03:00:00Z";
const TIME_MS = Date.parse(TIME);

describe("what a schedule asks for", () => {
  for (const [what, received, expected] of [
    ["its input", { tier: "sweep", time: TIME }, { tier: "sweep", timeMs: TIME_MS }],
    ["its input as text", JSON.stringify({ tier: "sweep", time: TIME }), { tier: "sweep", timeMs: TIME_MS }],
    ["an input without a time", { tier: "marks" }, { tier: "marks", timeMs: NOW_MS }],
    [
      "a time that is none",
      { tier: "sweep", time: "<aws.scheduler.scheduled-time>" },
      { tier: "sweep", timeMs: NOW_MS },
    ],
    [
      "a plain scheduled event",
      { version: "0", "detail-type": "Scheduled Event", source: "aws.events", time: TIME, resources: [], detail: {} },
      { tier: "marks", timeMs: TIME_MS },
    ],
    [
      "an event with the input as its detail",
      { time: TIME, detail: { tier: "sweep" } },
      { tier: "sweep", timeMs: TIME_MS },
    ],
    ["nothing", undefined, { tier: "marks", timeMs: NOW_MS }],
    ["something else", { tier: "all", time: 7 }, { tier: "marks", timeMs: NOW_MS }],
  ] as const) {
    it(`${what}: ${expected.tier}`, () => assert.deepEqual(parseReconcileRequest(received, NOW_MS), expected));
  }
});
