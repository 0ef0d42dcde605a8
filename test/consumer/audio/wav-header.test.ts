import assert from "node:assert/strict";
import {
  MOST_RIFF_DATA_BYTES,
  RF64_HEADER_BYTES,
  RIFF_HEADER_BYTES,
  rf64Header,
  riffHeader,
} from "../../../consumer/audio/wav-header.js";

describe("WAV headers", () => {
  it("writes the plain 44 bytes", () => {
    const header = riffHeader({ sampleRateHz: 8000, dataBytes: 320 });
    assert.equal(header.length, RIFF_HEADER_BYTES);
    assert.equal(
      header.toString("hex"),
      Buffer.concat([
        Buffer.from("RIFF"),
        Buffer.from("64010000", "hex"),
        Buffer.from("WAVEfmt "),
        Buffer.from("1000000001000100401f0000803e000002001000", "hex"),
        Buffer.from("data"),
        Buffer.from("40010000", "hex"),
      ]).toString("hex"),
    );
  });

  it("counts the bytes of all channels of a moment, and moments", () => {
    const stereo = { sampleRateHz: 8000, channels: 2, dataBytes: 320 };
    const header = riffHeader(stereo);
    assert.deepEqual(
      [header.readUInt16LE(22), header.readUInt32LE(28), header.readUInt16LE(32), header.readUInt32LE(40)],
      [2, 32_000, 4, 320],
    );
    assert.equal(rf64Header(stereo).readBigUInt64LE(36), 80n);
  });

  it("sets all size bits where the length is unknown", () => {
    const header = riffHeader({ sampleRateHz: 8000, dataBytes: undefined });
    assert.deepEqual([header.readUInt32LE(4), header.readUInt32LE(40)], [0xffffffff, 0xffffffff]);
  });

  it("counts up to the last byte that 32 bits can", () => {
    assert.equal(riffHeader({ sampleRateHz: 8000, dataBytes: MOST_RIFF_DATA_BYTES }).readUInt32LE(4), 0xffffffff);
  });

  it("writes 64-bit sizes in RF64", () => {
    const dataBytes = 5 * 2 ** 30;
    const header = rf64Header({ sampleRateHz: 16_000, dataBytes });
    assert.equal(header.length, RF64_HEADER_BYTES);
    assert.equal(header.toString("latin1", 0, 4) + header.toString("latin1", 8, 16), "RF64WAVEds64");
    assert.equal(header.readBigUInt64LE(20), BigInt(dataBytes + RF64_HEADER_BYTES - 8));
    assert.equal(header.readBigUInt64LE(28), BigInt(dataBytes));
    assert.equal(header.readBigUInt64LE(36), BigInt(dataBytes / 2));
    assert.equal(header.readUInt32LE(60), 16_000);
    assert.equal(header.toString("latin1", 72, 76), "data");
  });
});
