import type { FileHandle } from "node:fs/promises";

/** What a file that grows slowly takes: thousands of legs may be recorded at a time. */
const SMALLEST_BATCH_BYTES = 8 * 1024;
/** A system call for less than this would cost more than the copy. */
const LARGEST_BATCH_BYTES = 2 * 1024 * 1024;

/**
 * Appends pieces to a file in large writes, one under way while the next is gathered. Pieces are copied, so they may be changed once
 * `add` has settled. Memory is two batches, which grow up to 2 MiB each where pieces come faster than they are written.
 */
export class WriteQueue {
  /** Bytes taken so far. */
  bytes = 0;
  #batch = new Uint8Array(SMALLEST_BATCH_BYTES);
  #batchBytes = 0;
  /** The other buffer, written from while one is under way. */
  #spare = new Uint8Array(0);
  #underWay: Promise<void> | undefined;
  #failure: unknown;

  constructor(private readonly file: FileHandle) {}

  /**
   * A failed write is the failure of a later call, or of `flush`.
   * @returns settles once there is room, where there is none before the write under way has ended; undefined where the piece was taken
   */
  add(piece: Uint8Array): Promise<void> | undefined {
    if (this.#failure) throw this.#failure;
    this.bytes += piece.length;
    if (this.#batchBytes + piece.length > this.#batch.length) return this.#addInParts(piece);
    this.#gather(piece);
    return undefined;
  }

  async #addInParts(piece: Uint8Array): Promise<void> {
    let rest = piece;
    while (rest.length > 0) {
      const room = this.#batch.length - this.#batchBytes;
      this.#gather(rest.subarray(0, room));
      rest = rest.subarray(room);
      if (this.#batchBytes === this.#batch.length) await this.#send();
    }
  }

  #gather(piece: Uint8Array): void {
    this.#batch.set(piece, this.#batchBytes);
    this.#batchBytes += piece.length;
  }

  async flush(): Promise<void> {
    await this.#send();
    await this.#underWay;
    if (this.#failure) throw this.#failure;
  }

  async #send(): Promise<void> {
    const isSlower = this.#underWay !== undefined;
    await this.#underWay;
    if (this.#failure) throw this.#failure;
    const batch = this.#batch.subarray(0, this.#batchBytes);
    const wanted = isSlower ? Math.min(2 * this.#batch.length, LARGEST_BATCH_BYTES) : this.#batch.length;
    const next = this.#spare.length >= wanted ? this.#spare : new Uint8Array(wanted);
    this.#spare = this.#batch;
    this.#batch = next;
    this.#batchBytes = 0;
    this.#underWay = this.#write(batch);
  }

  /** A call may write less than it was given, as on a disk that is nearly full. */
  async #write(batch: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < batch.length; ) {
        const { bytesWritten } = await this.file.write(batch, written, batch.length - written, null);
        if (bytesWritten === 0) throw new Error("the file takes no more bytes");
        written += bytesWritten;
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#underWay = undefined;
    }
  }
}
