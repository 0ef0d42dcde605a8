import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseStreamArn } from "../../../consumer/events/stream-arn.js";
import type { FoundLeg } from "../../../consumer/reconcile/found-leg.js";
import { hasRecording, recordingsOf, unrecordedStretches } from "../../../consumer/reconcile/recorded-legs.js";
import { directoryStore } from "../../../consumer/recordings/directory-store.js";
import type { RecordingStore } from "../../../consumer/recordings/recording-store.js";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";
import { CALL_START_MS, putLeg, TRANSACTION } from "../recorded-leg.js";
import { speech } from "../telephone.js";

const stream = parseStreamArn("arn:aws:kinesisvideo:us-east-1:123456789012:stream/leg-1/1")!;

/** Fragments of a second, numbered from 1. */
function fragmentAt(number: number, atMs = (number - 1) * 1_000) {
  const producerTimestampMs = CALL_START_MS + atMs;
  const times = { producerTimestampMs, serverTimestampMs: producerTimestampMs + 1_120 };
  return { fragmentNumber: String(number), ...times, lengthMs: 1_000, sizeBytes: 17_000 };
}

function legOf(...stretches: [first: number, last: number][]): FoundLeg {
  return {
    transactionId: TRANSACTION,
    beginning: "certain",
    isFollowed: false,
    stretches: stretches.map(([first, last]) => ({
      first: fragmentAt(first),
      last: fragmentAt(last),
      firstCertain: fragmentAt(first),
    })),
  };
}

describe("what is recorded of a leg", () => {
  let folder: string;
  let store: RecordingStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "recorded-"));
    store = directoryStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Fragments of a second each, from the first to the last. */
  const put = (first: number, last: number, more: Partial<Sidecar> = {}) =>
    putLeg(store, {
      pcm: speech(first, (last - first + 1) * 1_000),
      atMs: (first - 1) * 1_000,
      fragments: [first, last],
      more,
    });
  /** Of the leg, those that are in no recording, by their first fragments. */
  async function missing(leg: FoundLeg): Promise<string[]> {
    const recordings = await recordingsOf(store, TRANSACTION, stream);
    return unrecordedStretches(leg, recordings).map(({ first }) => first.fragmentNumber);
  }

  it("nothing, everything, and what comes after a pause", async () => {
    assert.deepEqual(await missing(legOf([1, 9], [20, 30])), ["1", "20"]);
    await put(1, 9);
    assert.deepEqual(await missing(legOf([1, 9])), []);
    assert.deepEqual(await missing(legOf([1, 9], [20, 30])), ["20"]);
  });

  it("is another leg's where the stream or the transaction is another", async () => {
    await put(1, 9, { streamArn: "arn:aws:kinesisvideo:us-east-1:123456789012:stream/leg-2/1" });
    assert.deepEqual(await missing(legOf([1, 9])), ["1"]);
    assert.equal(await hasRecording(store, TRANSACTION), true);
    assert.equal(await hasRecording(store, "5a8d8a1e-1c61-4d4a-9d0a-000000000002"), false);
  });

  it("is enough where less than half a minute is missing at its end, or an event told of it", async () => {
    const bounds = { startFragmentNumber: "1" };
    await put(1, 9, { bounds, endProof: "quiescence", complete: false });
    assert.deepEqual(await missing(legOf([1, 39])), []);
    assert.deepEqual(await missing(legOf([1, 40])), ["1"]);
    await put(1, 9, { bounds: { ...bounds, endFragmentNumber: "9" } });
    assert.deepEqual(await missing(legOf([1, 40])), []);
  });

  it("is not the leg where somebody cut it out on purpose", async () => {
    await put(1, 9, { range: { to: new Date(CALL_START_MS + 9_000).toISOString() } });
    assert.deepEqual(await missing(legOf([1, 9])), ["1"]);
  });
});
