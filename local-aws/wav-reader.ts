const SAMPLE_RATE_HZ = 8_000;
const PCM = 1;
const EXTENSIBLE = 0xfffe;

/** Why a file cannot be one side of a telephone call. */
export class WavError extends Error {
  override readonly name = "WavError";
}

/**
 * The samples of a WAV file as a telephone call has them: 8 kHz, mono, signed 16 bit, little-endian.
 * @throws WavError for anything else; nothing is converted
 */
export function readTelephoneWav(bytes: Uint8Array): Buffer {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 12 || file.toString("latin1", 0, 4) !== "RIFF" || file.toString("latin1", 8, 12) !== "WAVE") {
    throw new WavError("not a WAV file");
  }
  let isChecked = false;
  let offset = 12;
  while (offset + 8 <= file.length) {
    const id = file.toString("latin1", offset, offset + 4);
    const size = file.readUInt32LE(offset + 4);
    const start = offset + 8;
    if (id === "fmt ") {
      checkFormat(file.subarray(start, start + size));
      isChecked = true;
    } else if (id === "data") {
      if (!isChecked) throw new WavError("a WAV file without a format");
      // A writer that did not know the length beforehand leaves 0 or the largest number: then the file's end counts.
      const end = size === 0 || start + size > file.length ? file.length : start + size;
      const samples = file.subarray(start, end - ((end - start) % 2));
      if (samples.length === 0) throw new WavError("a WAV file without audio");
      return samples;
    }
    offset = start + size + (size % 2);
  }
  throw new WavError("a WAV file without audio");
}

function checkFormat(format: Buffer): void {
  if (format.length < 16) throw new WavError("a WAV file with a broken format");
  const coding = format.readUInt16LE(0);
  const channels = format.readUInt16LE(2);
  const sampleRateHz = format.readUInt32LE(4);
  const bits = format.readUInt16LE(14);
  const isPcm = coding === PCM || (coding === EXTENSIBLE && format.length >= 26 && format.readUInt16LE(24) === PCM);
  if (!isPcm || bits !== 16) throw new WavError(`not 16-bit PCM (format ${coding}, ${bits} bits)`);
  if (channels !== 1) throw new WavError(`not mono (${channels} channels)`);
  if (sampleRateHz !== SAMPLE_RATE_HZ) throw new WavError(`not 8000 Hz (${sampleRateHz} Hz)`);
}
