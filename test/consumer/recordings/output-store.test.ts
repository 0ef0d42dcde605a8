import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { AwsCallError } from "../../../aws/call-error.js";
import { parseOutputLocation } from "../../../consumer/recordings/output-location.js";
import { openOutputStore } from "../../../consumer/recordings/output-store.js";
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
  recordedTime: "2026-01-31T12:00:00.000Z",
  reader: "archive",
};

describe("openOutputStore", () => {
  let telephone: Telephone;
  let folder: string;

  before(async () => {
    telephone = await startTelephone();
    folder = await mkdtemp(join(tmpdir(), "store-"));
    const client = new S3Client({ region: "us-east-1", forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: "recordings" }));
    client.destroy();
  });

  after(async () => {
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  function storeAt(output: string) {
    return openOutputStore(parseOutputLocation(output), { region: "us-east-1", environment: process.env });
  }

  for (const kind of ["directory", "s3"]) {
    it(`keeps audio and sidecar under one name, and finds the sidecar again (${kind})`, async () => {
      const place = kind === "s3" ? "s3://recordings/calls/" : join(folder, "made", "on", "the", "way");
      const store = storeAt(place);
      assert.equal(await store.find("leg"), undefined);
      const sink = await store.openAudio("leg", 8_000);
      await sink.write(speech(1, 100));
      const { location } = await sink.commit();
      assert.equal(location, kind === "s3" ? "s3://recordings/calls/leg.wav" : join(place, "leg.wav"));
      await store.putSidecar("leg", sidecar);
      assert.deepEqual(await store.find("leg"), sidecar);
      assert.equal(store.sidecarLocation("leg"), location.replace(/wav$/, "json"));
    });
  }

  it("leaves no temporary file beside a sidecar", async () => {
    const store = storeAt(folder);
    await store.putSidecar("leg", sidecar);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith(".")),
      [],
    );
    assert.equal(JSON.parse(await readFile(join(folder, "leg.json"), "utf8")).version, 1);
  });

  it("takes a sidecar that cannot be read for none", async () => {
    await writeFile(join(folder, "broken.json"), "{");
    assert.equal(await storeAt(folder).find("broken"), undefined);
  });

  it("names the action that S3 denies", async () => {
    telephone.aws.control.addFault({ kind: "deny", actions: ["s3:GetObject"], times: 1 });
    await assert.rejects(
      storeAt("s3://recordings").find("leg"),
      (error) => error instanceof AwsCallError && error.action === "s3:GetObject" && error.kind === "accessDenied",
    );
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
