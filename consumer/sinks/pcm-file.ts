import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  MOST_RIFF_DATA_BYTES,
  RF64_HEADER_BYTES,
  RIFF_HEADER_BYTES,
  rf64Header,
  riffHeader,
} from "../audio/wav-header.js";
import { WriteQueue } from "./write-queue.js";

/** `wav`: RIFF, beyond 4 GiB RF64. `s16le`: samples alone. */
export type AudioFileFormat = "wav" | "s16le";

export interface PcmFileOptions {
  format: AudioFileFormat;
  /** Default 8,000. */
  sampleRateHz?: number;
  /** Has the file and its name on the disk before `commit` returns, so that even a power cut cannot take it. Default true. */
  sync?: boolean;
  /** Samples beyond this many bytes make the file RF64. Default: as many as RIFF can count; less only serves tests. */
  mostRiffDataBytes?: number;
  /** A name part nobody else uses. Default: the process' id and a random number. */
  uniqueName?: () => string;
}

const DEFAULT_SAMPLE_RATE_HZ = 8000;
const SHIFT_BYTES = 1024 * 1024;

/** Not a UUID: `node:crypto` takes longer to load than a minute of audio to extract. A file of that name is never opened, should there be one. */
const uniqueName = (): string => `${process.pid}-${Math.random().toString(36).slice(2)}`;

/**
 * An audio file under construction, in a hidden sibling of its final name. It takes that name when it is complete, in one step:
 * whoever finds it there finds all of it, and a process that is killed leaves what was there before.
 */
export class PcmFile {
  readonly #queue: WriteQueue;
  #open = true;

  private constructor(
    /** Where it will be. */
    readonly path: string,
    private readonly temporaryPath: string,
    private readonly file: FileHandle,
    private readonly options: PcmFileOptions,
  ) {
    this.#queue = new WriteQueue(file);
  }

  /** @param path an existing file is replaced at `commit`; through a symbolic link, the file it points to */
  static async open(path: string, options: PcmFileOptions): Promise<PcmFile> {
    const target = await realpath(path).catch(() => path);
    const found = await stat(target).catch(() => undefined);
    if (found?.isDirectory()) throw Object.assign(new Error(`EISDIR: ${path} is a directory`), { code: "EISDIR" });
    const unique = (options.uniqueName ?? uniqueName)();
    const temporaryPath = join(dirname(target), `.${basename(target)}.${unique}.part`);
    const file = await open(temporaryPath, "wx+");
    const pcmFile = new PcmFile(target, temporaryPath, file, options);
    if (options.format === "wav") await pcmFile.#queue.add(pcmFile.#riffHeader(0));
    return pcmFile;
  }

  #riffHeader(dataBytes: number): Buffer {
    return riffHeader({ sampleRateHz: this.options.sampleRateHz ?? DEFAULT_SAMPLE_RATE_HZ, dataBytes });
  }

  /** Appends samples. The bytes may be used again once the promise has settled. */
  write(pcm: Uint8Array): Promise<void> | undefined {
    return this.#queue.add(pcm);
  }

  /** @returns bytes of the file */
  async commit(): Promise<number> {
    await this.#queue.flush();
    let { bytes } = this.#queue;
    if (this.options.format === "wav") bytes = await this.#finishHeader(bytes - RIFF_HEADER_BYTES);
    if (this.options.sync ?? true) await this.file.sync();
    await this.file.close();
    await rename(this.temporaryPath, this.path);
    this.#open = false;
    if (this.options.sync ?? true) await syncFolder(dirname(this.path));
    return bytes;
  }

  async #finishHeader(dataBytes: number): Promise<number> {
    if (dataBytes <= (this.options.mostRiffDataBytes ?? MOST_RIFF_DATA_BYTES)) {
      await this.file.write(this.#riffHeader(dataBytes), 0, RIFF_HEADER_BYTES, 0);
      return RIFF_HEADER_BYTES + dataBytes;
    }
    await this.#shiftSamples(dataBytes);
    const header = rf64Header({ sampleRateHz: this.options.sampleRateHz ?? DEFAULT_SAMPLE_RATE_HZ, dataBytes });
    await this.file.write(header, 0, RF64_HEADER_BYTES, 0);
    return RF64_HEADER_BYTES + dataBytes;
  }

  /** Makes room for the larger header, from the end backwards. Only calls of three days pay for it, so that all others have the small one. */
  async #shiftSamples(dataBytes: number): Promise<void> {
    const buffer = Buffer.alloc(Math.min(SHIFT_BYTES, dataBytes));
    for (let end = dataBytes; end > 0; ) {
      const length = Math.min(buffer.length, end);
      const start = end - length;
      await readFully(this.file, buffer.subarray(0, length), RIFF_HEADER_BYTES + start);
      await this.file.write(buffer, 0, length, RF64_HEADER_BYTES + start);
      end = start;
    }
  }

  /** Removes what was written. Harmless after `commit` or a second time. */
  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#queue.flush().catch(() => {});
    await this.file.close().catch(() => {});
    await rm(this.temporaryPath, { force: true });
  }
}

async function readFully(file: FileHandle, buffer: Buffer, position: number): Promise<void> {
  for (let done = 0; done < buffer.length; ) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0) throw new Error("the file became shorter while it was written");
    done += bytesRead;
  }
}

/** Without it the file is on the disk, but after a power cut perhaps under its former name. Where folders cannot be synced, the system does it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
