import { createCipheriv, createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { element, floatElement, openElement, stringElement, uintElement } from "../local-aws/ebml-writer.js";
import { blockEnds, clusterElement, documentStart, tagsElement } from "../local-aws/matroska-writer.js";

/**
 * How the track is described. `asKinesis`: codec A_AAC and no word of the sampling rate, as Voice Connectors do it.
 * `asPcm`: what the audio is, for peers that believe the description.
 */
export type TrackLabel = "asKinesis" | "asPcm";

/** One leg of a call as GetMedia returns it, in a file, with what was spoken known. */
export interface LegInput {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly transactionId: string;
  /** Signed 16-bit little-endian, 8 kHz, mono. */
  readonly pcmBytes: number;
  readonly pcmSha256: string;
}

const TRANSACTION_ID = "6ab1c0de-5c1a-4b1e-9a51-0f2e7d3c4b5a";
const START_MS = 1_700_000_000_000;
const BLOCK_MS = 20;
const BLOCK_BYTES = 320;
const BLOCKS_PER_FRAGMENT = 50;
const FRAGMENT_MS = BLOCK_MS * BLOCKS_PER_FRAGMENT;
const FRAGMENT_BYTES = BLOCK_BYTES * BLOCKS_PER_FRAGMENT;
const FRAGMENTS_PER_WRITE = 60;
/** Bytes in the file for a minute of a leg, with a little to spare. */
export const LEG_BYTES_PER_MINUTE = 1_050_000;

/** A Tags element for each, as Kinesis passes on the persistent tags of a producer. */
const producerTags = Buffer.concat(
  [
    ["ContactId", "0f7c2b4e"],
    ["CallId", "d93f4a6c-2f5e-41a3-8b7e-6c1d2e3f4a5b"],
    ["TransactionId", TRANSACTION_ID],
    ["VoiceConnectorId", "abcdef1ghij2klmno3pqr4"],
  ].map((tag) => tagsElement([tag as [string, string]])),
);

function pcmDocumentStart(): Buffer {
  const audio = element(0xe1, floatElement(0xb5, 8_000), uintElement(0x9f, 1), uintElement(0x6264, 16));
  const track = element(
    0xae,
    ...[0xd7, 0x73c5].map((id) => uintElement(id, 1)),
    uintElement(0x83, 2),
    stringElement(0x86, "A_PCM/INT/LIT"),
    audio,
  );
  return Buffer.concat([
    element(0x1a45dfa3, stringElement(0x4282, "matroska"), uintElement(0x4287, 2), uintElement(0x4285, 2)),
    openElement(0x18538067),
    element(0x1549a966, uintElement(0x2ad7b1, 1_000_000)),
    element(0x1654ae6b, track),
  ]);
}

/** Clusters that differ in their time and their audio alone: made once and filled in, for there are tens of thousands. */
function clusterMold(): (producerMs: number, pcm: Buffer) => Buffer {
  const silence = Buffer.alloc(BLOCK_BYTES);
  const blocks = Array.from({ length: BLOCKS_PER_FRAGMENT }, (_, b) => ({ offsetMs: b * BLOCK_MS, data: silence }));
  const mold = clusterElement(START_MS, blocks);
  const timecode = uintElement(0xe7, START_MS);
  const timecodeEnd = mold.indexOf(timecode) + timecode.length;
  const audioStarts = blockEnds(mold).map((end) => end - BLOCK_BYTES);
  return (producerMs, pcm) => {
    const cluster = Buffer.from(mold);
    cluster.writeUIntBE(producerMs, timecodeEnd - 6, 6);
    for (const [b, at] of audioStarts.entries()) pcm.copy(cluster, at, b * BLOCK_BYTES, (b + 1) * BLOCK_BYTES);
    return cluster;
  };
}

/** Kinesis' tags come before the cluster, the producer's after it (but for a session's first), where Kinesis is goes last. */
function fragmentMold(label: TrackLabel): (index: number, pcm: Buffer) => Buffer[] {
  const head = label === "asPcm" ? pcmDocumentStart() : documentStart();
  const cluster = clusterMold();
  return (index, pcm) => {
    const producerMs = START_MS + index * FRAGMENT_MS;
    const number = `9134385233318${"0".repeat(26)}${10_000_000 + index}`;
    return [
      head,
      ...(index === 0 ? [producerTags] : []),
      tagsElement([
        ["AWS_KINESISVIDEO_FRAGMENT_NUMBER", number],
        ["AWS_KINESISVIDEO_SERVER_TIMESTAMP", ((producerMs + FRAGMENT_MS + 120) / 1000).toFixed(3)],
        ["AWS_KINESISVIDEO_PRODUCER_TIMESTAMP", (producerMs / 1000).toFixed(3)],
      ]),
      cluster(producerMs, pcm),
      producerTags,
      tagsElement([
        ["AWS_KINESISVIDEO_MILLIS_BEHIND_NOW", "0"],
        ["AWS_KINESISVIDEO_CONTINUATION_TOKEN", number],
      ]),
    ];
  };
}

/** Noise as a leg's audio, the same each time: the key stream of a cipher. @returns makes the next bytes */
export function noiseSource(): (bytes: number) => Buffer {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 7), Buffer.alloc(16));
  return (bytes) => cipher.update(Buffer.alloc(bytes));
}

/** Writes a leg of that many minutes: fragments of a second, a header each, blocks of 20 ms. */
export async function writeLegInput(folder: string, minutes: number, label: TrackLabel): Promise<LegInput> {
  const path = join(folder, `${minutes}-min-${label}.mkv`);
  const file = await open(path, "wx");
  const noise = noiseSource();
  const fragment = fragmentMold(label);
  const hashes = { pcm: createHash("sha256"), file: createHash("sha256") };
  const fragments = Math.max(1, Math.round((minutes * 60_000) / FRAGMENT_MS));
  let bytes = 0;
  try {
    for (let first = 0; first < fragments; first += FRAGMENTS_PER_WRITE) {
      const count = Math.min(FRAGMENTS_PER_WRITE, fragments - first);
      const pcm = noise(count * FRAGMENT_BYTES);
      const pieces = Array.from({ length: count }, (_, i) =>
        fragment(first + i, pcm.subarray(i * FRAGMENT_BYTES, (i + 1) * FRAGMENT_BYTES)),
      );
      const written = Buffer.concat(pieces.flat());
      hashes.pcm.update(pcm);
      hashes.file.update(written);
      await file.writeFile(written);
      bytes += written.length;
    }
  } finally {
    await file.close();
  }
  return {
    path,
    bytes,
    sha256: hashes.file.digest("hex"),
    transactionId: TRANSACTION_ID,
    pcmBytes: fragments * FRAGMENT_BYTES,
    pcmSha256: hashes.pcm.digest("hex"),
  };
}
