/** Where the samples of a WAV file are, and what they are. */
export interface WavData {
  offset: number;
  /** As far as its header tells; a stream's says nothing, and so does a file's that is cut short. */
  bytes: number;
  sampleRateHz: number;
  channels: number;
}

/** Chunks before the samples are small. */
export const WAV_HEAD_BYTES = 4096;

const SIZE_ELSEWHERE = 0xffffffff;
const PCM = 1;

/**
 * Reads the head of a WAV file, RIFF or RF64 (EBU Tech 3306), with 16-bit PCM.
 * @param head the first {@link WAV_HEAD_BYTES} bytes, or the whole file
 * @returns undefined where it is something else
 */
export function findWavData(head: Buffer, fileBytes: number): WavData | undefined {
  const form = head.toString("latin1", 0, 4);
  if ((form !== "RIFF" && form !== "RF64") || head.toString("latin1", 8, 12) !== "WAVE") return undefined;
  let format: { sampleRateHz: number; channels: number } | undefined;
  for (let at = 12; at + 8 <= head.length; ) {
    const name = head.toString("latin1", at, at + 4);
    const size = head.readUInt32LE(at + 4);
    const content = at + 8;
    if (name === "data") {
      if (!format) return undefined;
      const rest = Math.max(0, fileBytes - content);
      // What a 64-bit size would tell beyond this is not there.
      return { offset: content, bytes: size === SIZE_ELSEWHERE ? rest : Math.min(size, rest), ...format };
    }
    if (name === "fmt ") {
      if (size < 16 || content + 16 > head.length) return undefined;
      const [code, channels] = [head.readUInt16LE(content), head.readUInt16LE(content + 2)];
      const sampleRateHz = head.readUInt32LE(content + 4);
      if (code !== PCM || channels === 0 || sampleRateHz === 0 || head.readUInt16LE(content + 14) !== 16)
        return undefined;
      format = { sampleRateHz, channels };
    }
    at = content + size + (size % 2);
  }
  return undefined;
}
