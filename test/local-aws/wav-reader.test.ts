import assert from "node:assert/strict";
import { readTelephoneWav, WavError } from "../../local-aws/wav-reader.js";
import { wavFile } from "./office.js";

describe("readTelephoneWav", () => {
  const { wav, pcm } = wavFile(3, 1_000);
  const changed = (change: (file: Buffer) => void) => {
    const file = Buffer.from(wav);
    change(file);
    return file;
  };

  it("gives the samples", () => {
    assert.ok(readTelephoneWav(wav).equals(pcm));
  });

  it("passes over other chunks, padded ones too", () => {
    const list = Buffer.from("LIST\x03\0\0\0abc\0", "latin1");
    const file = Buffer.concat([wav.subarray(0, 36), list, wav.subarray(36)]);
    assert.ok(readTelephoneWav(file).equals(pcm));
  });

  it("takes WAVE_FORMAT_EXTENSIBLE with PCM inside", () => {
    const format = Buffer.alloc(8 + 40);
    wav.copy(format, 0, 12, 36);
    format.writeUInt32LE(40, 4);
    format.writeUInt16LE(0xfffe, 8);
    format.writeUInt16LE(1, 8 + 24);
    const file = Buffer.concat([wav.subarray(0, 12), format, wav.subarray(36)]);
    assert.ok(readTelephoneWav(file).equals(pcm));
  });

  it("a data chunk without a length, or with one too long, ends with the file", () => {
    assert.ok(readTelephoneWav(changed((file) => file.writeUInt32LE(0, 40))).equals(pcm));
    assert.ok(readTelephoneWav(changed((file) => file.writeUInt32LE(0xffffffff, 40))).equals(pcm));
  });

  it("leaves half a sample at the end out", () => {
    assert.equal(readTelephoneWav(wav.subarray(0, wav.length - 1)).length, pcm.length - 2);
  });

  const refused: [string, Buffer, RegExp][] = [
    ["another sample rate", changed((file) => file.writeUInt32LE(16_000, 24)), /^not 8000 Hz \(16000 Hz\)$/],
    ["stereo", changed((file) => file.writeUInt16LE(2, 22)), /^not mono \(2 channels\)$/],
    ["8 bits", changed((file) => file.writeUInt16LE(8, 34)), /^not 16-bit PCM \(format 1, 8 bits\)$/],
    ["mu-law", changed((file) => file.writeUInt16LE(7, 20)), /^not 16-bit PCM \(format 7, 16 bits\)$/],
    ["text", Buffer.from("hello, world, this is no audio"), /^not a WAV file$/],
    ["nothing", Buffer.alloc(0), /^not a WAV file$/],
    ["a header without data", wav.subarray(0, 36), /^a WAV file without audio$/],
    ["no samples", wav.subarray(0, 44), /^a WAV file without audio$/],
    ["a format cut short", changed((file) => file.writeUInt32LE(4, 16)), /^a WAV file with a broken format$/],
  ];
  for (const [what, file, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => readTelephoneWav(file),
        (error: Error) => error instanceof WavError && message.test(error.message),
      );
    });
  }
});
