import assert from "node:assert/strict";
import { GetMediaForFragmentListCommand, ListFragmentsCommand } from "@aws-sdk/client-kinesis-video-archived-media";
import type { CallLeg } from "../../local-aws/index.js";
import { failureOf } from "./clients.js";
import { dumpFragments, pcmOf } from "./element-dump.js";
import { ManualClock } from "./manual-clock.js";
import { bytesOf, type Office, openOffice } from "./office.js";

describe("local-aws: archived media", () => {
  let office: Office;
  let clock: ManualClock;
  let leg: CallLeg;
  beforeEach(async () => {
    clock = new ManualClock();
    office = await openOffice({ clock });
    leg = await office.longLeg(20);
  });
  afterEach(() => office.close());

  const stored = () => office.aws.control.state().streams.find((stream) => stream.arn === leg.streamArn)!.fragments;
  const range = (type: "PRODUCER_TIMESTAMP" | "SERVER_TIMESTAMP", fromMs: number, toMs: number) => ({
    FragmentSelectorType: type,
    TimestampRange: { StartTimestamp: new Date(fromMs), EndTimestamp: new Date(toMs) },
  });
  const media = async (numbers: string[]) => {
    const command = new GetMediaForFragmentListCommand({ StreamARN: leg.streamArn, Fragments: numbers });
    return bytesOf((await office.clients.archive.send(command)).Payload);
  };

  it("lists every fragment once, in no order, over pages", async () => {
    const all = stored().map((fragment) => fragment.number);
    const listed = await office.listed({ StreamARN: leg.streamArn, MaxResults: 7 });
    assert.deepEqual([...listed].sort(), all);
    assert.notDeepEqual(listed, all);
    assert.equal(all.length, 20);
  });

  it("a page does not change because fragments arrive between pages", async () => {
    const all = stored().map((fragment) => fragment.number);
    const first = await office.clients.archive.send(
      new ListFragmentsCommand({ StreamARN: leg.streamArn, MaxResults: 10 }),
    );
    await office.longLeg(5);
    const second = await office.clients.archive.send(
      new ListFragmentsCommand({ StreamARN: leg.streamArn, MaxResults: 1000, NextToken: first.NextToken }),
    );
    const listed = [...first.Fragments!, ...second.Fragments!].map((fragment) => fragment.FragmentNumber!);
    assert.deepEqual(listed.sort(), all);
  });

  it("tells size, length and timestamps", async () => {
    const { Fragments } = await office.clients.archive.send(new ListFragmentsCommand({ StreamARN: leg.streamArn }));
    const first = Fragments!.find((fragment) => fragment.FragmentNumber === leg.startFragmentNumber)!;
    const [expected] = stored();
    assert.equal(first.FragmentLengthInMilliseconds, 1_024);
    assert.equal(first.FragmentSizeInBytes, expected!.bytes);
    assert.equal(first.ProducerTimestamp!.getTime(), Date.parse(leg.startTime));
    assert.equal(first.ServerTimestamp!.getTime(), expected!.serverTimestampMs);
  });

  it("a range takes fragments that start in it, both ends included", async () => {
    const all = stored();
    const [, second, third, fourth] = all;
    const ask = (selector: ReturnType<typeof range>) =>
      office.listed({ StreamARN: leg.streamArn, FragmentSelector: selector }).then((numbers) => numbers.sort());
    const wanted = [second, third, fourth].map((fragment) => fragment!.number);
    const byProducer = range("PRODUCER_TIMESTAMP", second!.producerTimestampMs, fourth!.producerTimestampMs);
    assert.deepEqual(await ask(byProducer), wanted);
    const within = range("PRODUCER_TIMESTAMP", second!.producerTimestampMs + 1, fourth!.producerTimestampMs - 1);
    assert.deepEqual(await ask(within), [third!.number]);
    const byServer = range("SERVER_TIMESTAMP", second!.serverTimestampMs, fourth!.serverTimestampMs);
    assert.deepEqual(await ask(byServer), wanted);
  });

  it("fragments are listed late where a lag is set", async () => {
    office.aws.control.change({ listFragmentsLagMs: 800 });
    clock.advance(799);
    assert.deepEqual(await office.listed({ StreamARN: leg.streamArn }), []);
    clock.advance(1);
    assert.equal((await office.listed({ StreamARN: leg.streamArn })).length, 20);
  });

  it("single fragments are listed later than others where that is asked for", async () => {
    office.aws.control.addFault({ kind: "lateListing", leg: "caller", fragments: [0, -1], ms: 600, times: 1 });
    const { streamArn } = await office.longLeg(4);
    const numbers = office.aws.control
      .state()
      .streams.find((stream) => stream.arn === streamArn)!
      .fragments.slice(20)
      .map((fragment) => fragment.number);
    const listed = async () =>
      (await office.listed({ StreamARN: streamArn })).filter((n) => numbers.includes(n)).sort();
    assert.deepEqual(await listed(), numbers.slice(1, -1));
    clock.advance(600);
    assert.deepEqual(await listed(), numbers);
  });

  it("gives the fragments that are named, in the order of the request, with the documented tags", async () => {
    const [first, second] = stored();
    const fragments = dumpFragments(await media([second!.number, first!.number]));
    assert.deepEqual(
      fragments.map((fragment) => fragment.tagsBefore.filter(([name]) => name.startsWith("AWS_"))),
      [second!, first!].map((fragment) => [
        ["AWS_KINESISVIDEO_FRAGMENT_NUMBER", fragment.number],
        ["AWS_KINESISVIDEO_SERVER_SIDE_TIMESTAMP", (fragment.serverTimestampMs / 1000).toFixed(3)],
        ["AWS_KINESISVIDEO_PRODUCER_SIDE_TIMESTAMP", (fragment.producerTimestampMs / 1000).toFixed(3)],
      ]),
    );
    for (const fragment of fragments)
      assert.deepEqual(
        fragment.tagsAfter.map(([name]) => name),
        ["TransactionId", "VoiceConnectorId", "CallId"],
      );
  });

  it("a fragment that is not there is an exception chunk among the others", async () => {
    const [first, second] = stored();
    const fragments = dumpFragments(await media([first!.number, "123", second!.number]));
    assert.deepEqual(fragments[1]!.tagsBefore, [
      ["AWS_KINESISVIDEO_FRAGMENT_NUMBER", "123"],
      ["AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE", "4000"],
      ["AWS_KINESISVIDEO_EXCEPTION_MESSAGE", "The requested fragment is not found."],
    ]);
    assert.deepEqual(
      fragments.map((fragment) => fragment.blocks.length),
      [16, 0, 16],
    );
  });

  it("refuses more than a thousand fragments, and none", async () => {
    for (const numbers of [[], Array(1001).fill("1")]) {
      assert.equal((await failureOf(media(numbers))).name, "InvalidArgumentException");
    }
  });

  it("media expire with the retention period", async () => {
    clock.advance(24 * 3_600_000 - 1);
    assert.equal((await office.listed({ StreamARN: leg.streamArn })).length, 20);
    clock.advance(2);
    assert.deepEqual(await office.listed({ StreamARN: leg.streamArn }), []);
    const [expired] = dumpFragments(await media([leg.startFragmentNumber]));
    assert.equal(expired!.tagsBefore[1]![1], "4000");
  });

  it("all readers of a stream share a quota of fragments", async () => {
    const real = await openOffice({ settings: { archiveFragmentsPerSecond: 200 } });
    const own = await real.longLeg(20);
    const numbers = await real.listed({ StreamARN: own.streamArn });
    const begun = performance.now();
    const command = () => new GetMediaForFragmentListCommand({ StreamARN: own.streamArn, Fragments: numbers });
    const outputs = await Promise.all([real.clients.archive.send(command()), real.clients.archive.send(command())]);
    await Promise.all(outputs.map((output) => bytesOf(output.Payload)));
    const elapsedMs = performance.now() - begun;
    await real.close();
    assert.ok(elapsedMs >= 39 * 5 - 20, `took ${elapsedMs} ms`);
  });

  it("a broken connection and an early end are faults of their own", async () => {
    const numbers = stored().map((fragment) => fragment.number);
    office.aws.control.addFault({ kind: "endOfFile", api: "GetMediaForFragmentList", atFragment: 3, times: 1 });
    assert.equal(dumpFragments(await media(numbers)).length, 3);
    office.aws.control.addFault({ kind: "reset", api: "GetMediaForFragmentList", times: 1 });
    assert.match((await failureOf(media(numbers))).message, /aborted|closed|ECONNRESET/);
    office.aws.control.addFault({ kind: "errorTags", api: "GetMediaForFragmentList", atFragment: 1, times: 1 });
    const fragments = dumpFragments(await media(numbers));
    assert.deepEqual(
      fragments.map((fragment) => fragment.blocks.length > 0),
      [true, false, ...Array(18).fill(true)],
    );
    office.aws.control.addFault({ kind: "cutBetweenBlocks", atFragment: 2, times: 1 });
    const cut = dumpFragments(await media(numbers));
    assert.deepEqual(
      cut.map((fragment) => fragment.blocks.length),
      [16, 16, 8],
    );
    assert.equal(pcmOf(await media(numbers)).length, 20 * 16_000);
  });

  describe("at retention 0", () => {
    beforeEach(async () => {
      await office.close();
      clock = new ManualClock();
      office = await openOffice({ clock, streaming: { DataRetentionInHours: 0 } });
      leg = await office.longLeg(3);
    });

    it("both archive APIs refuse", async () => {
      const listing = await failureOf(office.listed({ StreamARN: leg.streamArn }));
      assert.equal(listing.name, "InvalidArgumentException");
      assert.match(listing.message, /outside of the stream retention period/);
      assert.equal((await failureOf(media([leg.startFragmentNumber]))).name, "InvalidArgumentException");
    });

    it("raising the retention does not archive what was not archived", async () => {
      await office.setStreamRetention(leg.streamArn, 24);
      assert.deepEqual(await office.listed({ StreamARN: leg.streamArn }), []);
    });

    it("GetMedia gives what the host's buffer holds, for five minutes", async () => {
      assert.equal(stored().length, 3);
      clock.advance(5 * 60_000 + 1);
      assert.equal(stored().length, 0);
    });

    it("the host's buffer is limited in bytes, oldest first", async () => {
      const [, , last] = stored();
      office.aws.control.change({ hostBufferBytes: last!.bytes });
      assert.deepEqual(stored(), [last]);
    });
  });
});
