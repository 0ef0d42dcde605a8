import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { PeakMeter, type Peaks } from "./peaks.js";
import { peaksPathOf, readPeaks, writePeaks } from "./peaks-file.js";
import { findWavData, WAV_HEAD_BYTES, type WavData } from "./wav-data.js";

/** What an audio file turned out to be. */
export interface AudioInspection {
  /** `verified`: its SHA-256 is the one that was recorded; `altered`: it is another one; `missing`: there is no such file. */
  state: "verified" | "altered" | "missing";
  /** Of the whole file; absent where it is missing. */
  sha256?: string;
  bytes?: number;
  /** Whether it is a WAV file that can be played. */
  isPlayable: boolean;
  durationMs?: number;
  /** Of mono audio alone. */
  peaks?: Peaks & { sampleRateHz: number };
}

export interface ReadingOptions {
  signal: AbortSignal;
  /** Told of bytes as they have been read. */
  onRead?: ((bytes: number) => void) | undefined;
}

const READ_BYTES = 1024 * 1024;

/**
 * Reads an audio file once: compares its SHA-256 with the recorded one, and measures its waveform, unless the peaks beside it are of
 * this very file. They are put there otherwise. Memory is that of the peaks.
 * @param recordedSha256 as the sidecar has it
 * @throws where the file is there and cannot be read
 */
export async function inspectAudio(
  path: string,
  recordedSha256: string,
  options: ReadingOptions,
): Promise<AudioInspection> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { state: "missing", isPlayable: false };
  }
  try {
    const { size } = await file.stat();
    const buffer = Buffer.from(new ArrayBuffer(READ_BYTES));
    const headBytes = await fill(file, buffer.subarray(0, WAV_HEAD_BYTES), 0);
    const wav = findWavData(buffer.subarray(0, headBytes), size);
    const samples = wav?.channels === 1 ? Math.floor(wav.bytes / 2) : 0;
    const peaksPath = peaksPathOf(path);
    // As a rule the file is as it was recorded, and so are its peaks.
    const kept = samples > 0 ? await readPeaks(peaksPath, recordedSha256, samples) : undefined;
    const meter = samples > 0 && !kept ? new PeakMeter(samples) : undefined;
    const { sha256, bytes } = await readThrough(file, buffer, { ...options, wav, meter });
    const state = sha256 === recordedSha256 ? "verified" : "altered";
    let peaks: Peaks | undefined = kept ?? meter?.end();
    if (kept && state === "altered") {
      const remeter = new PeakMeter(samples);
      await readThrough(file, buffer, { ...options, wav, meter: remeter });
      peaks = remeter.end();
    }
    if (peaks && peaks !== kept) await writePeaks(peaksPath, sha256, peaks);
    const rate = wav?.sampleRateHz ?? 0;
    return {
      state,
      sha256,
      bytes,
      isPlayable: wav !== undefined,
      ...(wav && { durationMs: (Math.floor(wav.bytes / (2 * wav.channels)) * 1000) / rate }),
      ...(peaks && { peaks: { ...peaks, sampleRateHz: rate } }),
    };
  } finally {
    await file.close();
  }
}

/** From the first byte to the last. */
async function readThrough(
  file: FileHandle,
  buffer: Buffer,
  { wav, meter, signal, onRead }: ReadingOptions & { wav: WavData | undefined; meter: PeakMeter | undefined },
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let at = 0;
  for (;;) {
    signal.throwIfAborted();
    const read = await fill(file, buffer, at);
    if (read === 0) return { sha256: hash.digest("hex"), bytes: at };
    hash.update(buffer.subarray(0, read));
    if (wav && meter) {
      const from = Math.max(0, wav.offset - at);
      const to = Math.min(read, wav.offset + wav.bytes - at);
      // Offsets are even, in the file and in the buffer.
      if (to > from) meter.add(new Int16Array(buffer.buffer, from, Math.floor((to - from) / 2)));
    }
    at += read;
    onRead?.(read);
  }
}

/** As many bytes as there are, up to the buffer's length. */
async function fill(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
