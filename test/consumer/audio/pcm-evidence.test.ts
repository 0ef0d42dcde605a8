import assert from "node:assert/strict";
import { PcmEvidence } from "../../../consumer/audio/pcm-evidence.js";

describe("PcmEvidence", () => {
  const track = { number: 1, type: 2, codecId: "A_AAC" };
  const look = (evidence: PcmEvidence, bytes: number) => evidence.look(track, Buffer.alloc(bytes), 0, bytes);

  it("knows an ADTS frame by its header", () => {
    const frame = Buffer.alloc(256);
    frame.set([0xff, 0xf1, 0x6c, 0x40, 256 >> 3, 0x1f, 0xfc]);
    assert.throws(() => new PcmEvidence().look(track, frame, 0, 256), /A_AAC.*ADTS.*ffmpeg/);
  });

  it("lets PCM pass that begins like one", () => {
    const pcm = Buffer.alloc(256);
    pcm.set([0xff, 0xf1, 0x6c, 0x40, 0x01, 0x1f, 0xfc]);
    new PcmEvidence().look(track, pcm, 0, 256);
  });

  it("knows that PCM has no half samples, and that a block can be damaged", () => {
    const evidence = new PcmEvidence();
    look(evidence, 201);
    for (let i = 0; i < 20; i++) look(evidence, 320);
    assert.throws(() => look(evidence, 57), /odd number of bytes/);
  });

  it("is given by 32 blocks", () => {
    const evidence = new PcmEvidence();
    for (let i = 0; i < 32; i++) {
      assert.equal(evidence.isGiven, false);
      look(evidence, 320);
    }
    assert.equal(evidence.isGiven, true);
  });
});
