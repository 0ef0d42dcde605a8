import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { type LocalAws, startLocalAws } from "../../local-aws/index.js";
import { clientsOf, failureOf } from "./clients.js";

const Bucket = "recordings";
const MIB = 1024 * 1024;

describe("local-aws: S3", () => {
  let aws: LocalAws;
  let s3: ReturnType<typeof clientsOf>["s3"];
  beforeEach(async () => {
    aws = await startLocalAws();
    s3 = clientsOf(aws).s3;
    await s3.send(new CreateBucketCommand({ Bucket }));
  });
  afterEach(() => aws.close());

  const put = (Key: string, Body: PutObjectCommandInput["Body"], more: Partial<PutObjectCommandInput> = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const get = async (Key: string, more: Partial<GetObjectCommandInput> = {}) => {
    const output = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return { output, body: Buffer.from(await output.Body!.transformToByteArray()) };
  };
  const noise = (bytes: number) => Buffer.alloc(bytes, createHash("sha256").update(String(bytes)).digest());

  it("an object comes back as it was put, metadata included", async () => {
    const Key = "legs/ä b+c=%20.wav";
    const body = noise(100_000);
    const { ETag } = await put(Key, body, {
      ContentType: "audio/wav",
      Metadata: { complete: "true" },
      ServerSideEncryption: "aws:kms",
    });
    assert.equal(ETag, `"${createHash("md5").update(body).digest("hex")}"`);
    const { output, body: received } = await get(Key, { ChecksumMode: "ENABLED" });
    assert.ok(received.equals(body));
    assert.equal(output.ContentType, "audio/wav");
    assert.deepEqual(output.Metadata, { complete: "true" });
    assert.equal(output.ServerSideEncryption, "aws:kms");
    assert.ok(output.ChecksumCRC32);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    assert.equal(head.ContentLength, 100_000);
    assert.equal(head.ETag, ETag);
  });

  it("a stream of a length that is known is put, in aws-chunked framing", async () => {
    const body = noise(300_000);
    await put("stream", Readable.from([body.subarray(0, 7), body.subarray(7)]), { ContentLength: body.length });
    const { output, body: received } = await get("stream");
    assert.ok(received.equals(body));
    assert.equal(output.ContentEncoding, undefined);
  });

  it("data that does not fit its checksum is refused", async () => {
    assert.equal((await failureOf(put("x", "data", { ChecksumCRC32: "AAAAAA==" }))).name, "BadDigest");
    assert.equal((await failureOf(put("x", "data", { ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" }))).name, "BadDigest");
    assert.equal((await failureOf(get("x"))).name, "NoSuchKey");
  });

  it("ranges are served", async () => {
    await put("x", "0123456789");
    const read = async (Range: string) => (await get("x", { Range })).body.toString();
    assert.equal(await read("bytes=2-4"), "234");
    assert.equal(await read("bytes=7-"), "789");
    assert.equal(await read("bytes=-2"), "89");
    assert.equal((await get("x", { Range: "bytes=2-4" })).output.ContentRange, "bytes 2-4/10");
    assert.equal((await failureOf(read("bytes=10-"))).$metadata.httpStatusCode, 416);
  });

  it("conditional writes hold", async () => {
    const { ETag } = await put("x", "one", { IfNoneMatch: "*" });
    assert.equal((await failureOf(put("x", "two", { IfNoneMatch: "*" }))).name, "PreconditionFailed");
    await put("x", "two", { IfMatch: ETag });
    assert.equal((await failureOf(put("x", "three", { IfMatch: ETag }))).$metadata.httpStatusCode, 412);
    assert.equal((await failureOf(put("y", "one", { IfMatch: ETag }))).name, "NoSuchKey");
    assert.equal((await get("x")).body.toString(), "two");
  });

  it("conditional deletes hold", async () => {
    const { ETag } = await put("x", "one");
    await put("x", "two");
    const remove = (IfMatch?: string) => s3.send(new DeleteObjectCommand({ Bucket, Key: "x", IfMatch }));
    assert.equal((await failureOf(remove(ETag))).$metadata.httpStatusCode, 412);
    await remove((await get("x")).output.ETag);
    assert.equal((await failureOf(remove(ETag))).$metadata.httpStatusCode, 404);
    await remove();
  });

  it("what is not there is told apart: bucket, key, and a HEAD without words", async () => {
    assert.equal((await failureOf(s3.send(new GetObjectCommand({ Bucket: "nobody", Key: "x" })))).name, "NoSuchBucket");
    assert.equal((await failureOf(get("x"))).name, "NoSuchKey");
    assert.equal((await failureOf(s3.send(new HeadObjectCommand({ Bucket, Key: "x" })))).name, "NotFound");
    assert.equal((await failureOf(s3.send(new HeadBucketCommand({ Bucket: "nobody" })))).$metadata.httpStatusCode, 404);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "x" }));
    await s3.send(new HeadBucketCommand({ Bucket }));
  });

  it("to those who may not list the bucket, what is not there is forbidden", async () => {
    await put("there", "1");
    aws.control.addFault({ kind: "deny", actions: ["s3:ListBucket"] });
    const missing = await failureOf(get("x"));
    assert.deepEqual([missing.name, missing.$metadata.httpStatusCode], ["AccessDenied", 403]);
    assert.match(missing.message, /s3:ListBucket on resource: "arn:aws:s3:::recordings"/);
    assert.equal((await failureOf(s3.send(new HeadObjectCommand({ Bucket, Key: "x" })))).$metadata.httpStatusCode, 403);
    assert.equal((await get("there")).body.toString(), "1");
  });

  it("a bucket with objects is not deleted", async () => {
    await put("x", "1");
    assert.equal((await failureOf(s3.send(new DeleteBucketCommand({ Bucket })))).name, "BucketNotEmpty");
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "x" }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
  });

  it("objects are listed by prefix and delimiter, page by page", async () => {
    for (const key of ["b/1", "a/2", "a/1", "c", "a/3/x", "a/3/y"]) await put(key, "x");
    const all: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 4, ContinuationToken }));
      all.push(...page.Contents!.map((object) => object.Key!));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    assert.deepEqual(all, ["a/1", "a/2", "a/3/x", "a/3/y", "b/1", "c"]);
    const folder = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "a/", Delimiter: "/" }));
    assert.deepEqual(
      folder.Contents!.map((object) => object.Key),
      ["a/1", "a/2"],
    );
    assert.deepEqual(folder.CommonPrefixes, [{ Prefix: "a/3/" }]);
    assert.equal((await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "zzz" }))).KeyCount, 0);
  });

  it("lib-storage uploads a large object in parts", async () => {
    const body = noise(11 * MIB + 3);
    const params = { Bucket, Key: "large", Body: Readable.from([body]), ContentType: "audio/wav", IfNoneMatch: "*" };
    await new Upload({ client: s3, params, partSize: 5 * MIB }).done();
    const { output, body: received } = await get("large", { ChecksumMode: "ENABLED" });
    assert.ok(received.equals(body));
    assert.match(output.ETag!, /^"[0-9a-f]{32}-3"$/);
    assert.equal(output.ContentType, "audio/wav");
    const again = new Upload({ client: s3, params: { ...params, Body: Readable.from([body]) }, partSize: 5 * MIB });
    assert.equal((await failureOf(again.done())).name, "PreconditionFailed");
  });

  it("parts must be 5 MiB but for the last, be there, and be in order", async () => {
    const Key = "parts";
    const UploadId = (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId!;
    const upload = async (PartNumber: number, Body: Buffer) => ({
      PartNumber,
      ETag: (await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))).ETag,
    });
    const complete = (Parts: { PartNumber: number; ETag?: string }[]) =>
      s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
    const small = [await upload(1, noise(MIB)), await upload(2, noise(5))];
    assert.equal((await failureOf(complete(small))).name, "EntityTooSmall");
    assert.equal((await failureOf(complete([small[1]!, small[0]!]))).name, "InvalidPartOrder");
    assert.equal((await failureOf(complete([{ PartNumber: 3, ETag: small[0]!.ETag }]))).name, "InvalidPart");
    await complete([small[1]!]);
    assert.equal((await get(Key)).body.length, 5);
    assert.equal((await failureOf(complete(small))).name, "NoSuchUpload");
  });

  it("an aborted upload leaves nothing", async () => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "x" }));
    assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads!.length, 1);
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "x", UploadId }));
    assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
  });
});
