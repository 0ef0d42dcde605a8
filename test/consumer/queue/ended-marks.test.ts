import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { systemClock } from "../../../consumer/clock.js";
import { type EndedEvent, parseStreamingEvent } from "../../../consumer/events/streaming-event.js";
import { LegEnd } from "../../../consumer/kinesis-video/leg-end.js";
import { EndedMarks } from "../../../consumer/queue/ended-marks.js";
import { directoryMarks, type MarkStore } from "../../../consumer/recordings/marks.js";

const detail = {
  streamingStatus: "ENDED",
  version: "0",
  voiceConnectorId: "abcdef1ghij2klmno3pqr4",
  transactionId: "12345678-1234-1234-1234-123456789012",
  callId: "call",
  streamArn: "arn:aws:kinesisvideo:us-east-1:123456789012:stream/ChimeVoiceConnector-a-b/1700000000000",
  startFragmentNumber: "1001",
  currentFragmentNumber: "1009",
  fromNumber: "+15550100",
  startTime: "2026-01-02T03:04:05.000Z",
  endTime: "2026-01-02T03:05:05.000Z",
};

function ended(): EndedEvent {
  const parsed = parseStreamingEvent({
    version: "0",
    source: "aws.chime",
    "detail-type": "Chime VoiceConnector Streaming Status",
    detail,
  });
  assert(parsed.kind === "event" && parsed.event.status === "ENDED");
  return parsed.event;
}

describe("EndedMarks", () => {
  let folder: string;
  let marks: MarkStore;
  let log: { msg: string; level: number }[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "ended-"));
    marks = directoryMarks(folder);
    log = [];
  });

  afterEach(() => rm(folder, { recursive: true }));

  function open(store: MarkStore | undefined = marks): EndedMarks {
    const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line)) });
    return new EndedMarks({ marks: store, clock: systemClock, logger, silenceMs: 10 });
  }

  /** What the watch makes of what is there. */
  async function told(store: MarkStore = marks): Promise<LegEnd> {
    const end = new LegEnd();
    const seen = new EventEmitter();
    let looks = 0;
    const get: MarkStore["get"] = (...given) => {
      if (++looks === 3) seen.emit("enough");
      return store.get(...given);
    };
    end.onChange(() => seen.emit("enough"));
    const watch = open({ ...store, get }).watch("leg", end);
    await once(seen, "enough");
    watch.stop();
    return end;
  }

  it("bring a leg's end to who reads it", async () => {
    await open().put("leg", ended());
    const { fragmentNumber, timeMs, toldAtMs } = await told();
    assert.deepEqual([fragmentNumber, timeMs], ["1009", Date.parse(detail.endTime)]);
    assert(toldAtMs !== undefined);
  });

  it("say nothing of who called", async () => {
    await open().put("leg", ended());
    assert.doesNotMatch((await marks.get("ended", "leg"))!.text, /15550100/);
  });

  it("are taken for nothing where they hold something else", async () => {
    for (const text of ["", "{", "[]", JSON.stringify({ ...detail, streamingStatus: "STARTED" })]) {
      await marks.put("ended", "leg", text, undefined, { replace: true });
      assert.equal((await told()).toldAtMs, undefined, text);
    }
  });

  it("are gone when the leg is over for who read it, there or not", async () => {
    await open().put("leg", ended());
    await open().remove("leg");
    assert.equal(await marks.get("ended", "leg"), undefined);
    await open().remove("leg");
    assert.deepEqual(log, []);
  });

  it("fail in the log alone", async () => {
    const refuse = async () => {
      throw new Error("denied");
    };
    const refusing: MarkStore = { ...marks, put: refuse, get: refuse, remove: refuse };
    await open(refusing).put("leg", ended());
    await open(refusing).remove("leg");
    assert.equal((await told(refusing)).toldAtMs, undefined);
    assert(log.length >= 4 && log.every(({ level }) => level === 40));
  });

  it("are nobody's where there is no place for them", async () => {
    const none = new EndedMarks({
      marks: undefined,
      clock: systemClock,
      logger: pino({ level: "silent" }),
      silenceMs: 1,
    });
    await none.put("leg", ended());
    none.watch("leg", new LegEnd()).stop();
    assert.equal(await marks.get("ended", "leg"), undefined);
  });
});
