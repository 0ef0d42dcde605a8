import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { openS3Sink } from "../../../consumer/sinks/s3.js";
import { wavOf } from "../../wav-of.js";
import { speech, startTelephone, type Telephone } from "../telephone.js";

describe("S3 sink", () => {
  let telephone: Telephone;
  let client: S3Client;
  let spoolDirectory: string;
  const place = { bucket: "recordings", key: "calls/leg.wav" };

  before(async () => {
    telephone = await startTelephone();
    client = new S3Client({ region: "us-east-1", forcePathStyle: true, maxAttempts: 1 });
    await client.send(new CreateBucketCommand({ Bucket: place.bucket }));
  });

  after(async () => {
    client.destroy();
    await telephone.close();
  });

  beforeEach(async () => {
    spoolDirectory = await mkdtemp(join(tmpdir(), "spool-"));
  });

  afterEach(() => rm(spoolDirectory, { recursive: true }));

  async function keys(): Promise<(string | undefined)[]> {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: place.bucket }));
    return Contents.map(({ Key }) => Key);
  }

  it("puts the WAV whole, with the hash of its bytes in the metadata, and empties the spool", async () => {
    const pcm = speech(1, 3_000);
    const sink = await openS3Sink({ client, ...place, spoolDirectory });
    await sink.write(pcm.subarray(0, 1_000));
    await sink.write(pcm.subarray(1_000));
    assert.deepEqual(await keys(), []);
    const { location, sha256, bytes } = await sink.commit();
    assert.equal(location, "s3://recordings/calls/leg.wav");

    const object = await client.send(new GetObjectCommand({ Bucket: place.bucket, Key: place.key }));
    const body = Buffer.from(await object.Body!.transformToByteArray());
    assert.deepEqual(body, wavOf(pcm));
    assert.equal(bytes, body.length);
    assert.equal(sha256, createHash("sha256").update(body).digest("hex"));
    assert.equal(object.Metadata!.sha256, sha256);
    assert.equal(object.ContentType, "audio/wav");
    assert.deepEqual(await readdir(spoolDirectory), []);
  });

  it("uploads a long leg in parts", async () => {
    const pcm = speech(2, 700_000);
    const sink = await openS3Sink({ client, ...place, key: "long.wav", spoolDirectory });
    await sink.write(pcm);
    telephone.aws.control.clearCalls();
    const { bytes } = await sink.commit();
    assert(telephone.aws.control.calls().length > 3);
    const head = await client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: "long.wav" }));
    assert.equal(head.ContentLength, bytes);
  });

  it("leaves nothing, in S3 or on the disk, when it is aborted", async () => {
    const sink = await openS3Sink({ client, ...place, key: "aborted.wav", spoolDirectory });
    await sink.write(speech(1, 100));
    await sink.abort();
    await sink.abort();
    assert(!(await keys()).includes("aborted.wav"));
    assert.deepEqual(await readdir(spoolDirectory), []);
  });

  it("empties the spool when S3 refuses", async () => {
    telephone.aws.control.addFault({ kind: "deny", actions: ["s3:*"], times: 1 });
    const sink = await openS3Sink({ client, ...place, key: "denied.wav", spoolDirectory });
    await sink.write(speech(1, 100));
    await assert.rejects(sink.commit());
    await sink.abort();
    assert.deepEqual(await readdir(spoolDirectory), []);
  });
});
