/** The least and the greatest sample of each stretch of the same length: what a waveform is drawn from. */
export interface Peaks {
  /** Samples in a bucket; the last one may have fewer. */
  bucketSamples: number;
  /** Least, greatest, least, greatest, …: signed bytes, 1/128 of full scale, rounded away from zero: only silence is 0. */
  bytes: Int8Array;
}

/** A waveform has no more buckets than this, however long the call: 600 kB, 160 ms of sound each in ten hours. */
const MOST_BUCKETS = 300_000;
/** 4 ms at 8 kHz: finer than a screen shows. */
const LEAST_BUCKET_SAMPLES = 32;
const SCALE = 256;

/** How many samples go into a bucket, by how many there are in all. */
export function bucketSamplesFor(samples: number): number {
  let bucketSamples = LEAST_BUCKET_SAMPLES;
  while (samples / bucketSamples > MOST_BUCKETS) bucketSamples += LEAST_BUCKET_SAMPLES;
  return bucketSamples;
}

/** Computes peaks of samples as they come. Memory is that of the peaks. */
export class PeakMeter {
  readonly #bucketSamples: number;
  readonly #bytes: Int8Array;
  #bucket = 0;
  #inBucket = 0;
  #least = 0;
  #greatest = 0;

  /** @param samples as many as will come; what comes beyond is left out */
  constructor(samples: number) {
    this.#bucketSamples = bucketSamplesFor(samples);
    this.#bytes = new Int8Array(2 * Math.ceil(samples / this.#bucketSamples));
  }

  add(samples: Int16Array): void {
    const bucketSamples = this.#bucketSamples;
    for (let at = 0; at < samples.length; ) {
      const end = Math.min(samples.length, at + bucketSamples - this.#inBucket);
      let least = this.#least;
      let greatest = this.#greatest;
      this.#inBucket += end - at;
      for (; at < end; at++) {
        const sample = samples[at]!;
        if (sample < least) least = sample;
        else if (sample > greatest) greatest = sample;
      }
      this.#least = least;
      this.#greatest = greatest;
      if (this.#inBucket === bucketSamples) this.#close();
    }
  }

  /** What was measured. No call follows it. */
  end(): Peaks {
    if (this.#inBucket > 0) this.#close();
    return { bucketSamples: this.#bucketSamples, bytes: this.#bytes };
  }

  #close(): void {
    if (2 * this.#bucket < this.#bytes.length) {
      this.#bytes[2 * this.#bucket] = Math.floor(this.#least / SCALE);
      this.#bytes[2 * this.#bucket + 1] = Math.min(127, Math.ceil(this.#greatest / SCALE));
    }
    this.#bucket++;
    this.#inBucket = this.#least = this.#greatest = 0;
  }
}
