import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { type CallOutcome, recordCall } from "../../../consumer/call/call-recording.js";
import { RecordingDamaged } from "../../../consumer/call/recorded-samples.js";
import type { CallSidecar } from "../../../consumer/recordings/call-sidecar.js";
import { parseOutputLocation } from "../../../consumer/recordings/output-location.js";
import { openOutputStore } from "../../../consumer/recordings/output-store.js";
import type { RecordingStore } from "../../../consumer/recordings/recording-store.js";
import { CALL_START_MS, putLeg, TRANSACTION } from "../recorded-leg.js";
import { channel, channelsIn, silence } from "../stereo-audio.js";
import { speech, startTelephone, type Telephone } from "../telephone.js";

const BUCKET = "stereo";

describe("recordCall", () => {
  let telephone: Telephone;
  let folder: string;
  let client: S3Client;

  before(async () => {
    telephone = await startTelephone();
    folder = await mkdtemp(join(tmpdir(), "calls-"));
    client = new S3Client({ region: "us-east-1", forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });

  after(async () => {
    client.destroy();
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  for (const kind of ["directory", "s3"] as const) {
    describe(`(${kind})`, () => {
      let store: RecordingStore;
      let place: string;

      beforeEach(() => {
        const name = randomUUID();
        place = kind === "s3" ? `s3://${BUCKET}/${name}` : join(folder, name);
        store = openOutputStore(parseOutputLocation(place), { region: "us-east-1", environment: process.env });
      });

      async function bytesAt(location: string): Promise<Buffer> {
        if (kind === "directory") return readFile(location);
        const Key = location.slice(`s3://${BUCKET}/`.length);
        const object = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        return Buffer.from(await object.Body!.transformToByteArray());
      }

      async function files(): Promise<string[]> {
        if (kind === "directory") return (await readdir(place)).sort();
        const Prefix = `${place.slice(`s3://${BUCKET}/`.length)}/`;
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix }));
        return Contents.map(({ Key }) => Key!.slice(Prefix.length)).sort();
      }

      async function mixed(outcome: Promise<CallOutcome> = recordCall(TRANSACTION, { store })): Promise<CallSidecar> {
        const result = await outcome;
        assert(result.kind === "mixed" || result.kind === "current");
        const { sidecar, sidecarLocation } = result;
        assert.equal(sidecarLocation, `${place}/${TRANSACTION}_call.json`);
        assert.deepEqual(JSON.parse((await bytesAt(sidecarLocation)).toString()), JSON.parse(JSON.stringify(sidecar)));
        const bytes = await bytesAt(sidecar.audio.location);
        assert.equal(createHash("sha256").update(bytes).digest("hex"), sidecar.sha256);
        assert.equal(bytes.length, sidecar.audio.bytes);
        return sidecar;
      }

      async function assertAudio({ audio }: CallSidecar, left: Buffer, right: Buffer): Promise<void> {
        const channels = channelsIn(await bytesAt(audio.location));
        assert(channels.left.equals(left), "the left channel is another one");
        assert(channels.right.equals(right), "the right channel is another one");
      }

      const isCaller = { more: { isCaller: true } };
      const isCallee = { more: { isCaller: false }, stream: 2 };

      it("puts both legs on one time axis, to the sample", async () => {
        await putLeg(store, { pcm: speech(1, 3_000), atMs: 2_001, ...isCaller });
        await putLeg(store, { pcm: speech(2, 1_500), atMs: 13, ...isCallee });
        const call = await mixed();
        await assertAudio(call, channel(4_988, silence(1_988), speech(1, 3_000)), channel(4_988, speech(2, 1_500)));
        assert.deepEqual(
          [call.startTime, call.endTime],
          [13, 5_001].map((ms) => new Date(CALL_START_MS + ms).toISOString()),
        );
        assert.deepEqual(
          call.legs.map(({ atSample, atMs }) => [atSample, atMs]),
          [
            [8 * 1_988, 1_988],
            [0, 0],
          ],
        );
      });

      it("does nothing where the call is made of these very recordings", async () => {
        await putLeg(store, { pcm: speech(1, 300), ...isCaller });
        await putLeg(store, { pcm: speech(2, 300), ...isCallee });
        const first = await recordCall(TRANSACTION, { store });
        const again = await recordCall(TRANSACTION, { store });
        assert.equal(first.kind, "mixed");
        assert.equal(again.kind, "current");
        assert.deepEqual(
          "sidecar" in again && again.sidecar,
          "sidecar" in first && JSON.parse(JSON.stringify(first.sidecar)),
        );
      });

      it("has one leg until the other one comes, in a file that says so", async () => {
        await putLeg(store, { pcm: speech(2, 1_500), atMs: 500, ...isCallee });
        const alone = await mixed();
        await assertAudio(alone, silence(1_500), speech(2, 1_500));
        assert.deepEqual([alone.missingLeg, alone.complete, alone.legs.length], ["caller", false, 1]);
        assert.equal(alone.audio.location, `${place}/${TRANSACTION}_one-leg_call.wav`);

        await putLeg(store, { pcm: speech(1, 1_000), ...isCaller });
        const both = await mixed();
        await assertAudio(both, channel(2_000, speech(1, 1_000)), channel(2_000, silence(500), speech(2, 1_500)));
        assert.deepEqual([both.missingLeg, both.complete, both.legs.length], [undefined, true, 2]);
        assert.equal(both.audio.location, `${place}/${TRANSACTION}_call.wav`);
        assert.equal((await files()).length, 6);
      });

      it("waits for the other leg where one is not enough, and goes on with a call that is there", async () => {
        const options = { store, takesOneLeg: false };
        await putLeg(store, { pcm: speech(1, 1_000), more: { isCaller: true, complete: false } });
        assert.deepEqual(await recordCall(TRANSACTION, options), { kind: "oneLeg" });
        assert.equal((await files()).length, 2);
        await mixed();
        await putLeg(store, { pcm: speech(1, 2_000), ...isCaller });
        await assertAudio(await mixed(recordCall(TRANSACTION, options)), speech(1, 2_000), silence(2_000));
      });

      it("is made again when a leg is replaced, and the former audio goes", async () => {
        await putLeg(store, { pcm: speech(1, 1_000), more: { isCaller: true, complete: false } });
        await putLeg(store, { pcm: speech(2, 1_000), ...isCallee });
        assert.equal((await mixed()).complete, false);
        const better = await putLeg(store, { pcm: speech(1, 2_000), ...isCaller });
        const call = await mixed();
        await assertAudio(call, speech(1, 2_000), channel(2_000, speech(2, 1_000)));
        assert.equal(call.legs[0]!.recordingId, better.recordingId);
        assert.equal(call.complete, true);
        assert.equal(call.audio.location, `${place}/${TRANSACTION}_call_${call.sha256.slice(0, 12)}.wav`);
        assert.equal((await files()).length, 6);
      });

      it("swaps channels when it becomes known who called", async () => {
        await putLeg(store, { pcm: speech(1, 1_000) });
        await putLeg(store, { pcm: speech(2, 1_000), atMs: 100, stream: 2 });
        const guessed = await mixed();
        assert.equal(guessed.channelAssignment, "guessed");
        await assertAudio(guessed, channel(1_100, speech(1, 1_000)), channel(1_100, silence(100), speech(2, 1_000)));
        await putLeg(store, { pcm: speech(2, 1_000), atMs: 100, stream: 2, more: { isCaller: true } });
        const known = await mixed();
        assert.equal(known.channelAssignment, "isCaller");
        await assertAudio(known, channel(1_100, silence(100), speech(2, 1_000)), channel(1_100, speech(1, 1_000)));
      });

      it("puts a side that went on in another stream on its channel, and says where both had something", async () => {
        await putLeg(store, { pcm: speech(2, 6_000), ...isCallee });
        const former = await putLeg(store, { pcm: speech(1, 3_000), ...isCaller });
        const later = await putLeg(store, { pcm: speech(3, 2_000), atMs: 2_800, stream: 3, more: { isCaller: true } });
        const last = await putLeg(store, { pcm: speech(4, 500), atMs: 5_500, stream: 4, more: { isCaller: true } });
        const call = await mixed();
        const left = [speech(1, 3_000).subarray(0, 16 * 2_800), speech(3, 2_000), silence(700), speech(4, 500)];
        await assertAudio(call, Buffer.concat(left), speech(2, 6_000));
        assert.deepEqual(call.overlaps, [
          { channel: "left", atMs: 2_800, durationMs: 200, heard: later.recordingId, leftOut: former.recordingId },
        ]);
        assert.equal(call.complete, false);
        assert.deepEqual(
          call.legs.filter(({ side }) => side === "caller").map(({ recordingId }) => recordingId),
          [former, later, last].map(({ recordingId }) => recordingId),
        );
      });

      it("leaves out what another recording of the leg has whole", async () => {
        await putLeg(store, { pcm: speech(1, 1_000), atMs: 1_000, fragments: [4, 6], ...isCaller });
        await putLeg(store, { pcm: speech(1, 3_000), fragments: [1, 9], ...isCaller });
        await putLeg(store, {
          pcm: speech(1, 3_000).subarray(0, 16),
          fragments: [2, 9],
          more: { isCaller: true, complete: false },
        });
        await putLeg(store, { pcm: speech(2, 3_000), ...isCallee });
        const call = await mixed();
        assert.deepEqual([call.legs.length, call.overlaps, call.complete], [2, [], true]);
        await assertAudio(call, speech(1, 3_000), speech(2, 3_000));
      });

      it("becomes RF64 where RIFF cannot count its samples", async () => {
        await putLeg(store, { pcm: speech(1, 1_000), ...isCaller });
        await putLeg(store, { pcm: speech(2, 1_000), ...isCallee });
        const call = await mixed(recordCall(TRANSACTION, { store, mostRiffDataBytes: 31_999 }));
        await assertAudio(call, speech(1, 1_000), speech(2, 1_000));
        const bytes = await bytesAt(call.audio.location);
        assert.equal(bytes.toString("latin1", 0, 4), "RF64");
        assert.deepEqual(
          [20, 28, 36].map((at) => Number(bytes.readBigUInt64LE(at))),
          [bytes.length - 8, 32_000, 8_000],
        );
      });

      it("has no sound where none of its legs has one", async () => {
        await putLeg(store, { pcm: Buffer.alloc(0), atMs: undefined, ...isCaller });
        await putLeg(store, { pcm: Buffer.alloc(0), atMs: undefined, ...isCallee });
        const call = await mixed();
        assert.deepEqual([call.samples, call.legs.length, call.startTime], [0, 2, undefined]);
        assert.equal(call.audio.bytes, 44);
      });

      it("takes one leg without times, and a leg that says nothing with one that speaks", async () => {
        await putLeg(store, { pcm: speech(1, 500), atMs: undefined, ...isCaller });
        await assertAudio(await mixed(), speech(1, 500), silence(500));
        await putLeg(store, { pcm: Buffer.alloc(0), atMs: undefined, ...isCallee });
        await assertAudio(await mixed(), speech(1, 500), silence(500));
      });

      it("says why legs cannot be put on one axis", async () => {
        const reasonOf = async () => {
          const outcome = await recordCall(TRANSACTION, { store });
          return outcome.kind === "notMixed" ? outcome.reason : outcome.kind;
        };
        assert.match(await reasonOf(), /none of its legs/);
        await putLeg(store, { pcm: speech(1, 500), ...isCaller });
        await putLeg(store, { pcm: speech(2, 500), sampleRateHz: 16_000, ...isCallee });
        assert.match(await reasonOf(), /8000 and 16000 Hz|16000 and 8000 Hz/);
        await putLeg(store, { pcm: speech(2, 500), atMs: undefined, ...isCallee });
        assert.match(await reasonOf(), /no time/);
        await putLeg(store, { pcm: speech(2, 500), atMs: 5 * 3_600_000, ...isCallee });
        assert.match(await reasonOf(), /5\.0 hours apart/);
      });

      it("is the same whoever mixes it, and however many at a time", async () => {
        await putLeg(store, { pcm: speech(1, 700), ...isCaller });
        await putLeg(store, { pcm: speech(2, 900), atMs: 10, ...isCallee });
        await Promise.all([1, 2, 3, 4, 5].map(() => recordCall(TRANSACTION, { store })));
        const call = await mixed();
        await assertAudio(call, channel(910, speech(1, 700)), channel(910, silence(10), speech(2, 900)));
        assert.equal((await files()).length, 6);
      });

      it("is made of what is there in the end, when legs come and are replaced while others mix", async () => {
        const put = [
          () => putLeg(store, { pcm: speech(1, 300), more: { isCaller: true, complete: false } }),
          () => putLeg(store, { pcm: speech(2, 900), atMs: 10, ...isCallee }),
          () => putLeg(store, { pcm: speech(1, 700), ...isCaller }),
        ];
        const mixing: Promise<CallOutcome>[] = [];
        for (const next of put) {
          await next();
          mixing.push(recordCall(TRANSACTION, { store }));
        }
        await Promise.all(mixing);
        const { kind } = await recordCall(TRANSACTION, { store });
        assert.equal(kind, "current");
        const call = await mixed();
        await assertAudio(call, channel(910, speech(1, 700)), channel(910, silence(10), speech(2, 900)));
        assert.equal((await files()).length, 6);
      });

      it("does not put an older state in place of a newer one, however slow whoever mixes it is", async () => {
        await putLeg(store, { pcm: speech(1, 700), ...isCaller });
        let hasListed = false;
        const slow: RecordingStore = {
          ...store,
          async list(...of) {
            const names = await store.list(...of);
            if (!hasListed) {
              hasListed = true;
              await putLeg(store, { pcm: speech(2, 700), ...isCallee });
              await mixed();
            }
            return names;
          },
        };
        const { kind } = await recordCall(TRANSACTION, { store: slow });
        assert.equal(kind, "current");
        await assertAudio(await mixed(), speech(1, 700), speech(2, 700));
        assert.equal((await files()).length, 6);
      });

      it("begins again when a leg's audio is replaced while it is read", async () => {
        await putLeg(store, { pcm: speech(1, 300), more: { isCaller: true, complete: false } });
        await putLeg(store, { pcm: speech(2, 300), ...isCallee });
        let isReplaced = false;
        const late: RecordingStore = {
          ...store,
          async *readAudio(...of) {
            if (!isReplaced) {
              isReplaced = true;
              await putLeg(store, { pcm: speech(1, 700), ...isCaller });
            }
            yield* store.readAudio(...of);
          },
        };
        const call = await mixed(recordCall(TRANSACTION, { store: late }));
        await assertAudio(call, speech(1, 700), channel(700, speech(2, 300)));
      });

      it("has nothing to do with another call whose id begins alike", async () => {
        await putLeg(store, { pcm: speech(1, 300), ...isCaller });
        await putLeg(store, {
          pcm: speech(2, 300),
          stream: 2,
          more: { isCaller: false, transactionId: `${TRANSACTION}2` },
        });
        assert.equal((await mixed()).missingLeg, "callee");
      });

      it("leaves nothing behind when it is called off", async () => {
        await putLeg(store, { pcm: speech(1, 300), ...isCaller });
        const before = await files();
        const calledOff = new AbortController();
        const slow: RecordingStore = {
          ...store,
          async *readAudio(...of) {
            calledOff.abort(new Error("called off"));
            yield* store.readAudio(...of);
          },
        };
        await assert.rejects(recordCall(TRANSACTION, { store: slow, signal: calledOff.signal }), /called off/);
        assert.deepEqual(await files(), before);
      });

      it("mixes what is there in the end where a leg is improved twice meanwhile", async () => {
        await putLeg(store, { pcm: speech(1, 300), more: { isCaller: true, complete: false } });
        await putLeg(store, { pcm: speech(2, 300), ...isCallee });
        let improvements = 0;
        const slow: RecordingStore = {
          ...store,
          async openAudioFile() {
            // The second takes the name of audio that the first has freed.
            if (improvements++ === 0) {
              await putLeg(store, { pcm: speech(1, 400), more: { isCaller: true, complete: false } });
              await putLeg(store, { pcm: speech(1, 500), ...isCaller });
            }
            return store.openAudioFile();
          },
        };
        const call = await mixed(recordCall(TRANSACTION, { store: slow }));
        await assertAudio(call, channel(500, speech(1, 500)), channel(500, speech(2, 300)));
        assert.equal((await files()).length, 6);
      });

      it("refuses a leg whose sidecar describes other audio, and leaves nothing behind", async () => {
        await putLeg(store, { pcm: speech(1, 300), more: { isCaller: true, sha256: "0".repeat(64) } });
        const before = await files();
        await assert.rejects(recordCall(TRANSACTION, { store }), RecordingDamaged);
        assert.deepEqual(await files(), before);
      });
    });
  }

  it("refuses audio that is no WAV, or ends too early", async () => {
    const store = openOutputStore(parseOutputLocation(join(folder, "damaged")), {
      region: "us-east-1",
      environment: process.env,
    });
    const { audio } = await putLeg(store, { pcm: speech(1, 300) });
    const bytes = await readFile(audio.location);
    for (const damaged of [
      Buffer.alloc(bytes.length),
      Buffer.concat([bytes.subarray(0, 16), Buffer.alloc(bytes.length - 16, 0xff)]),
    ]) {
      await writeFile(audio.location, damaged);
      await assert.rejects(recordCall(TRANSACTION, { store }), RecordingDamaged);
    }
    assert.equal((await readdir(join(folder, "damaged"))).length, 2);
  });
});
