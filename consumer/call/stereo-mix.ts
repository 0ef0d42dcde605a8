import type { Stretch } from "./channel-plan.js";
import { type RecordedAudio, RecordedSamples } from "./recorded-samples.js";

/** A recording's file, opened when it is first needed. */
export interface SampleSource extends RecordedAudio {
  open(): AsyncIterable<Uint8Array>;
}

const BLOCK_SAMPLES = 64 * 1024;

/** One channel, read from its beginning to its end. */
class ChannelReader {
  readonly #open = new Map<string, RecordedSamples>();
  #stretch = 0;
  #at = 0;

  constructor(
    private readonly stretches: readonly Stretch[],
    private readonly sources: ReadonlyMap<string, SampleSource>,
  ) {}

  async fill(target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      const { to, recording } = this.stretches[this.#stretch]!;
      const piece = target.subarray(filled, filled + 2 * (to - this.#at));
      if (recording) await this.#samplesOf(recording.id).read(piece, this.#at - recording.at);
      else piece.fill(0);
      filled += piece.length;
      this.#at += piece.length / 2;
      if (this.#at === to) this.#stretch++;
    }
  }

  #samplesOf(id: string): RecordedSamples {
    const known = this.#open.get(id);
    if (known) return known;
    const source = this.sources.get(id)!;
    const samples = new RecordedSamples(source.open(), source);
    this.#open.set(id, samples);
    return samples;
  }

  async end(): Promise<void> {
    for (const samples of this.#open.values()) await samples.end();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((samples) => samples.close().catch(() => undefined)));
  }
}

/**
 * Two channels as one: signed 16-bit samples, left and right in turn. Each piece that is yielded is valid until the next one is asked
 * for. Memory is a block and what a source holds, whatever the length.
 *
 * Throws `RecordingDamaged` where a file is not the one that its sidecar describes; what was yielded by then is worth nothing.
 * @param samples of each channel; the stretches end there
 */
export async function* mixStereo(
  channels: { left: readonly Stretch[]; right: readonly Stretch[] },
  samples: number,
  sources: ReadonlyMap<string, SampleSource>,
): AsyncGenerator<Uint8Array, void> {
  const left = new ChannelReader(channels.left, sources);
  const right = new ChannelReader(channels.right, sources);
  const block = { left: new Uint16Array(BLOCK_SAMPLES), right: new Uint16Array(BLOCK_SAMPLES) };
  const both = new Uint16Array(2 * BLOCK_SAMPLES);
  try {
    for (let at = 0; at < samples; at += BLOCK_SAMPLES) {
      const length = Math.min(BLOCK_SAMPLES, samples - at);
      await left.fill(new Uint8Array(block.left.buffer, 0, 2 * length));
      await right.fill(new Uint8Array(block.right.buffer, 0, 2 * length));
      interleave(block.left, block.right, both, length);
      yield new Uint8Array(both.buffer, 0, 4 * length);
    }
    await left.end();
    await right.end();
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}

/** Samples are moved as they are, so that the machine's byte order does not matter. */
function interleave(left: Uint16Array, right: Uint16Array, both: Uint16Array, length: number): void {
  for (let i = 0; i < length; i++) {
    both[2 * i] = left[i]!;
    both[2 * i + 1] = right[i]!;
  }
}
