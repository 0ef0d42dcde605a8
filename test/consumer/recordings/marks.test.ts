import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AwsCallError, namedErrors } from "../../../aws/call-error.js";
import { directoryMarks, type MarkKind, type MarkStore, s3Marks } from "../../../consumer/recordings/marks.js";
import { parseOutputLocation } from "../../../consumer/recordings/output-location.js";
import { openOutputStore } from "../../../consumer/recordings/output-store.js";
import { startTelephone, type Telephone } from "../telephone.js";

const Bucket = "marks";

async function namesOf(marks: MarkStore, kind: MarkKind): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of marks.list(kind)) names.push(name);
  return names.sort();
}

describe("marks", () => {
  let telephone: Telephone;
  let client: S3Client;
  let folder: string;

  before(async () => {
    telephone = await startTelephone();
    folder = await mkdtemp(join(tmpdir(), "marks-"));
    client = new S3Client({ region: "us-east-1", forcePathStyle: true });
    client.middlewareStack.use(namedErrors("s3", client.config));
    await client.send(new CreateBucketCommand({ Bucket }));
  });

  after(async () => {
    client.destroy();
    await telephone.close();
    await rm(folder, { recursive: true });
  });

  for (const kind of ["directory", "s3"] as const) {
    describe(`(${kind})`, () => {
      let marks: MarkStore;
      let place: string;

      beforeEach(() => {
        const prefix = randomUUID();
        place = kind === "s3" ? `s3://${Bucket}/${prefix}` : join(folder, prefix);
        marks = kind === "s3" ? s3Marks({ client, bucket: Bucket, prefix }) : directoryMarks(place);
      });

      it("puts a mark where none is, once", async () => {
        assert.equal(await marks.put("started", "leg", "one"), true);
        assert.equal(await marks.put("started", "leg", "two"), false);
        assert.equal((await marks.get("started", "leg"))?.text, "one");
        assert.equal(await marks.get("ended", "leg"), undefined);
      });

      it("lets one of many who come at once have it", async () => {
        const texts = Array.from({ length: 8 }, (_, i) => `worker ${i}`);
        const won = await Promise.all(texts.map((text) => marks.put("ended", "leg", text)));
        assert.equal(won.filter(Boolean).length, 1);
        assert.equal((await marks.get("ended", "leg"))?.text, texts[won.indexOf(true)]);
      });

      it("replaces the version that was seen, and no other", async () => {
        await marks.put("ended", "leg", "one");
        const seen = (await marks.get("ended", "leg"))!.version;
        assert.equal(await marks.put("ended", "leg", "two", seen), true);
        assert.equal(await marks.put("ended", "leg", "three", seen), false);
        assert.equal((await marks.get("ended", "leg"))?.text, "two");
        await marks.remove("ended", "leg");
        assert.equal(await marks.put("ended", "leg", "four", seen), false);
        assert.equal(await marks.get("ended", "leg"), undefined);
      });

      it("replaces whatever is there where that is asked for", async () => {
        for (const text of ["one", "two"]) {
          assert.equal(await marks.put("ended", "leg", text, undefined, { replace: true }), true);
        }
        assert.equal((await marks.get("ended", "leg"))?.text, "two");
      });

      it("removes a mark, and one that has gone already", async () => {
        await marks.put("started", "leg", "one");
        await marks.remove("started", "leg");
        await marks.remove("started", "leg");
        assert.equal(await marks.get("started", "leg"), undefined);
      });

      it("lists the marks of a kind with the time they were put", async () => {
        assert.deepEqual(await namesOf(marks, "started"), []);
        const fromMs = Date.now() - 2_000;
        await marks.put("started", "a", "{}");
        await marks.put("started", "b_c.d-e", "{}");
        await marks.put("ended", "c", "{}");
        assert.deepEqual(await namesOf(marks, "started"), ["a", "b_c.d-e"]);
        for await (const { modifiedMs } of marks.list("started")) {
          assert(modifiedMs >= fromMs && modifiedMs <= Date.now() + 2_000, `${modifiedMs}`);
        }
      });

      it("refuses names that lead elsewhere", async () => {
        for (const name of ["../leg", "a/b", "", ".hidden", "..", "a\u0000b", "x".repeat(300)]) {
          await assert.rejects(marks.put("started", name, "{}"), RangeError);
          await assert.rejects(marks.get("started", name), RangeError);
          await assert.rejects(marks.remove("started", name), RangeError);
        }
      });

      it("lies beside the recordings without being taken for one", async () => {
        await marks.put("started", "t_stream_1", "{}");
        const store = openOutputStore(parseOutputLocation(place), { region: "us-east-1", environment: process.env });
        assert.deepEqual(await store.list("", 10), []);
        assert.deepEqual(await store.find("marks/started/t_stream_1").then(({ sidecar }) => sidecar), undefined);
      });
    });
  }

  it("lists more marks than S3 gives in one answer", async () => {
    const put = (i: number) =>
      client.send(new PutObjectCommand({ Bucket, Key: `many/marks/started/leg-${i}.json`, Body: "{}" }));
    await Promise.all(Array.from({ length: 1_005 }, (_, i) => put(i)));
    const marks = s3Marks({ client, bucket: Bucket, prefix: "many" });
    assert.equal((await namesOf(marks, "started")).length, 1_005);
  });

  it("uses keys directly below the prefix of the recordings", async () => {
    await s3Marks({ client, bucket: Bucket }).put("ended", "leg", "{}");
    const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "marks/" }));
    assert.deepEqual(
      listed.Contents?.map(({ Key }) => Key),
      ["marks/ended/leg.json"],
    );
  });

  it("says what AWS denied", async () => {
    telephone.aws.control.addFault({ kind: "deny", actions: ["s3:PutObject"] });
    try {
      await assert.rejects(
        s3Marks({ client, bucket: Bucket }).put("started", "leg", "{}"),
        (error) => error instanceof AwsCallError && error.kind === "accessDenied" && /s3:PutObject/.test(error.message),
      );
    } finally {
      telephone.aws.control.clearFaults();
    }
  });
});
