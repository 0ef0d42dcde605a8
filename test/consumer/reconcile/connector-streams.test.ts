import assert from "node:assert/strict";
import { CreateStreamCommand, KinesisVideoClient } from "@aws-sdk/client-kinesis-video";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import { type KinesisVideoAccess, openKinesisVideo } from "../../../consumer/kinesis-video/kinesis-video-access.js";
import { hourOf, inTurnOf, listConnectorStreams } from "../../../consumer/reconcile/connector-streams.js";
import { startTelephone, type Telephone } from "../telephone.js";

function streamOf(i: number) {
  const name = `ChimeVoiceConnector-abcdef1ghij2klmno3pqr4-${i.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
  return { stream: parseStreamArn(`arn:aws:kinesisvideo:us-east-1:123456789012:stream/${name}/1700000000000`)! };
}

describe("streams of Voice Connectors", () => {
  describe("listed", () => {
    let telephone: Telephone;
    let access: KinesisVideoAccess;

    beforeEach(async () => {
      telephone = await startTelephone();
      access = openKinesisVideo({ retry: { baseMs: 2, maxMs: 20 } });
    });
    afterEach(async () => {
      access.clients.destroy();
      await telephone.close();
    });

    it("all pages, of these connectors alone, with their retention", async () => {
      const client = new KinesisVideoClient({ region: "eu-west-2" });
      const names = ["aaa-1", "aaa-2", "aaa-3", "bbb-1", "aaaa-1", "ccc-1"];
      for (const [i, name] of names.entries()) {
        const StreamName = `ChimeVoiceConnector-${name}`;
        await client.send(new CreateStreamCommand({ StreamName, DataRetentionInHours: i }));
      }
      client.destroy();
      telephone.aws.control.clearCalls();
      const found = await listConnectorStreams(access, "eu-west-2", ["aaa", "bbb", "nobody"], { pageSize: 2 });
      assert.deepEqual(
        found.map(({ stream, voiceConnectorId, dataRetentionInHours }) => [
          stream.streamName,
          voiceConnectorId,
          dataRetentionInHours,
        ]),
        [
          ["ChimeVoiceConnector-aaa-1", "aaa", 0],
          ["ChimeVoiceConnector-aaa-2", "aaa", 1],
          ["ChimeVoiceConnector-aaa-3", "aaa", 2],
          ["ChimeVoiceConnector-bbb-1", "bbb", 3],
        ],
      );
      assert.equal(telephone.aws.control.calls().length, 4);
    });
  });

  it("each has one hour, and keeps it; all hours have their share", () => {
    const hours = Array.from({ length: 2_400 }, (_, i) => hourOf(streamOf(i).stream));
    const shares = Array.from({ length: 24 }, (_, hour) => hours.filter((other) => other === hour).length);
    assert.equal(
      shares.reduce((sum, share) => sum + share),
      2_400,
    );
    assert(Math.min(...shares) > 60 && Math.max(...shares) < 140, String(shares));
    assert.equal(hourOf(streamOf(7).stream), hours[7]);
  });

  it("another one is first every day, and none is left out", () => {
    const streams = Array.from({ length: 50 }, (_, i) => streamOf(i));
    const firsts = new Set<string>();
    for (let day = 0; day < 20; day++) {
      const inTurn = inTurnOf(streams, Date.UTC(2026, 0, 1 + day));
      assert.equal(new Set(inTurn).size, 50);
      firsts.add(inTurn[0]!.stream.arn);
    }
    assert(firsts.size > 10);
  });
});
