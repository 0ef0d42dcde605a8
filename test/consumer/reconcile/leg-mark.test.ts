import assert from "node:assert/strict";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import type { StartedEvent } from "../../../consumer/events/streaming-event.js";
import { legMarkText, parseLegMark } from "../../../consumer/reconcile/leg-mark.js";

const event: StartedEvent = {
  status: "STARTED",
  stream: parseStreamArn("arn:aws:kinesisvideo:us-east-1:123456789012:stream/leg-1/1")!,
  voiceConnectorId: "abcdef1ghij2klmno3pqr4",
  transactionId: "5a8d8a1e-1c61-4d4a-9d0a-000000000001",
  callId: "210dc0f0-a2ba-49bf-a015-524aef25ff73",
  startFragmentNumber: "91343852333181432392682062607743920146264990698",
  startTimeMs: 1_770_000_000_000,
  fromNumber: "+15550100",
};

describe("mark of a leg", () => {
  it("holds what is known of the leg, without numbers, and when its end was announced", () => {
    const text = legMarkText({ event, announcements: 2, announcedAtMs: 1_770_000_100_000, sinceMs: 1_770_000_000_500 });
    assert(!text.includes("1555"));
    const mark = parseLegMark(text)!;
    assert.equal(mark.announcements, 2);
    assert.equal(mark.announcedAtMs, 1_770_000_100_000);
    assert.equal(mark.sinceMs, 1_770_000_000_500);
    assert.equal(mark.endedAtMs, undefined);
    for (const name of ["transactionId", "startFragmentNumber", "startTimeMs"] as const) {
      assert.equal((mark.event as StartedEvent)[name], event[name]);
    }
  });

  it("that nobody has announced, or that says nonsense of it, is one that was never announced", () => {
    const { announcements: _, ...detail } = JSON.parse(legMarkText({ event, announcements: 0 }));
    for (const said of [{}, { announcements: -1, announcedAt: "yesterday" }, { announcements: "three" }]) {
      const { announcements, announcedAtMs } = parseLegMark(JSON.stringify({ ...detail, ...said }))!;
      assert.deepEqual({ announcements, announcedAtMs }, { announcements: 0, announcedAtMs: undefined });
    }
  });

  it("is none where the text is something else, or holds what no event does", () => {
    assert.equal(parseLegMark("not a mark"), undefined);
    assert.equal(parseLegMark("{}"), undefined);
    const hostile = { ...event, transactionId: "a\u0007b" };
    assert.equal(parseLegMark(legMarkText({ event: hostile, announcements: 0 })), undefined);
  });
});
