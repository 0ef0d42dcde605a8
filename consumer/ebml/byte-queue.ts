/** Bytes taken over from a new chunk at a time while an element lies across two chunks. */
const SMALLEST_BRIDGE_BYTES = 4096;

/**
 * A stream of chunks seen through one contiguous window, so that readers index bytes and never meet a chunk border.
 *
 * Where nothing is left over from the chunk before, the window is the chunk itself: no copy. Where something is, it is joined
 * with just enough of the new chunk to get past the border, and then the window moves on to the chunk. So a large chunk costs
 * the copy of about one fragment, and one-byte chunks are gathered in a buffer that doubles.
 *
 * No reference to a chunk is kept after `push` returns.
 */
export class ByteQueue {
  /** The window; valid from index 0 to `end - base`. Replaced by `push`, never overwritten: views of it stay true. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Stream offset of `bytes[0]`. */
  base = 0;
  /** Stream offset after the last byte in the window. */
  end = 0;
  /** Stream offset from which bytes are still needed. The reader raises it; bytes before it are let go. */
  keepFrom = 0;
  #buffer: Buffer | undefined;
  #view: DataView | undefined;
  /** True while `bytes` is a buffer of our own, with room after `end`. */
  #owned = false;

  /** The window as a Buffer, which turns bytes into text. */
  get buffer(): Buffer {
    const { bytes } = this;
    this.#buffer ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#buffer;
  }

  /** The window for numbers of several bytes. */
  get view(): DataView {
    const { bytes } = this;
    this.#view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#view;
  }

  #show(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#buffer = undefined;
    this.#view = undefined;
  }

  /** Takes a chunk and calls `consume` as often as the window changes; each call is to read as far as it can. */
  push(chunk: Uint8Array, consume: () => void): void {
    const chunkStart = this.end;
    const chunkEnd = chunkStart + chunk.length;
    let taken = 0;
    while (this.keepFrom < chunkStart) {
      if (taken === chunk.length) return;
      const wanted = Math.max(SMALLEST_BRIDGE_BYTES, this.end - this.keepFrom);
      const next = Math.min(chunk.length, taken + wanted);
      this.#append(chunk.subarray(taken, next));
      taken = next;
      consume();
    }
    const alreadySeen = this.end === chunkEnd;
    // Views of a Buffer cost several times as much as views of the same bytes as an Uint8Array.
    this.#show(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    this.base = chunkStart;
    this.end = chunkEnd;
    this.#owned = false;
    if (!alreadySeen) consume();
    this.#keepTail();
  }

  #append(piece: Uint8Array): void {
    const used = this.end - this.base;
    if (!this.#owned || used + piece.length > this.bytes.length) this.#reserve(piece.length);
    this.bytes.set(piece, this.end - this.base);
    this.end += piece.length;
  }

  /** Moves what is kept into a new buffer: fragments already handed out may be views of the present one. */
  #reserve(moreBytes: number): void {
    const kept = this.bytes.subarray(this.keepFrom - this.base, this.end - this.base);
    const room = Math.max(SMALLEST_BRIDGE_BYTES, 2 * (kept.length + moreBytes));
    this.#show(new Uint8Array(room));
    this.bytes.set(kept);
    this.base = this.keepFrom;
    this.#owned = true;
  }

  #keepTail(): void {
    if (this.keepFrom < this.end) {
      this.#reserve(0);
    } else {
      this.#show(new Uint8Array(0));
      this.base = this.end;
    }
  }
}
