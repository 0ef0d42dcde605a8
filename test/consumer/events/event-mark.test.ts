import assert from "node:assert/strict";
import { markName, markText, parseMark } from "../../../consumer/events/event-mark.js";
import { type EndedEvent, parseEventDetail, type StartedEvent } from "../../../consumer/events/streaming-event.js";

const detail = {
  version: "0",
  streamingStatus: "ENDED",
  voiceConnectorId: "abcdef1ghij2klmno3pqr4",
  transactionId: "12345678-1234-1234",
  callId: "1112-2222-4333",
  direction: "Outbound",
  fromNumber: "+12065550100",
  toNumber: "+13605550199",
  inviteHeaders: { from: "<sip:+12065550100@example.com>" },
  siprecMetadata: "<recording>+12065550100</recording>",
  isCaller: "True",
  mediaType: "audio/L16",
  sdp: { mediaIndex: 0, mediaLabel: "1" },
  startFragmentNumber: "91343852333181432392682062607743920146264094483",
  currentFragmentNumber: "91343852333181432392682062607743920146264094499",
  startTime: "2023-04-05T22:14:03.993Z",
  endTime: "2023-04-05T22:14:17.788Z",
  streamArn:
    "arn:aws:kinesisvideo:us-east-1:123456789012:stream/ChimeVoiceConnector-abcdef-4f2c9d6e-0000-4000-8000-000000000001/1680731924123",
};

function eventOf(changes: Record<string, unknown> = {}): StartedEvent | EndedEvent {
  const parsed = parseEventDetail({ ...detail, ...changes });
  return parsed.kind === "event" ? (parsed.event as EndedEvent) : assert.fail(parsed.reason);
}

describe("event marks", () => {
  for (const streamingStatus of ["STARTED", "ENDED"]) {
    it(`hold what a recording of a ${streamingStatus} leg needs`, () => {
      const event = eventOf({ streamingStatus });
      const { fromNumber: _, toNumber: __, inviteHeaders: ___, siprecMetadata: ____, ...kept } = event;
      assert.deepEqual(parseMark(markText(event)), kept);
    });
  }

  it("hold no phone number", () => {
    assert.doesNotMatch(markText(eventOf()), /2065550100|3605550199|sip:|<recording/);
  });

  it("have the name of the leg's recording", () => {
    assert.equal(
      markName(eventOf()),
      "12345678-1234-1234_4f2c9d6e-0000-4000-8000-000000000001_91343852333181432392682062607743920146264094483",
    );
    assert.match(markName(eventOf({ startFragmentNumber: null })), /_no-fragment$/);
    assert.match(markName(eventOf({ transactionId: "../../x" })), /^-..-x_/);
  });

  it("are not taken out of anything else", () => {
    for (const text of ["", "{}", "null", "[]", "{", '{"streamingStatus":"STARTED"}', JSON.stringify("STARTED")]) {
      assert.equal(parseMark(text), undefined, text);
    }
    assert.equal(parseMark(JSON.stringify({ ...detail, streamingStatus: "FAILED" })), undefined);
  });
});
