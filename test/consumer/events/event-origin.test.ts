import assert from "node:assert/strict";
import { foreignReason } from "../../../consumer/events/event-origin.js";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import type { EndedEvent } from "../../../consumer/events/streaming-event.js";

const UUID = "4f2c9d6e-0000-4000-8000-000000000001";
const OURS = ["abcdef1ghij2klmno3pqr4", "5f2c9d6e-0000-4000-8000-00000000000a"];

function eventOn(streamName: string, voiceConnectorId = OURS[0]!): EndedEvent {
  const stream = parseStreamArn(`arn:aws:kinesisvideo:us-east-1:123456789012:stream/${streamName}/1680731924123`)!;
  return { status: "ENDED", stream, voiceConnectorId, transactionId: "transaction", callId: "call" };
}

describe("where an event is from", () => {
  it("a stream that is named after another connector is not ours to read", () => {
    const reason = foreignReason(eventOn(`ChimeVoiceConnector-stuvwx5yzabc6defgh7ijk-${UUID}`), {
      voiceConnectorIds: OURS,
    });
    assert.equal(reason, "foreign: the stream is one of another Voice Connector than those of this consumer");
  });

  it("one that is named after any of ours is, or that has a name of another form", () => {
    const names = [...OURS.map((id) => `ChimeVoiceConnector-${id}-${UUID}`), "ChimeVoiceConnector-a-b", "leg-1"];
    for (const name of names) assert.equal(foreignReason(eventOn(name), { voiceConnectorIds: OURS }), undefined);
  });

  it("nothing is refused where no connectors are named", () => {
    assert.equal(foreignReason(eventOn(`ChimeVoiceConnector-other-${UUID}`), {}), undefined);
  });
});
