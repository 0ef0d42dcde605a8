import assert from "node:assert/strict";
import { plannedCall, seededRandom } from "../../streams/call.js";
import { documents, tagsElement } from "../../streams/matroska-stream.js";
import { parseInChunks } from "../../streams/parsing.js";

/** Too small for a whole fragment: each element is read. */
const SMALL_CHUNK_BYTES = 331;

/** A fragment that is like one before is not read but compared: it has to make no difference. */
function expectSameAsRead(stream: Uint8Array, what?: string) {
  const whole = parseInChunks(stream, Number.POSITIVE_INFINITY);
  assert.deepEqual(whole, parseInChunks(stream, SMALL_CHUNK_BYTES), what);
  return whole;
}

describe("FragmentParser on fragments that are like one before", () => {
  const call = plannedCall({ transactionId: "call-one", fragments: 8, blocksPerFragment: 5, tags: "none" });
  const numbers = call.fragments.map(({ number }) => number);

  it("gives each its own number, times and audio", () => {
    const { fragments, damages } = expectSameAsRead(Buffer.concat(documents(call.fragments)));
    assert.deepEqual(damages, []);
    assert.deepEqual(
      fragments.map(({ fragmentNumber, producerTimestampMs, clusterTimecodeMs }) => [
        fragmentNumber,
        producerTimestampMs,
        clusterTimecodeMs,
      ]),
      call.fragments.map(({ number, producerMs, timecodeMs }) => [number, producerMs, timecodeMs]),
    );
    const audio = fragments.flatMap(({ blocks }) => blocks.map(({ data }) => data));
    assert.deepEqual(Buffer.concat(audio), call.pcm);
  });

  it("is not misled by the head of a fragment that was damaged behind a sound one", () => {
    const parts = documents(call.fragments);
    const damaged = Buffer.from(parts[1]!);
    const tags = damaged.lastIndexOf("1254c367", damaged.indexOf("AWS_KINESISVIDEO_FRAGMENT_NUMBER"), "hex");
    // What is left of it are tags, which at first seem to be the sound one's.
    damaged.fill(0, 4, tags);
    parts[1] = damaged;
    const { fragments } = expectSameAsRead(Buffer.concat(parts));
    assert.deepEqual(
      fragments.map(({ fragmentNumber }) => fragmentNumber),
      numbers,
    );
  });

  it("tells the same of fragments that end with Kinesis' tags twice", () => {
    const parts = documents(call.fragments).map((document, i) => {
      const CONTINUATION_TOKEN = call.fragments[i === 2 ? 3 : i]!.continuationToken!;
      const twice = {
        AWS_KINESISVIDEO_MILLIS_BEHIND_NOW: "0",
        AWS_KINESISVIDEO_CONTINUATION_TOKEN: CONTINUATION_TOKEN,
      };
      return Buffer.concat([document, tagsElement(twice)]);
    });
    const { fragments } = expectSameAsRead(Buffer.concat(parts));
    assert.ok(fragments[2]!.damaged);
  });

  it("finds the same in any damage among them", () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed);
      const upTo = (limit: number) => Math.floor(random() * limit);
      const tags = (["before", "after", "session", "none"] as const)[upTo(4)]!;
      const plan = { transactionId: "call-one", fragments: 6, blocksPerFragment: 2, blockMs: 4, tags, seed };
      const layout = {
        clusterSize: random() < 0.5 ? "known" : "unknown",
        segmentSize: random() < 0.3 ? "known" : "unknown",
      } as const;
      let stream = Buffer.concat(documents(plannedCall(plan).fragments, layout));
      for (let mutations = upTo(4); mutations > 0; mutations--) {
        const [at, length] = [upTo(stream.length), upTo(40)];
        const rest = stream.subarray(at + length);
        const kept = [Buffer.alloc(length, upTo(256)), Buffer.alloc(0), stream.subarray(at, at + length)][upTo(3)]!;
        const before = random() < 0.3 ? stream.subarray(0, at + length) : stream.subarray(0, at);
        stream = Buffer.concat([before, kept, rest]);
      }
      expectSameAsRead(stream, `seed ${seed}`);
    }
  });
});
