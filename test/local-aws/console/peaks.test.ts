import assert from "node:assert/strict";
import { peaksOf } from "../../../local-aws/console/peaks.js";

function pcmOf(samples: number[]): Buffer {
  const pcm = Buffer.alloc(samples.length * 2);
  for (const [i, sample] of samples.entries()) pcm.writeInt16LE(sample, i * 2);
  return pcm;
}

describe("local-aws: peaks of audio", () => {
  it("tell the loudest of each bin, be it above or below zero, up to the audio's end", () => {
    const pcm = pcmOf([0, 200, 32_767, -5, -32_768, 0, -12_800]);
    assert.deepEqual(peaksOf(pcm, 0, 2, 10), [0, 127, 127, 49]);
    assert.deepEqual(peaksOf(pcm, 2, 2, 1), [127]);
    assert.deepEqual(peaksOf(pcm, 7, 2, 10), []);
    assert.deepEqual(peaksOf(Buffer.alloc(0), 0, 2, 10), []);
  });

  it("are the same where audio begins at an odd address", () => {
    const pcm = pcmOf([1_000, -20_000, 3_000]);
    const odd = Buffer.concat([Buffer.alloc(1), pcm]).subarray(1);
    assert.deepEqual(peaksOf(odd, 0, 1, 3), peaksOf(pcm, 0, 1, 3));
  });
});
