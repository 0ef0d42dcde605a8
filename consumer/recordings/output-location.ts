/** Where recordings go, as users write it. */
export type OutputLocation = { kind: "directory"; path: string } | { kind: "s3"; bucket: string; prefix?: string };

const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

/** `s3://bucket/prefix`; anything else names a directory. Throws a `RangeError` that says what the text must be. */
export function parseOutputLocation(text: string): OutputLocation {
  if (text === "") throw new RangeError("must name a directory or s3://bucket/prefix");
  if (!text.startsWith("s3:")) return { kind: "directory", path: text };
  const match = S3_URL.exec(text);
  if (!match) throw new RangeError("is not of the form s3://bucket/prefix");
  const prefix = match[2]?.replace(/^\/+|\/+$/g, "");
  return { kind: "s3", bucket: match[1]!, ...(prefix ? { prefix } : {}) };
}
