import assert from "node:assert/strict";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { noise, plannedCall } from "../../streams/call.js";
import {
  documents,
  ebmlHeader,
  errorDocument,
  type FragmentPlan,
  oneDocument,
  tagsElement,
} from "../../streams/matroska-stream.js";
import { audioOf, chunkings, parseInChunks } from "../../streams/parsing.js";

const call = plannedCall({ transactionId: "call-one", fragments: 4 });

function withTimeline(plan: Partial<FragmentPlan>): FragmentPlan {
  return { timecodeMs: 1_700_000_000_000, blocks: [{ relativeMs: 0, data: noise(160, 3) }], ...plan };
}

describe("FragmentParser", () => {
  for (const [chunking, chunkBytes] of chunkings) {
    describe(chunking, () => {
      it("reads block groups and all three kinds of lacing, frames in a row", () => {
        const forms = ["group", "xiph", "ebml", "fixed", "simple"] as const;
        const blocks = forms.map((form, i) => ({ form, relativeMs: 100 * i, data: noise(800, i) }));
        const { fragments, damages } = parseInChunks(documents([withTimeline({ blocks })])[0]!, chunkBytes);
        assert.deepEqual(damages, []);
        assert.deepEqual(audioOf(fragments), Buffer.concat(blocks.map((block) => block.data)));
        assert.deepEqual(
          fragments[0]!.blocks.map((block) => block.timecodeMs - 1_700_000_000_000),
          [0, 100, 200, 300, 400],
        );
      });

      it("keeps several tracks apart and their order in the cluster", () => {
        const tracks = [
          { number: 2, name: "AUDIO_TO_CUSTOMER" },
          { number: 1, name: "AUDIO_FROM_CUSTOMER" },
        ];
        const blocks = [0, 1, 2, 3].flatMap((i) =>
          [1, 2].map((track) => ({ track, relativeMs: 20 * i, data: noise(160, 10 * track + i) })),
        );
        const { fragments, damages } = parseInChunks(documents([withTimeline({ tracks, blocks })])[0]!, chunkBytes);
        assert.deepEqual(damages, []);
        for (const track of [1, 2]) {
          const expected = Buffer.concat(blocks.filter((block) => block.track === track).map((block) => block.data));
          assert.deepEqual(audioOf(fragments, track), expected);
        }
        assert.deepEqual(
          fragments[0]!.tracks.map(({ number, name }) => ({ number, name })),
          tracks,
        );
      });
    });
  }

  it("tells what Kinesis says of a fragment", () => {
    const plan = withTimeline({
      number: "91343852333181432392682062607743920149055000123",
      serverMs: 1_700_000_000_250,
      producerMs: 1_700_000_000_001,
      continuationToken: "91343852333181432392682062607743920149055000123",
      millisBehindNow: 1234,
      tagsBefore: { TransactionId: "before" },
      tagsAfter: { TransactionId: "after", CallId: "call" },
    });
    const bytes = documents([plan])[0]!;
    const [fragment] = parseInChunks(bytes, bytes.length).fragments;
    assert.equal(fragment!.fragmentNumber, plan.number);
    assert.equal(fragment!.serverTimestampMs, plan.serverMs);
    assert.equal(fragment!.producerTimestampMs, plan.producerMs);
    assert.equal(fragment!.continuationToken, plan.continuationToken);
    assert.equal(fragment!.millisBehindNow, 1234);
    assert.deepEqual(fragment!.tagsBefore, new Map([["TransactionId", "before"]]));
    assert.deepEqual(fragment!.tagsAfter, new Map(Object.entries(plan.tagsAfter!)));
    assert.equal(fragment!.offset, 0);
    assert.equal(fragment!.bytes, bytes.length);
  });

  it("reads the timestamps' other spelling, as GetMediaForFragmentList's page has it", () => {
    const plan = withTimeline({ number: "1", serverMs: 1_700_000_000_250, producerMs: 1_700_000_000_001 });
    const [fragment] = parseInChunks(documents([plan], { timestampSpelling: "side" })[0]!, 100).fragments;
    assert.equal(fragment!.serverTimestampMs, plan.serverMs);
    assert.equal(fragment!.producerTimestampMs, plan.producerMs);
  });

  it("gives tags between clusters to the next cluster, as producers write them", () => {
    const plans = [
      withTimeline({ tagsBefore: { TransactionId: "one" } }),
      withTimeline({ tagsBefore: { TransactionId: "two" } }),
      withTimeline({}),
    ];
    const { fragments } = parseInChunks(oneDocument(plans), 50);
    assert.deepEqual(
      fragments.map((fragment) => [fragment.tagsBefore.get("TransactionId"), fragment.tagsAfter.size]),
      [
        ["one", 0],
        ["two", 0],
        [undefined, 0],
      ],
    );
  });

  it("tells by the tags of Kinesis between clusters which cluster the producer's belong to", () => {
    const plans = [
      withTimeline({ number: "1", continuationToken: "1", tagsAfter: { TransactionId: "one" } }),
      withTimeline({ number: "2", tagsBefore: { TransactionId: "two" } }),
      withTimeline({
        number: "3",
        tagsBefore: { TransactionId: "three" },
        continuationToken: "3",
        tagsAfter: { CallId: "c" },
      }),
      withTimeline({ number: "4", tagsAfter: { CallId: "d" } }),
    ];
    const { fragments } = parseInChunks(oneDocument(plans), 50);
    assert.deepEqual(
      fragments.map(({ fragmentNumber, tagsBefore, tagsAfter }) => [fragmentNumber, [...tagsBefore], [...tagsAfter]]),
      [
        ["1", [], [["TransactionId", "one"]]],
        ["2", [["TransactionId", "two"]], []],
        ["3", [["TransactionId", "three"]], [["CallId", "c"]]],
        ["4", [], [["CallId", "d"]]],
      ],
    );
  });

  it("strips NUL padding from names, codec ids and tags", () => {
    const tracks = [{ number: 1, name: "AUDIO", codecId: "A_AAC", padTo: 32 }];
    const plan = withTimeline({ tracks, tagsAfter: { TransactionId: "call\0\0\0" } });
    const [fragment] = parseInChunks(documents([plan])[0]!, 10).fragments;
    assert.equal(fragment!.tracks[0]!.name, "AUDIO");
    assert.equal(fragment!.tracks[0]!.codecId, "A_AAC");
    assert.equal(fragment!.tagsAfter.get("TransactionId"), "call");
  });

  it("tells what a track's header says, and nothing that it does not", () => {
    const full = {
      number: 1,
      type: 2,
      name: "A",
      codecId: "A_PCM/INT/LIT",
      codecPrivate: Buffer.from([0x11, 0x90]),
      samplingFrequencyHz: 8000,
      channels: 1,
      bitDepth: 16,
    };
    const plan = withTimeline({ tracks: [full, { number: 2, type: 1 }] });
    const [fragment] = parseInChunks(documents([plan])[0]!, 10).fragments;
    assert.deepEqual(fragment!.tracks, [
      { ...full, codecPrivate: new Uint8Array([0x11, 0x90]) },
      { number: 2, type: 1 },
    ]);
  });

  it("counts timecodes in the document's own scale", () => {
    const plan = withTimeline({ timecodeMs: 5000, blocks: [{ relativeMs: 40, data: noise(160, 1) }] });
    const [fragment] = parseInChunks(documents([plan], { timecodeScaleNs: 500_000 })[0]!, 10).fragments;
    assert.equal(fragment!.clusterTimecodeMs, 5000);
    assert.equal(fragment!.blocks[0]!.timecodeMs, 5040);
  });

  it("reads negative relative timecodes", () => {
    const plan = withTimeline({ blocks: [{ relativeMs: -7, data: noise(160, 1) }] });
    const [fragment] = parseInChunks(documents([plan])[0]!, 10).fragments;
    assert.equal(fragment!.blocks[0]!.timecodeMs, 1_700_000_000_000 - 7);
  });

  it("releases an error chunk of GetMedia between fragments", () => {
    const [first, second] = documents(call.fragments);
    const error = errorDocument({
      AWS_KINESISVIDEO_ERROR_ID: "4500",
      AWS_KINESISVIDEO_ERROR_CODE: "KMS_KEY_ACCESS_DENIED",
    });
    const { fragments, damages } = parseInChunks(Buffer.concat([first!, error, second!]), 100);
    assert.deepEqual(damages, []);
    assert.deepEqual(fragments[1]!.error, { id: 4500, code: "KMS_KEY_ACCESS_DENIED" });
    assert.equal(fragments[1]!.blocks.length, 0);
    assert.equal(fragments[1]!.offset, first!.length);
    assert.equal(audioOf(fragments).length, call.pcm.length / 2);
  });

  it("releases an error chunk of GetMediaForFragmentList with the number of its fragment", () => {
    const error = errorDocument({
      AWS_KINESISVIDEO_FRAGMENT_NUMBER: "123",
      AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE: "4000",
      AWS_KINESISVIDEO_EXCEPTION_MESSAGE: "Fragment not found",
    });
    const [fragment] = parseInChunks(error, 7).fragments;
    assert.equal(fragment!.fragmentNumber, "123");
    assert.deepEqual(fragment!.error, { id: 4000, message: "Fragment not found" });
  });

  it("releases an error chunk that follows a cluster in the same document as one of its own", () => {
    const { fragments } = parseInChunks(
      Buffer.concat([
        documents([withTimeline({ number: "1" })])[0]!,
        tagsElement({ AWS_KINESISVIDEO_FRAGMENT_NUMBER: "2" }),
        tagsElement({ AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE: "5000" }),
      ]),
      7,
    );
    assert.deepEqual(
      fragments.map(({ fragmentNumber, error }) => [fragmentNumber, error?.id]),
      [
        ["1", undefined],
        ["2", 5000],
      ],
    );
  });

  it("takes a chunk that only tells how far behind the reader is for no fragment", () => {
    const { fragments, damages } = parseInChunks(errorDocument({ AWS_KINESISVIDEO_MILLIS_BEHIND_NOW: "0" }), 7);
    assert.deepEqual([fragments, damages], [[], []]);
  });

  it("holds a fragment until its trailing tags are in, and no longer", () => {
    const [first, second] = documents(call.fragments);
    const parser = new FragmentParser();
    assert.deepEqual(parser.feed(first!), []);
    assert.deepEqual(parser.feed(second!.subarray(0, ebmlHeader().length - 1)), []);
    const released = parser.feed(second!.subarray(ebmlHeader().length - 1, ebmlHeader().length));
    assert.equal(released.length, 1);
    assert.equal(released[0]!.continuationToken, call.fragments[0]!.number);
  });

  it("keeps no reference to a chunk after its fragments are done with", () => {
    // parseInChunks overwrites every chunk once it was fed; whole blocks lie across the borders of these.
    const stream = Buffer.concat(documents(call.fragments));
    for (const chunkBytes of [333, 1000, 4000, 5000]) {
      assert.deepEqual(audioOf(parseInChunks(stream, chunkBytes).fragments), call.pcm);
    }
  });

  it("refuses to be fed after its end", () => {
    const parser = new FragmentParser();
    parser.end();
    assert.throws(() => parser.feed(ebmlHeader()), /feed after end/);
  });
});
