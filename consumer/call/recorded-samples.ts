import { createHash } from "node:crypto";

/** A file of audio is not the one that its sidecar describes. */
export class RecordingDamaged extends Error {
  override readonly name = "RecordingDamaged";
}

export interface RecordedAudio {
  /** For messages. */
  location: string;
  samples: number;
  /** Of the whole file, lower-case hexadecimal. */
  sha256: string;
}

const RIFF_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** Two are written. */
const MAX_CHUNKS = 16;

/**
 * The samples of a mono WAV file as it comes, read forwards once. What was read is proven to be what the sidecar describes when `end`
 * has settled. Memory is one chunk of the source.
 */
export class RecordedSamples {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #hash = createHash("sha256");
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Samples, in bytes, that were read or passed over; undefined before the header was. */
  #position: number | undefined;

  constructor(
    bytes: AsyncIterable<Uint8Array>,
    private readonly audio: RecordedAudio,
  ) {
    this.#iterator = bytes[Symbol.asyncIterator]();
  }

  /** Fills `target` with the samples that begin at `atSample`, which is not before what was read already. */
  async read(target: Uint8Array, atSample: number): Promise<void> {
    if (this.#position === undefined) await this.#skipHeader();
    await this.#take(2 * atSample - this.#position!);
    await this.#take(target.length, target);
    this.#position = 2 * atSample + target.length;
  }

  /** Reads what is left. Throws `RecordingDamaged` where the file is another one. */
  async end(): Promise<void> {
    while (await this.#next());
    if (this.#hash.digest("hex") !== this.audio.sha256) throw this.#damaged("its SHA-256 is another one");
  }

  /** Gives the source back. Harmless at any time. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  /** To the first sample. */
  async #skipHeader(): Promise<void> {
    const header = new Uint8Array(CHUNK_HEADER_BYTES);
    const view = new DataView(header.buffer);
    await this.#take(RIFF_BYTES);
    for (let chunks = 0; chunks < MAX_CHUNKS; chunks++) {
      await this.#take(CHUNK_HEADER_BYTES, header);
      if (Buffer.from(header).toString("latin1", 0, 4) === "data") {
        this.#position = 0;
        return;
      }
      const contentBytes = view.getUint32(4, true);
      await this.#take(contentBytes + (contentBytes % 2));
    }
    throw this.#damaged("it is no WAV file");
  }

  /** The next bytes, into `target` if there is one. */
  async #take(bytes: number, target?: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes; ) {
      if (this.#at === this.#chunk.length && !(await this.#next())) throw this.#damaged("it ends too early");
      const piece = this.#chunk.subarray(this.#at, this.#at + bytes - taken);
      target?.set(piece, taken);
      taken += piece.length;
      this.#at += piece.length;
    }
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#iterator.next();
    if (done) return false;
    this.#hash.update(value);
    this.#chunk = value;
    this.#at = 0;
    return true;
  }

  #damaged(why: string): RecordingDamaged {
    return new RecordingDamaged(`${this.audio.location} is not the audio that its sidecar describes: ${why}`);
  }
}
