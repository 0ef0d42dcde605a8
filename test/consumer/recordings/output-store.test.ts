import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AwsCallError } from "../../../aws/call-error.js";
import { parseOutputLocation } from "../../../consumer/recordings/output-location.js";
import { openOutputStore } from "../../../consumer/recordings/output-store.js";
import {
  AudioMissing,
  RecordingChanged,
  type RecordingStore,
  TooManyRecordings,
} from "../../../consumer/recordings/recording-store.js";
import type { Sidecar } from "../../../consumer/recordings/sidecar.js";
import { speech, startTelephone, type Telephone } from "../telephone.js";

const sidecar: Sidecar = {
  version: 1,
  package: { name: "pulumi-chime-voice-streaming", version: "0.0.0" },
  transactionId: "t",
  streamArn: "arn",
  bounds: {},
  fragments: { received: 1, replayed: 0, unattributed: 0 },
  gaps: [],
  clockSteps: [],
  errors: [],
  audio: { location: "x", format: "wav", sampleRateHz: 8_000, channels: 1, bitsPerSample: 16, bytes: 44 },
  samples: 0,
  silenceSamples: 0,
  durationMs: 0,
  driftMs: 0,
  sha256: "0",
  endProof: "none",
  complete: false,
  boundaryUncertain: false,
  recordingId: "0b5e2f0c-7a44-4c3e-9a55-0123456789ab",
  recordedTime: "2026-01-31T12:00:00.000Z",
  reader: "archive",
};

describe("openOutputStore", () => {
  let telephone: Telephone;
  let folder: string;
  let client: S3Client;

  before(async () => {
    telephone = await startTelephone();
    folder = await mkdtemp(join(tmpdir(), "store-"));
    client = new S3Client({ region: "us-east-1", forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: "recordings" }));
  });

  after(async () => {
    client.destroy();
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  function storeAt(output: string) {
    return openOutputStore(parseOutputLocation(output), { region: "us-east-1", environment: process.env });
  }

  for (const kind of ["directory", "s3"]) {
    describe(`(${kind})`, () => {
      let store: RecordingStore;
      let place: string;

      beforeEach(() => {
        const name = randomUUID();
        place = kind === "s3" ? `s3://recordings/${name}` : join(folder, name, "made", "on", "the", "way");
        store = storeAt(place);
      });

      async function putAudio(pcm: Buffer): Promise<Pick<Sidecar, "audio" | "sha256">> {
        const sink = await store.openAudio(8_000);
        await sink.write(pcm);
        const { location, sha256, bytes } = await sink.commit("leg");
        await sink.abort();
        return { audio: { ...sidecar.audio, location, bytes }, sha256 };
      }

      async function bytesAt(location: string): Promise<Buffer> {
        if (kind === "directory") return readFile(location);
        const [Bucket, ...key] = location.replace("s3://", "").split("/");
        const object = await client.send(new GetObjectCommand({ Bucket, Key: key.join("/") }));
        return Buffer.from(await object.Body!.transformToByteArray());
      }

      it("keeps audio and sidecar under one name, and finds the sidecar again", async () => {
        await store.prepare();
        assert.deepEqual(await store.find("leg"), {});
        const audio = await putAudio(speech(1, 100));
        assert.equal(audio.audio.location, `${place}/leg.wav`);
        const written = { ...sidecar, ...audio };
        await store.putSidecar("leg", written, undefined);
        assert.deepEqual((await store.find("leg")).sidecar, written);
        assert.equal(store.sidecarLocation("leg"), `${place}/leg.json`);
      });

      it("never changes audio in its place: what replaces it is named by its content", async () => {
        const first = await putAudio(speech(1, 100));
        const second = await putAudio(speech(2, 100));
        assert.equal(second.audio.location, `${place}/leg_${second.sha256.slice(0, 12)}.wav`);
        for (const { audio, sha256 } of [first, second]) {
          assert.equal(
            createHash("sha256")
              .update(await bytesAt(audio.location))
              .digest("hex"),
            sha256,
          );
        }
        assert.deepEqual(await putAudio(speech(1, 100)), first);
      });

      it("does not take a sidecar for a recording whose audio is missing", async () => {
        const audio = await putAudio(speech(1, 100));
        const written = { ...sidecar, ...audio };
        await store.putSidecar("leg", written, undefined);
        assert.equal((await store.find("leg")).withoutAudio, undefined);
        await store.removeAudio("leg", audio.audio.location);
        const found = await store.find("leg");
        assert.equal(found.sidecar, undefined);
        assert.deepEqual(found.withoutAudio, written);
        assert.notEqual(found.version, undefined);
      });

      it("removes no file that is none of the recording's audio", async () => {
        const audio = await putAudio(speech(1, 100));
        await store.putSidecar("leg", { ...sidecar, ...audio }, undefined);
        for (const file of ["leg.json", "other.wav", "leg_x.wav", "../leg.json"]) {
          await store.removeAudio("leg", `${place}/${file}`);
        }
        await store.removeAudio("leg2", `${place}/leg.wav`);
        assert.notEqual((await store.find("leg")).sidecar, undefined);
      });

      it("lists the sidecars whose names begin alike, and refuses to list too many", async () => {
        assert.deepEqual(await store.list("a", 10), []);
        await store.prepare();
        for (const name of ["b", "a_2", "a_1", "a"]) await store.putSidecar(name, sidecar, undefined);
        await putAudio(speech(1, 100));
        assert.deepEqual(await store.list("a_", 2), ["a_1", "a_2"]);
        assert.deepEqual(await store.list("", 4), ["a", "a_1", "a_2", "b"]);
        await assert.rejects(store.list("a_", 1), TooManyRecordings);
      });

      it("gives audio back, and says so where it is not there", async () => {
        const { audio } = await putAudio(speech(1, 100));
        const read = async (name: string, location: string) => {
          const chunks: Uint8Array[] = [];
          for await (const chunk of store.readAudio(name, location)) chunks.push(chunk);
          return Buffer.concat(chunks);
        };
        assert.deepEqual(await read("leg", audio.location), await bytesAt(audio.location));
        // Recordings may have been moved: their place is the store's.
        assert.deepEqual(await read("leg", "/elsewhere/leg.wav"), await bytesAt(audio.location));
        await assert.rejects(read("leg", `${place}/../leg.json`), AudioMissing);
        await assert.rejects(read("leg2", `${place}/leg2.wav`), AudioMissing);
      });

      it("keeps a file as it is written, header and all", async () => {
        const sink = await store.openAudioFile();
        await sink.write(Buffer.from("RIFF and so on"));
        const { location, bytes } = await sink.commit("call");
        await sink.abort();
        assert.equal((await bytesAt(location)).toString(), "RIFF and so on");
        assert.equal(bytes, 14);
      });

      it("can place audio again, under the same name and another one, until it is let go", async () => {
        const sink = await store.openAudio(8_000);
        const pcm = Buffer.alloc(1_000, 7);
        await sink.write(pcm);
        const first = await sink.commit("leg");
        assert.deepEqual(await sink.commit("leg"), first);
        const other = await sink.commit("other");
        await store.removeAudio("other", other.location);
        const again = await sink.commit("other");
        await sink.abort();
        for (const { location } of [first, again]) assert.deepEqual((await bytesAt(location)).subarray(44), pcm);
        assert.deepEqual([other, again.sha256], [again, first.sha256]);
      });

      it("removes a sidecar only as it was found", async () => {
        const audio = await putAudio(speech(1, 100));
        await store.putSidecar("leg", { ...sidecar, ...audio }, undefined);
        const { version } = await store.find("leg");
        await store.putSidecar("leg", { ...sidecar, ...audio, samples: 1 }, version);
        await assert.rejects(store.removeSidecar("leg", version!), RecordingChanged);
        const found = await store.find("leg");
        assert.equal(found.sidecar!.samples, 1);
        await store.removeSidecar("leg", found.version!);
        assert.deepEqual(await store.find("leg"), {});
        await store.removeSidecar("leg", found.version!);
      });

      it("replaces a sidecar only as it was found", async () => {
        const audio = await putAudio(speech(1, 100));
        const written = { ...sidecar, ...audio };
        await store.putSidecar("leg", written, undefined);
        await assert.rejects(store.putSidecar("leg", written, undefined), RecordingChanged);
        const { version } = await store.find("leg");
        await store.putSidecar("leg", { ...written, samples: 1 }, version);
        await assert.rejects(store.putSidecar("leg", { ...written, samples: 2 }, version), RecordingChanged);
        assert.equal((await store.find("leg")).sidecar!.samples, 1);
      });
    });
  }

  it("leaves no temporary file beside a recording", async () => {
    const directory = join(folder, "tidy");
    const store = storeAt(directory);
    await store.prepare();
    const sink = await store.openAudio(8_000);
    await sink.commit("leg");
    await sink.abort();
    await store.putSidecar("leg", sidecar, undefined);
    assert.deepEqual(await readdir(directory), ["leg.json", "leg.wav"]);
    assert.equal(JSON.parse(await readFile(join(directory, "leg.json"), "utf8")).version, 1);
  });

  it("says at once of a directory that cannot be made that it cannot", async () => {
    await assert.rejects(storeAt("/proc/nope").prepare(), { code: "ENOENT" });
    await assert.rejects(storeAt("/proc/nope/deeper").prepare(), { code: "ENOENT" });
    await assert.rejects(storeAt("/dev/null/x").prepare(), { code: "ENOTDIR" });
  });

  it("takes a sidecar that cannot be read for none", async () => {
    await writeFile(join(folder, "broken.json"), "{");
    assert.equal((await storeAt(folder).find("broken")).sidecar, undefined);
  });

  it("names the action that S3 denies", async () => {
    telephone.aws.control.addFault({ kind: "deny", actions: ["s3:GetObject"], times: 1 });
    await assert.rejects(
      storeAt("s3://recordings").find("leg"),
      (error) => error instanceof AwsCallError && error.action === "s3:GetObject" && error.kind === "accessDenied",
    );
  });

  it("names s3:ListBucket where recordings may not be listed", async () => {
    telephone.aws.control.addFault({ kind: "deny", actions: ["s3:ListBucket"], times: 1 });
    await assert.rejects(
      storeAt("s3://recordings").list("leg", 10),
      (error) =>
        error instanceof AwsCallError && error.action === "s3:ListBucket" && /on recordings/.test(error.message),
    );
  });

  it("names s3:ListBucket, without which S3 denies what does not exist", async () => {
    telephone.aws.control.addFault({ kind: "deny", actions: ["s3:GetObject"], times: 1 });
    await assert.rejects(storeAt("s3://recordings").find("leg"), /s3:ListBucket on recordings/);
  });
});

describe("parseOutputLocation", () => {
  it("tells buckets from directories", () => {
    assert.deepEqual(parseOutputLocation("s3://bucket"), { kind: "s3", bucket: "bucket" });
    assert.deepEqual(parseOutputLocation("s3://bucket/a/b/"), { kind: "s3", bucket: "bucket", prefix: "a/b" });
    assert.deepEqual(parseOutputLocation("./calls"), { kind: "directory", path: "./calls" });
  });

  it("says what is wrong", () => {
    assert.throws(() => parseOutputLocation(""), /must name/);
    for (const text of ["s3:", "s3://", "s3://UPPER/x", "s3:/bucket"]) {
      assert.throws(() => parseOutputLocation(text), /s3:\/\/bucket\/prefix/);
    }
  });
});
