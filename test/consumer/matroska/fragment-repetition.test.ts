import assert from "node:assert/strict";
import type { Fragment } from "../../../consumer/matroska/fragment.js";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { plannedCall, seededRandom } from "../../streams/call.js";
import { documents, tagsElement } from "../../streams/matroska-stream.js";
import { parseInChunks } from "../../streams/parsing.js";

/** Too small for a whole fragment: each element is read. */
const SMALL_CHUNK_BYTES = 331;
/** Longer than one or two fragments: one that lies across two chunks waits for its rest. */
const LARGE_CHUNK_BYTES = [1201, 2003, 5003];

/** A fragment that is like one before is not read but compared: it has to make no difference. */
function expectSameAsRead(stream: Uint8Array, what?: string) {
  const whole = parseInChunks(stream, Number.POSITIVE_INFINITY);
  for (const chunkBytes of [SMALL_CHUNK_BYTES, ...LARGE_CHUNK_BYTES]) {
    assert.deepEqual(whole, parseInChunks(stream, chunkBytes), `${what ?? "in chunks"} of ${chunkBytes} bytes`);
  }
  return whole;
}

function whatItSays({ fragmentNumber, offset, bytes, blocks, damaged, continuationToken }: Fragment) {
  return {
    fragmentNumber,
    offset,
    bytes,
    damaged,
    continuationToken,
    audio: blocks.map(({ data }) => Buffer.from(data)),
  };
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

  it("gives a fragment that lies across two large chunks once the rest is there, however the stream goes on", () => {
    const parts = documents(call.fragments);
    const stream = Buffer.concat(parts);
    const cut = stream.length - parts.at(-1)!.length - 50;
    for (const rest of [stream.subarray(cut), stream.subarray(cut, -60), Buffer.alloc(0)]) {
      for (const piece of [rest.length, 1]) {
        const parser = new FragmentParser();
        const given = [...parser.feed(stream.subarray(0, cut))];
        for (let at = 0; at < rest.length; at += piece) given.push(...parser.feed(rest.subarray(at, at + piece)));
        given.push(...parser.end());
        const read = parseInChunks(Buffer.concat([stream.subarray(0, cut), rest]), SMALL_CHUNK_BYTES);
        assert.deepEqual(given.map(whatItSays), read.fragments.map(whatItSays));
        assert.deepEqual(parser.damages, read.damages);
      }
    }
  });

  it("holds back nothing of what is there where the last tags end a fragment", () => {
    const parts = documents(call.fragments);
    const parser = new FragmentParser({ releaseAtLastTags: true });
    assert.equal(parser.feed(Buffer.concat(parts.slice(0, 6))).length, 6);
    assert.equal(parser.feed(parts[6]!).length, 1);
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
