import { readFile } from "node:fs/promises";

const BYTES_A_SAMPLE = 2;

export interface Comparison {
  samplesPlayed: number;
  samplesRecorded: number;
  /** The first sample that is not the same, counted from 0; undefined where all are the same. */
  firstDifference: number | undefined;
}

/** The samples of a RIFF WAVE file (Multimedia Programming Interface and Data Specifications 1.0, "WAVE"). */
async function samplesOf(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4);
    if (bytes.toString("latin1", at, at + 4) === "data") return bytes.subarray(at + 8, at + 8 + size);
    at += 8 + size + (size % 2);
  }
  throw new Error(`${file} has no samples`);
}

/** Compares what was played with what was recorded, sample by sample; both 16-bit mono. */
export async function compareSamples(playedFile: string, recordedFile: string): Promise<Comparison> {
  const [played, recorded] = await Promise.all([samplesOf(playedFile), samplesOf(recordedFile)]);
  const length = Math.max(played.length, recorded.length) / BYTES_A_SAMPLE;
  let firstDifference: number | undefined;
  for (let i = 0; i < length && firstDifference === undefined; i++) {
    const at = i * BYTES_A_SAMPLE;
    const same = at < played.length && at < recorded.length && played.readInt16LE(at) === recorded.readInt16LE(at);
    if (!same) firstDifference = i;
  }
  return {
    samplesPlayed: played.length / BYTES_A_SAMPLE,
    samplesRecorded: recorded.length / BYTES_A_SAMPLE,
    firstDifference,
  };
}
