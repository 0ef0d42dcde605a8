import assert from "node:assert/strict";
import { audioEncodingOf, UnsupportedAudio } from "../../../consumer/audio/audio-encoding.js";

function waveFormat(tag: number, channels = 1, sampleRateHz = 8000, bits = 8): Buffer {
  const header = Buffer.alloc(18);
  header.writeUInt16LE(tag, 0);
  header.writeUInt16LE(channels, 2);
  header.writeUInt32LE(sampleRateHz, 4);
  header.writeUInt16LE(bits, 14);
  return header;
}

describe("audioEncodingOf", () => {
  it("takes a track for 16-bit little-endian PCM whatever compressed codec its id names", () => {
    for (const codecId of [undefined, "A_AAC", "A_OPUS", "A_SOMETHING"]) {
      // The header of the Connect cousin: 48 kHz stereo AAC, none of which is true.
      const track = {
        number: 1,
        type: 2,
        codecId,
        codecPrivate: Buffer.from([0x11, 0x90]),
        samplingFrequencyHz: 48_000,
        channels: 2,
      };
      assert.equal(audioEncodingOf(track).encoding, "s16le");
      assert.equal(audioEncodingOf(track).sampleRateHz, undefined);
    }
  });

  it("believes the ids that stand for PCM", () => {
    const track = { number: 1, type: 2, samplingFrequencyHz: 16_000, bitDepth: 16, channels: 1 };
    assert.deepEqual(audioEncodingOf({ ...track, codecId: "A_PCM/INT/LIT" }), {
      encoding: "s16le",
      sampleRateHz: 16_000,
      labelUntrusted: false,
    });
    assert.equal(audioEncodingOf({ ...track, codecId: "A_PCM/INT/BIG" }).encoding, "s16be");
  });

  it("believes a WAVEFORMATEX", () => {
    const acm = (codecPrivate?: Buffer) => audioEncodingOf({ number: 1, type: 2, codecId: "A_MS/ACM", codecPrivate });
    assert.deepEqual(acm(waveFormat(6)), { encoding: "alaw", sampleRateHz: 8000, labelUntrusted: false });
    assert.equal(acm(waveFormat(7)).encoding, "mulaw");
    assert.equal(acm(waveFormat(1, 1, 8000, 16)).encoding, "s16le");
    assert.equal(acm().encoding, "s16le");
  });

  it("refuses what it cannot read by name, with what to do", () => {
    const refused = (track: object, message: RegExp) =>
      assert.throws(
        () => audioEncodingOf({ number: 1, type: 2, ...track }),
        (error) => error instanceof UnsupportedAudio && message.test(error.message),
      );
    refused({ codecId: "A_PCM/INT/LIT", channels: 2 }, /2 channels.*ffmpeg/);
    refused({ codecId: "A_PCM/INT/LIT", bitDepth: 24 }, /24 bits/);
    refused({ codecId: "A_MS/ACM", codecPrivate: waveFormat(0x55) }, /WAVE format 85/);
    refused({ codecId: "A_MS/ACM", codecPrivate: waveFormat(7, 2) }, /2 channels/);
    refused({ codecId: "A_MS/ACM", codecPrivate: waveFormat(1, 1, 8000, 8) }, /8 bits/);
    refused({ contentEncoded: true }, /mkvmerge/);
  });
});
