import type { FileHandle } from "node:fs/promises";

/** What a file that grows slowly takes: thousands of legs may be recorded at a time. */
const SMALLEST_BATCH_BYTES = 16 * 1024;
/** A system call for less than this would cost more than the copy. */
const LARGEST_BATCH_BYTES = 1024 * 1024;

/**
 * Appends pieces to a file in large writes, one under way while the next is gathered. Pieces are copied, so they may be changed once
 * `add` has settled. Memory is two batches, which grow up to 1 MiB each where pieces come faster than they are written.
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

  /** Waits only where there is no room before the write under way has ended. A failed write is this call's failure, or `flush`'s. */
  async add(piece: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.bytes += piece.length;
    let rest = piece;
    for (;;) {
      const room = this.#batch.length - this.#batchBytes;
      if (rest.length < room) break;
      this.#gather(rest.subarray(0, room));
      rest = rest.subarray(room);
      await this.#send();
    }
    this.#gather(rest);
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
        written += bytesWritten;
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#underWay = undefined;
    }
  }
}
