import type { SampleEncoding } from "../audio/audio-encoding.js";
import { alawToLinear, expansionTable, mulawToLinear } from "../audio/g711.js";

/** Samples are gathered in buffers of at least this many bytes, so that a fragment does not cost an allocation. */
const SLAB_BYTES = 256 * 1024;

/** Blocks' samples as signed 16-bit little-endian PCM, one after the other. What was handed out is never written again. */
export class PcmBuffer {
  #slab = new Uint8Array(0);
  /** Where the run at hand begins and ends. */
  #start = 0;
  #end = 0;
  readonly #expansions: Partial<Record<SampleEncoding, Uint8Array>> = {};

  /** Makes room for a run of up to `bytes` bytes of PCM. */
  begin(bytes: number): void {
    if (this.#end + bytes > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(SLAB_BYTES, bytes));
      this.#end = 0;
    }
    this.#start = this.#end;
  }

  /** Adds whole samples; `bytes` from `start` to `end` are of the encoding. */
  append(bytes: Uint8Array, start: number, end: number, encoding: SampleEncoding): void {
    if (encoding === "s16le") {
      this.#slab.set(bytes.subarray(start, end), this.#end);
      this.#end += end - start;
    } else if (encoding === "s16be") {
      this.#appendSwapped(bytes, start, end);
    } else {
      this.#appendExpanded(bytes, start, end, encoding);
    }
  }

  #appendSwapped(bytes: Uint8Array, start: number, end: number): void {
    const slab = this.#slab;
    let to = this.#end;
    for (let i = start; i + 1 < end; i += 2) {
      slab[to++] = bytes[i + 1]!;
      slab[to++] = bytes[i]!;
    }
    this.#end = to;
  }

  #appendExpanded(bytes: Uint8Array, start: number, end: number, encoding: "alaw" | "mulaw"): void {
    this.#expansions[encoding] ??= expansionTable(encoding === "alaw" ? alawToLinear : mulawToLinear);
    const expansion = this.#expansions[encoding];
    const slab = this.#slab;
    let to = this.#end;
    for (let i = start; i < end; i++) {
      const sample = 2 * bytes[i]!;
      slab[to++] = expansion[sample]!;
      slab[to++] = expansion[sample + 1]!;
    }
    this.#end = to;
  }

  /** The run, and the beginning of the next one in the same room. */
  take(): Uint8Array {
    const run = this.#slab.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return run;
  }
}
