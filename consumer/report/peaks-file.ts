import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import type { Peaks } from "./peaks.js";

interface Head {
  /** Of this file's form. */
  version: 1;
  /** Of the audio that was measured, lower-case hexadecimal. */
  sha256: string;
  bucketSamples: number;
}

/** Longer than any head. */
const MOST_HEAD_BYTES = 1024;

/** Where the peaks of an audio file are kept: beside it, `<recording>.peaks.bin`. */
export function peaksPathOf(audioPath: string): string {
  return `${audioPath.replace(/\.wav$/i, "")}.peaks.bin`;
}

/**
 * The peaks that are kept: a line of JSON, then the bytes.
 * @returns undefined where there are none, or of other audio than that of this SHA-256 and as many samples
 */
export async function readPeaks(path: string, sha256: string, samples: number): Promise<Peaks | undefined> {
  const file = await readFile(path).catch(() => undefined);
  if (!file) return undefined;
  try {
    const end = file.subarray(0, MOST_HEAD_BYTES).indexOf("\n");
    const head = JSON.parse(file.toString("utf8", 0, Math.max(0, end))) as Partial<Head>;
    const { version, bucketSamples } = head;
    if (version !== 1 || head.sha256 !== sha256 || !Number.isInteger(bucketSamples) || bucketSamples! < 1)
      return undefined;
    const bytes = new Int8Array(file.subarray(end + 1));
    if (bytes.length !== 2 * Math.ceil(samples / bucketSamples!)) return undefined;
    return { bucketSamples: bucketSamples!, bytes };
  } catch {
    return undefined;
  }
}

/** Keeps peaks, whole or not at all. @returns why they could not be kept: a folder may be read-only, which costs time and nothing else */
export async function writePeaks(
  path: string,
  sha256: string,
  { bucketSamples, bytes }: Peaks,
): Promise<Error | undefined> {
  const temporary = `${path}.${randomUUID()}`;
  const head: Head = { version: 1, sha256, bucketSamples };
  try {
    await writeFile(temporary, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), Buffer.from(bytes.buffer)]), {
      flag: "wx",
    });
    await rename(temporary, path);
    return undefined;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    return error as Error;
  }
}
