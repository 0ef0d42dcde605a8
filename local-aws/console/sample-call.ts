const SAMPLE_RATE_HZ = 8_000;
const HEADER_BYTES = 44;

/** Who speaks from when to when, in seconds: a conversation of twenty. */
const turns = {
  caller: [
    [4.2, 8.9],
    [13.1, 15.2],
    [18.1, 19.4],
  ],
  callee: [
    [0.5, 3.8],
    [9.3, 12.8],
    [15.5, 17.7],
  ],
} as const;
const SECONDS = 20;

const voices = { caller: { pitchHz: 118, seed: 7 }, callee: { pitchHz: 205, seed: 11 } };

/** Both legs of a conversation that sounds like speech from the next room; always the same. */
export function sampleCall(): { callerWav: Buffer; calleeWav: Buffer } {
  return { callerWav: wavOf(murmur("caller")), calleeWav: wavOf(murmur("callee")) };
}

/** Hum with overtones for the voice, hiss for its consonants, both swelling some five times a second. */
function murmur(side: keyof typeof turns): Int16Array {
  const { pitchHz, seed } = voices[side];
  const samples = new Int16Array(SECONDS * SAMPLE_RATE_HZ);
  const random = randomNumbers(seed);
  let phase = 0;
  let hiss = 0;
  for (const [fromSeconds, toSeconds] of turns[side]) {
    let syllableEnd = 0;
    let syllableStart = 0;
    let loudness = 0;
    for (let i = Math.round(fromSeconds * SAMPLE_RATE_HZ); i < toSeconds * SAMPLE_RATE_HZ; i++) {
      if (i >= syllableEnd) {
        syllableStart = i;
        syllableEnd = i + Math.round((0.11 + 0.17 * random()) * SAMPLE_RATE_HZ);
        loudness = random() < 0.12 ? 0 : 0.35 + 0.65 * random();
      }
      const swell = Math.sin((Math.PI * (i - syllableStart)) / (syllableEnd - syllableStart));
      phase += (2 * Math.PI * pitchHz * (1 + 0.08 * Math.sin(i / 2_900) - 0.05 * (1 - swell))) / SAMPLE_RATE_HZ;
      const hum = Math.sin(phase) + 0.6 * Math.sin(2 * phase) + 0.35 * Math.sin(3 * phase) + 0.2 * Math.sin(5 * phase);
      hiss = 0.7 * hiss + 0.3 * (random() * 2 - 1);
      samples[i] = Math.round(9_000 * loudness * swell * (hum + 0.5 * hiss));
    }
  }
  return samples;
}

/** Numbers of 0 to 1 that are the same every time. https://en.wikipedia.org/wiki/Linear_congruential_generator */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function wavOf(samples: Int16Array): Buffer {
  const wav = Buffer.alloc(HEADER_BYTES + samples.length * 2);
  wav.write("RIFF", 0, "latin1");
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write("WAVEfmt ", 8, "latin1");
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  wav.writeUInt32LE(SAMPLE_RATE_HZ * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(samples.length * 2, 40);
  for (const [i, sample] of samples.entries()) wav.writeInt16LE(sample, HEADER_BYTES + i * 2);
  return wav;
}
