/** As many samples of a bin are looked at, evenly spread: a picture of ten hours costs no more than one of ten seconds. */
const SAMPLES_PER_BIN = 400;

/**
 * How loud audio is, as a picture needs it.
 * @param pcm signed 16 bit, little-endian, mono
 * @param firstSample of the first bin
 * @returns 0 to 127 for each bin; bins beyond the audio's end are left out
 */
export function peaksOf(pcm: Buffer, firstSample: number, samplesPerBin: number, maxBins: number): number[] {
  // Its high byte is as much of a sample as a picture shows.
  const bytes = new Int8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const samples = pcm.length >> 1;
  const step = Math.max(1, Math.floor(samplesPerBin / SAMPLES_PER_BIN));
  const peaks: number[] = [];
  for (let begin = firstSample; begin < samples && peaks.length < maxBins; begin += samplesPerBin) {
    const end = Math.min(begin + samplesPerBin, samples);
    let peak = 0;
    for (let i = begin; i < end; i += step) {
      const value = bytes[i * 2 + 1]!;
      const loudness = value < 0 ? -1 - value : value;
      if (loudness > peak) peak = loudness;
    }
    peaks.push(peak);
  }
  return peaks;
}
