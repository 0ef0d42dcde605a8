import type { FileHandle } from "node:fs/promises";

/** Pieces are gathered up to this size: a system call a fragment would cost more than the fragment. */
const BATCH_BYTES = 1024 * 1024;
/** Linux takes up to 1,024 pieces in one call. */
const BATCH_PIECES = 1000;

/** Appends pieces to a file in large writes, one under way while the next is gathered. Memory is two batches. */
export class WriteQueue {
  /** Bytes taken so far. */
  bytes = 0;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #underWay: Promise<void> = Promise.resolve();

  constructor(private readonly file: FileHandle) {}

  /** Waits only where the write before has not ended. Its failure is this call's, or `flush`'s. */
  async add(piece: Uint8Array): Promise<void> {
    this.#batch.push(piece);
    this.#batchBytes += piece.length;
    this.bytes += piece.length;
    if (this.#batchBytes >= BATCH_BYTES || this.#batch.length >= BATCH_PIECES) await this.#send();
  }

  async flush(): Promise<void> {
    await this.#send();
    await this.#underWay;
  }

  async #send(): Promise<void> {
    await this.#underWay;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#underWay = this.#write(batch);
    // Awaited by the next call; until then a failure must not end the process as an unhandled one.
    this.#underWay.catch(() => {});
  }

  /** A call may write less than it was given, as on a disk that is nearly full. */
  async #write(pieces: Uint8Array[]): Promise<void> {
    let rest = pieces;
    while (rest.length > 0) {
      const { bytesWritten } = await this.file.writev(rest);
      rest = withoutFirst(rest, bytesWritten);
    }
  }
}

function withoutFirst(pieces: Uint8Array[], bytes: number): Uint8Array[] {
  let index = 0;
  let rest = bytes;
  while (index < pieces.length && rest >= pieces[index]!.length) rest -= pieces[index++]!.length;
  const left = pieces.slice(index);
  if (rest > 0 && left[0]) left[0] = left[0].subarray(rest);
  return left;
}
