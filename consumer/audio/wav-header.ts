/** What a header needs to know of the samples behind it: signed 16-bit little-endian. */
export interface WavAudio {
  sampleRateHz: number;
  /** Default 1. The samples of one moment follow each other. */
  channels?: number;
  /** Bytes of samples; undefined where they are still to come and the header cannot be written again: a stream. */
  dataBytes: number | undefined;
}

/** Bytes of a plain header. Many readers take it for granted that samples begin here, so nothing more is written without need. */
export const RIFF_HEADER_BYTES = 44;
/** Bytes of a header that holds 64-bit sizes. */
export const RF64_HEADER_BYTES = 80;
/** Samples beyond this many bytes do not fit the 32-bit sizes of a plain header: 74 hours of one leg at 8 kHz. */
export const MOST_RIFF_DATA_BYTES = 0xffffffff - (RIFF_HEADER_BYTES - 8);

/** What a size field holds where the size is elsewhere, or unknown. */
const SIZE_ELSEWHERE = 0xffffffff;
const DS64_CONTENT_BYTES = 28;

function formatAndDataChunks({ sampleRateHz, channels = 1 }: WavAudio, dataSizeField: number): Buffer {
  const chunks = Buffer.alloc(32);
  chunks.write("fmt ", 0, "latin1");
  chunks.writeUInt32LE(16, 4);
  chunks.writeUInt16LE(1, 8);
  chunks.writeUInt16LE(channels, 10);
  chunks.writeUInt32LE(sampleRateHz, 12);
  chunks.writeUInt32LE(2 * channels * sampleRateHz, 16);
  chunks.writeUInt16LE(2 * channels, 20);
  chunks.writeUInt16LE(16, 22);
  chunks.write("data", 24, "latin1");
  chunks.writeUInt32LE(dataSizeField, 28);
  return chunks;
}

/** A RIFF header of 44 bytes. A stream of unknown length has all size bits set, which readers take for "to the end". */
export function riffHeader(audio: WavAudio): Buffer {
  const { dataBytes } = audio;
  const start = Buffer.alloc(12);
  start.write("RIFF", 0, "latin1");
  start.writeUInt32LE(dataBytes === undefined ? SIZE_ELSEWHERE : RIFF_HEADER_BYTES - 8 + dataBytes, 4);
  start.write("WAVE", 8, "latin1");
  return Buffer.concat([start, formatAndDataChunks(audio, dataBytes ?? SIZE_ELSEWHERE)]);
}

/** An RF64 header of 80 bytes, for samples that a plain one cannot count (EBU Tech 3306). */
export function rf64Header(audio: WavAudio & { dataBytes: number }): Buffer {
  const { dataBytes, channels = 1 } = audio;
  const start = Buffer.alloc(12 + 8 + DS64_CONTENT_BYTES);
  start.write("RF64", 0, "latin1");
  start.writeUInt32LE(SIZE_ELSEWHERE, 4);
  start.write("WAVE", 8, "latin1");
  start.write("ds64", 12, "latin1");
  start.writeUInt32LE(DS64_CONTENT_BYTES, 16);
  start.writeBigUInt64LE(BigInt(RF64_HEADER_BYTES - 8 + dataBytes), 20);
  start.writeBigUInt64LE(BigInt(dataBytes), 28);
  start.writeBigUInt64LE(BigInt(dataBytes / (2 * channels)), 36);
  return Buffer.concat([start, formatAndDataChunks(audio, SIZE_ELSEWHERE)]);
}
