import assert from "node:assert/strict";
import { parseStreamingEvent } from "../../../consumer/events/streaming-event.js";

const ARN =
  "arn:aws:kinesisvideo:us-east-1:123456789012:stream/ChimeVoiceConnector-abcdef-4f2c9d6e-0000-4000-8000-000000000001/1680731924123";
const FIRST = "91343852333181432392682062607743920146264094483";
const LAST = "91343852333181432392682062607743920146264094499";

function envelope(detail: Record<string, unknown>): Record<string, unknown> {
  return {
    version: "0",
    id: "12345678-1234-1234-1234-111122223333",
    "detail-type": "Chime VoiceConnector Streaming Status",
    source: "aws.chime",
    account: "123456789012",
    time: "2023-04-05T22:14:18Z",
    region: "us-east-1",
    resources: [],
    detail,
  };
}

const ended = {
  callId: "1112-2222-4333",
  direction: "Outbound",
  fromNumber: "+12065550100",
  inviteHeaders: { from: "<sip:a@b>", "content-length": 246 },
  isCaller: true,
  siprecMetadata: "<recording/>",
  startFragmentNumber: FIRST,
  startTime: "2023-04-05T22:14:03.993Z",
  endTime: "2023-04-05T22:14:17.788Z",
  currentFragmentNumber: LAST,
  streamArn: ARN,
  toNumber: "+13605550199",
  transactionId: "12345678-1234-1234",
  voiceConnectorId: "abcdef1ghij2klmno3pqr4",
  streamingStatus: "ENDED",
  version: "0",
};

function eventOf(received: unknown) {
  const parsed = parseStreamingEvent(received);
  assert.equal(parsed.kind, "event", JSON.stringify(parsed));
  return parsed.kind === "event" ? parsed.event : assert.fail();
}

describe("parseStreamingEvent", () => {
  it("reads an ENDED event with its bounds, times and stream", () => {
    const event = eventOf(envelope(ended));
    assert.equal(event.status, "ENDED");
    if (event.status !== "ENDED") return;
    assert.equal(event.currentFragmentNumber, LAST);
    assert.equal(event.startFragmentNumber, FIRST);
    assert.equal(event.endTimeMs, Date.parse("2023-04-05T22:14:17.788Z"));
    assert.equal(event.eventTimeMs, Date.parse("2023-04-05T22:14:18Z"));
    assert.deepEqual(event.stream, {
      arn: ARN,
      partition: "aws",
      region: "us-east-1",
      accountId: "123456789012",
      streamName: "ChimeVoiceConnector-abcdef-4f2c9d6e-0000-4000-8000-000000000001",
    });
    assert.equal(event.inviteHeaders?.["content-length"], "246");
    assert.equal(event.mediaType, undefined);
  });

  it("reads STARTED, UPDATED and FAILED, the last two without a stream", () => {
    const { endTime: _, currentFragmentNumber: __, ...started } = ended;
    assert.equal(
      eventOf(envelope({ ...started, streamingStatus: "STARTED", mediaType: "audio/L16" })).status,
      "STARTED",
    );
    const ids = { callId: "c", transactionId: "t", voiceConnectorId: "v" };
    assert.equal(eventOf(envelope({ ...ids, streamingStatus: "UPDATED", updateHeaders: {} })).status, "UPDATED");
    const failed = eventOf(
      envelope({
        ...ids,
        streamingStatus: "FAILED",
        failTime: "2023-04-05T22:14:03Z",
        failureReason: "Internal failure",
      }),
    );
    assert.equal(failed.status === "FAILED" && failed.failureReason, "Internal failure");
  });

  const wrappings: [string, (text: string) => unknown][] = [
    ["text", (text) => text],
    ["an SQS record of a Lambda", (body) => ({ messageId: "m", receiptHandle: "r", body })],
    ["an SQS message", (Body) => ({ MessageId: "m", Body })],
    ["an SNS notification in an SQS body", (Message) => JSON.stringify({ Type: "Notification", Message })],
  ];
  for (const [title, wrap] of wrappings) {
    it(`finds the event in ${title}`, () => {
      assert.equal(eventOf(wrap(JSON.stringify(envelope(ended)))).transactionId, "12345678-1234-1234");
    });
  }

  for (const [given, expected] of [
    [true, true],
    [false, false],
    ["True", true],
    ["false", false],
    [undefined, undefined],
    [null, undefined],
    ["perhaps", undefined],
  ] as const) {
    it(`takes isCaller ${JSON.stringify(given)} for ${expected}`, () => {
      const event = eventOf(envelope({ ...ended, isCaller: given }));
      assert.equal("isCaller" in event && event.isCaller, expected);
    });
  }

  it("drops white space in ARNs, times and fragment numbers", () => {
    const event = eventOf(
      envelope({
        ...ended,
        streamArn: ` ${ARN.replace(":stream", ": stream")}`,
        startTime: "2023-04-05T22:14: 03.993Z",
        startFragmentNumber: ` ${FIRST}`,
      }),
    );
    assert.equal(event.status === "ENDED" && event.stream.arn, ARN);
    assert.equal(event.status === "ENDED" && event.startTimeMs, Date.parse("2023-04-05T22:14:03.993Z"));
    assert.equal(event.status === "ENDED" && event.startFragmentNumber, FIRST);
  });

  for (const [field, read] of [
    ["currentFragmentNumber", "currentFragmentNumber"],
    ["endTime", "endTimeMs"],
    ["startTime", "startTimeMs"],
  ] as const) {
    it(`takes a ${field} that cannot be read for none, so that it costs no recording`, () => {
      for (const given of [9.1e46, "", "soon", {}, null]) {
        const event = eventOf(envelope({ ...ended, [field]: given }));
        assert.equal((event as unknown as Record<string, unknown>)[read], undefined);
        assert.equal(event.transactionId, "12345678-1234-1234");
      }
    });
  }

  it("keeps fields out that it does not know", () => {
    assert.equal("somethingNew" in eventOf(envelope({ ...ended, somethingNew: 1 })), false);
  });

  for (const [title, received] of [
    ["another service's event", { ...envelope(ended), source: "aws.ec2" }],
    ["another event of Chime", { ...envelope(ended), "detail-type": "Chime Meeting State Change" }],
    ["an S3 test event", { Event: "s3:TestEvent" }],
  ] as const) {
    it(`says of ${title} that it is not ours`, () => {
      assert.equal(parseStreamingEvent(received).kind, "notOurs");
    });
  }

  for (const [title, received, reason] of [
    ["text that is not JSON", "hello", /not JSON/],
    ["a JSON list", "[1]", /not a JSON object/],
    ["no detail", envelope(undefined as never), /detail/],
    ["an unknown status", envelope({ ...ended, streamingStatus: "PAUSED" }), /streamingStatus is none of STARTED/],
    ["a status that is no text", envelope({ ...ended, streamingStatus: ["ENDED"] }), /streamingStatus is none of/],
    ["an unknown version of the detail", envelope({ ...ended, version: "1" }), /detail.version is not a version/],
    ["a version of the detail that is no text", envelope({ ...ended, version: 0 }), /detail.version is not a version/],
    ["an unknown version of the envelope", { ...envelope(ended), version: "1" }, /the envelope's version/],
    ["control characters in an id", envelope({ ...ended, transactionId: "a\u0000b" }), /transactionId has control/],
    ["an id that shows backwards", envelope({ ...ended, callId: "a\u202eb" }), /callId has control characters/],
    ["an id of 10,000 characters", envelope({ ...ended, transactionId: "x".repeat(10_000) }), /transactionId/],
    ["a detail that is a list", { ...envelope(ended), detail: [] }, /detail/],
    ["a missing transaction", envelope({ ...ended, transactionId: undefined }), /transactionId/],
    [
      "the ARN of a data stream",
      envelope({ ...ended, streamArn: ARN.replace("kinesisvideo", "kinesis") }),
      /streamArn/,
    ],
    ["a fragment number as a JSON number", envelope({ ...ended, startFragmentNumber: 9.1e46 }), /startFragmentNumber/],
  ] as const) {
    it(`says of ${title} that it is malformed, and why`, () => {
      const parsed = parseStreamingEvent(received);
      assert.equal(parsed.kind, "malformed");
      assert.match(parsed.kind === "malformed" ? parsed.reason : "", reason);
    });
  }

  it("takes an event without versions", () => {
    const { version: _, ...detail } = ended;
    assert.equal(eventOf({ ...envelope(detail), version: null }).status, "ENDED");
  });

  it("neutralises what others wrote", () => {
    const event = eventOf(
      envelope({
        ...ended,
        fromNumber: "+1206\u0000\u001b[31m5550100\r\n",
        siprecMetadata: "<recording>\n\u202egnidrocer\u0085</recording>",
        inviteHeaders: { "from\r\nx-evil": "a\r\nb: c\u2028d", ok: 5, __proto__: { polluted: "yes" } },
        sdp: { mediaIndex: "0\u0007", mediaLabel: 1 },
      }),
    );
    assert.equal(event.status, "ENDED");
    if (event.status !== "ENDED") return;
    assert.equal(event.fromNumber, "+1206 [31m5550100");
    assert.equal(event.siprecMetadata, "<recording> gnidrocer </recording>");
    assert.deepEqual(event.inviteHeaders, { "from x-evil": "a b: c d", ok: "5" });
    assert.deepEqual(event.sdp, { mediaIndex: "0", mediaLabel: "1" });
    assert.equal(({} as { polluted?: string }).polluted, undefined);
  });

  it("lets no header reach into what all objects share", () => {
    const text = JSON.stringify(envelope(ended)).replace('"from":"<sip:a@b>"', '"__proto__":{"polluted":"yes"}');
    assert.match(text, /__proto__/);
    assert.equal(eventOf(text).status, "ENDED");
    assert.equal(({} as { polluted?: string }).polluted, undefined);
  });

  it("takes an event with a megabyte of headers, or nested a hundred thousand deep", () => {
    const header = "x".repeat(1_000);
    const inviteHeaders = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`h${i}`, header]));
    assert.equal(eventOf(envelope({ ...ended, inviteHeaders })).transactionId, ended.transactionId);
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const text = JSON.stringify(envelope(ended)).replace('"<sip:a@b>"', deep);
    assert.equal(eventOf(text).transactionId, ended.transactionId);
  });

  it("says in no reason what a field holds", () => {
    const secret = "+12065550100";
    for (const field of Object.keys(ended)) {
      for (const hostile of [secret, [secret], { [secret]: secret }, `${secret}\u0000`]) {
        const parsed = parseStreamingEvent(envelope({ ...ended, [field]: hostile }));
        if (parsed.kind !== "event") assert(!parsed.reason.includes("2065550100"), `${field}: ${parsed.reason}`);
      }
    }
    const envelopes = ["source", "detail-type", "version", "detail"].map((field) => ({
      ...envelope(ended),
      [field]: secret,
    }));
    for (const received of [secret, `{"a": ${secret}`, JSON.stringify(secret), ...envelopes]) {
      const parsed = parseStreamingEvent(received);
      assert.notEqual(parsed.kind, "event");
      if (parsed.kind !== "event") assert(!parsed.reason.includes("2065550100"), parsed.reason);
    }
  });

  it("gives up on a message that is wrapped without end", () => {
    let text = JSON.stringify(envelope(ended));
    for (let i = 0; i < 20; i++) text = JSON.stringify({ Type: "Notification", Message: text });
    assert.equal(parseStreamingEvent(text).kind, "malformed");
  });
});
