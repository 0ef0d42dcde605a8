import assert from "node:assert/strict";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";
import type { AudioInspection } from "../../../consumer/report/audio-inspection.js";
import { legStatement } from "../../../consumer/report/leg-statement.js";

const SHA = "a".repeat(64);
const verified: AudioInspection = { state: "verified", sha256: SHA, isPlayable: true };

const sidecar: Sidecar = {
  version: 1,
  recordingId: "one",
  package: { name: "pulumi-chime-voice-streaming", version: "1.0.0" },
  streamArn: "arn:aws:kinesisvideo:us-east-1:123456789012:stream/leg/1",
  bounds: {},
  fragments: { listed: 60, received: 60, replayed: 0, unattributed: 0 },
  gaps: [],
  clockSteps: [],
  errors: [],
  audio: { location: "a.wav", format: "wav", sampleRateHz: 8_000, channels: 1, bitsPerSample: 16, bytes: 960_044 },
  samples: 480_000,
  silenceSamples: 0,
  durationMs: 60_000,
  driftMs: 0,
  sha256: SHA,
  endProof: "endedEvent",
  complete: true,
  boundaryUncertain: false,
  recordedTime: "2026-01-31T12:00:00.000Z",
  reader: "archive",
};

const said = (more: Partial<Sidecar>, audio = verified) => legStatement("Caller", { ...sidecar, ...more }, audio);

describe("how complete a leg is, in words", () => {
  it("claims for a complete one what was proven, and not more", () => {
    const { level, sentences } = said({});
    assert.equal(level, "good");
    assert.deepEqual(sentences, [
      "Complete: everything that Amazon Kinesis Video Streams lists for this leg was received, whole and without error, the first fragment included (60 fragments).",
      "That the leg had ended is proven: its last fragment is the one that Amazon Chime named when the call ended.",
      "That is all that Kinesis Video Streams holds; what never reached it cannot be known.",
      `Verified: the audio file's SHA-256 is the one that was recorded, ${SHA}.`,
    ]);
  });

  it("says what is missing, where, and why", () => {
    const gaps = [
      { atMs: 42_000, durationMs: 1_200 },
      { atMs: 50_000, durationMs: 500 },
    ];
    const errors = [{ code: "kinesis-5000", message: "Kinesis sent an error instead of media", atMs: 42_000 }];
    const fragments = { ...sidecar.fragments, received: 59 };
    const { level, sentences } = said({ complete: false, gaps, errors, fragments, silenceSamples: 13_600 });
    assert.equal(level, "warning");
    assert.deepEqual(sentences.slice(0, 2), [
      "Incomplete: 1.2 s missing at 0:42.0, because Kinesis sent an error instead of media (kinesis-5000).",
      "Also, 1 of the 60 fragments that Kinesis Video Streams lists did not come whole.",
    ]);
    assert.match(sentences[3]!, /^By the telephone system's clock there is no audio for 500 ms at 0:50\.0\./);
  });

  it("gives each incomplete recording a reason", () => {
    const fragments = { received: 60, replayed: 0, unattributed: 0 };
    const range = { from: "2026-01-31T12:00:00.000Z" };
    for (const [more, reason] of [
      [{ endProof: "none" }, /nothing proves that the leg had ended/],
      [{ boundaryUncertain: true }, /another call met this one/],
      [{ fragments }, /archive was not asked/],
      [{ range }, /only what starts from 2026-01-31T12:00:00.000Z on was asked for/],
      [{}, /nothing shows that its first fragment is the leg's first/],
    ] as [Partial<Sidecar>, RegExp][]) {
      const [answer] = said({ complete: false, ...more }).sentences;
      assert.match(answer!, /^Incomplete: /);
      assert.match(answer!, reason);
    }
  });

  it("names few of many gaps and errors", () => {
    const gaps = Array.from({ length: 50_000 }, (_, i) => ({ atMs: 1_000 * i, durationMs: 200 }));
    const errors = gaps.map(({ atMs }, i) => ({ code: `code-${i % 40}`, message: "an error", atMs }));
    const { sentences } = said({ complete: false, gaps, errors });
    assert(sentences.join(" ").length < 2_000);
    assert(sentences.some((sentence) => sentence.includes("there are 50000 errors in all")));
  });

  it("begins with audio that is another one, or gone, however complete its sidecar is", () => {
    const altered = said({}, { state: "altered", sha256: "b".repeat(64), isPlayable: true });
    assert.equal(altered.level, "bad");
    assert.match(altered.sentences[0]!, /^ALTERED: .*b{64}; recorded was a{64}\.$/);
    assert.match(said({}, { state: "missing", isPlayable: false }).sentences[0]!, /^MISSING: /);
  });
});
