import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { markFile, markFolder, markNameIn } from "./mark-path.js";
import type { MarkKind, MarkStore } from "./marks.js";
import { isConditionFailed, isNotThere, listRefusal, unlessMissing } from "./s3-refusal.js";

/**
 * Marks as objects `<prefix>/marks/<kind>/<name>.json`. The client should carry `namedErrors("s3")`.
 * Needs s3:PutObject, s3:GetObject and s3:DeleteObject on the objects, and s3:ListBucket on the bucket.
 * @param options `prefix` is that of the recordings, without a slash at the end
 */
export function s3Marks(options: { client: S3Client; bucket: string; prefix?: string }): MarkStore {
  const { client, bucket: Bucket, prefix } = options;
  const folderOf = (kind: MarkKind) => `${prefix ? `${prefix}/` : ""}${markFolder(kind)}/`;
  const keyOf = (kind: MarkKind, name: string) => `${folderOf(kind)}${markFile(name)}`;

  return {
    async put(kind, name, text, version, { replace = false } = {}) {
      const expected = version === undefined ? { IfNoneMatch: "*" } : { IfMatch: version };
      const put = { Bucket, Key: keyOf(kind, name), Body: text, ContentType: "application/json" };
      try {
        await client.send(new PutObjectCommand({ ...put, ...(replace ? {} : expected) }));
        return true;
      } catch (error) {
        if (isConditionFailed(error) || (version !== undefined && isNotThere(error))) return false;
        throw error;
      }
    },
    async get(kind, name) {
      const asked = client.send(new GetObjectCommand({ Bucket, Key: keyOf(kind, name) }));
      const object = await unlessMissing(asked, Bucket);
      if (!object) return undefined;
      return { name, text: (await object.Body?.transformToString()) ?? "", version: object.ETag ?? "" };
    },
    async remove(kind, name) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: keyOf(kind, name) }));
    },
    async *list(kind) {
      const folder = folderOf(kind);
      let ContinuationToken: string | undefined;
      do {
        const page = await client
          .send(new ListObjectsV2Command({ Bucket, Prefix: folder, ContinuationToken }))
          .catch((error) => {
            throw listRefusal(error, Bucket);
          });
        for (const { Key = "", LastModified } of page.Contents ?? []) {
          const name = markNameIn(Key.slice(folder.length));
          if (name !== undefined) yield { name, modifiedMs: LastModified?.getTime() ?? 0 };
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
  };
}
