import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeLegInput } from "../leg-input.js";

const MINUTES = 10;

/** Bytes of a minute of a leg in the streams that the benchmarks read: headers and tags included. */
export async function measureLegBytesPerMinute(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "leg-bytes-"));
  try {
    const { bytes } = await writeLegInput(folder, MINUTES, "asKinesis");
    return Math.round(bytes / MINUTES);
  } finally {
    await rm(folder, { recursive: true });
  }
}
