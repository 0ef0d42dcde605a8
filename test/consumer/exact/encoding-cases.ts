import { noise, plannedCall } from "../../streams/call.js";
import { documents, type FragmentPlan, type TrackPlan } from "../../streams/matroska-stream.js";
import type { StreamCase } from "./stream-case.js";

const START_MS = 1_700_000_000_000;
const FRAGMENTS = 3;
const BLOCKS = 4;

/** A WAVEFORMATEX as KVS producers write it: 18 bytes, no extension. */
export function waveFormat(tag: number, bits: number, channels = 1, sampleRateHz = 8000): Buffer {
  const header = Buffer.alloc(18);
  const blockAlign = (channels * bits) / 8;
  header.writeUInt16LE(tag, 0);
  header.writeUInt16LE(channels, 2);
  header.writeUInt32LE(sampleRateHz, 4);
  header.writeUInt32LE(sampleRateHz * blockAlign, 8);
  header.writeUInt16LE(blockAlign, 12);
  header.writeUInt16LE(bits, 14);
  return header;
}

/** Payload in blocks of 20 ms. */
function streamOf(payload: Buffer, track: TrackPlan): Buffer {
  const blockBytes = payload.length / (FRAGMENTS * BLOCKS);
  const plans: FragmentPlan[] = [];
  for (let f = 0; f < FRAGMENTS; f++) {
    const startMs = START_MS + f * BLOCKS * 20;
    const blocks = Array.from({ length: BLOCKS }, (_, b) => {
      const from = (f * BLOCKS + b) * blockBytes;
      return { relativeMs: 20 * b, data: payload.subarray(from, from + blockBytes) };
    });
    plans.push({ number: String(f + 1), timecodeMs: startMs, producerMs: startMs, blocks, tracks: [track] });
  }
  return Buffer.concat(documents(plans));
}

const SAMPLES = FRAGMENTS * BLOCKS * 160;
const pcm = noise(SAMPLES, 51);
const swapped = Buffer.from(pcm).swap16();
/** Every code comes, many times. */
const codes = Buffer.from(Array.from({ length: SAMPLES }, (_, i) => (i * 7 + (i >> 8)) & 0xff));

/** G.711's decoder output values y, as its tables build them: 13-bit for A-law, 14-bit for µ-law, here in 16 bits. */
function expanded(toLinear: (code: number) => number): Buffer {
  const bytes = Buffer.alloc(2 * codes.length);
  for (const [i, code] of codes.entries()) bytes.writeInt16LE(toLinear(code), 2 * i);
  return bytes;
}

function fromAlaw(code: number): number {
  const even = code ^ 0x55;
  const segment = (even & 0x70) / 16;
  const step = even & 0x0f;
  const level = segment === 0 ? 2 * step + 1 : (2 * step + 33) * 2 ** (segment - 1);
  return 8 * (even >= 0x80 ? level : -level);
}

function fromMulaw(code: number): number {
  const complement = 255 - code;
  const level = (2 * (complement % 16) + 33) * 2 ** (Math.floor(complement / 16) % 8) - 33;
  return 4 * (complement >= 0x80 ? -level : level);
}

/** AAC frames are of any length. `adts`: each with a header of its own. */
function aac(adts: boolean): FragmentPlan[] {
  const call = plannedCall({ transactionId: "call-one", fragments: 3 });
  let index = 0;
  for (const block of call.fragments.flatMap(({ blocks }) => blocks)) {
    const bytes = 150 + ((index++ * 37) % 61);
    const frame = noise(110, index).subarray(0, bytes);
    if (adts) frame.set([0xff, 0xf1, 0x6c, 0x40 | (bytes >> 11), (bytes >> 3) & 0xff, ((bytes & 7) << 5) | 0x1f, 0xfc]);
    block.data = frame;
  }
  return call.fragments;
}

const refused = (name: string, track: TrackPlan, message: RegExp, payload = pcm): StreamCase => ({
  name: `refused: ${name}`,
  stream: streamOf(payload, track),
  refused: ["UnsupportedAudio", message],
});

export const encodingCases: StreamCase[] = [
  {
    name: "PCM labelled A_AAC, 48 kHz stereo, none of which is true",
    stream: streamOf(pcm, {
      number: 1,
      codecId: "A_AAC",
      codecPrivate: Buffer.of(0x11, 0x90),
      samplingFrequencyHz: 48_000,
      channels: 2,
    }),
    pcm,
    exitCode: 0,
  },
  { name: "PCM without a codec id", stream: streamOf(pcm, { number: 1 }), pcm },
  {
    name: "A_PCM/INT/LIT",
    stream: streamOf(pcm, { number: 1, codecId: "A_PCM/INT/LIT", samplingFrequencyHz: 8000 }),
    pcm,
  },
  {
    name: "A_PCM/INT/LIT of 16,000 samples a second",
    stream: streamOf(Buffer.concat([pcm, pcm]), {
      number: 1,
      codecId: "A_PCM/INT/LIT",
      samplingFrequencyHz: 16_000,
      channels: 1,
      bitDepth: 16,
    }),
    pcm: Buffer.concat([pcm, pcm]),
    report: { sampleRateHz: 16_000 },
  },
  { name: "A_PCM/INT/BIG", stream: streamOf(swapped, { number: 1, codecId: "A_PCM/INT/BIG", bitDepth: 16 }), pcm },
  {
    name: "A_MS/ACM of format 1 (PCM)",
    stream: streamOf(pcm, { number: 1, codecId: "A_MS/ACM", codecPrivate: waveFormat(1, 16) }),
    pcm,
  },
  {
    name: "A_MS/ACM of format 6 (A-law)",
    stream: streamOf(codes, { number: 1, codecId: "A_MS/ACM", codecPrivate: waveFormat(6, 8) }),
    pcm: expanded(fromAlaw),
  },
  {
    name: "A_MS/ACM of format 7 (µ-law)",
    stream: streamOf(codes, { number: 1, codecId: "A_MS/ACM", codecPrivate: waveFormat(7, 8) }),
    pcm: expanded(fromMulaw),
    exitCode: 0,
  },
  {
    name: "refused: AAC frames with ADTS headers",
    stream: Buffer.concat(documents(aac(true))),
    refused: ["UnsupportedAudio", /A_AAC.*not PCM.*ffmpeg/],
    exitCode: 1,
  },
  {
    name: "refused: AAC frames as they are",
    stream: Buffer.concat(documents(aac(false))),
    refused: ["UnsupportedAudio", /A_AAC.*not PCM.*ffmpeg/],
    exitCode: 1,
  },
  refused(
    "A_MS/ACM of another format",
    { number: 1, codecId: "A_MS/ACM", codecPrivate: waveFormat(0x55, 8) },
    /WAVE format 85; 1, 6 and 7 are read/,
  ),
  refused("stereo", { number: 1, codecId: "A_PCM/INT/LIT", channels: 2 }, /2 channels.*ffmpeg/),
  refused("24 bits", { number: 1, codecId: "A_PCM/INT/LIT", bitDepth: 24 }, /24 bits/),
  refused("a track compressed by its container", { number: 1, contentEncodings: true }, /ContentEncodings.*mkvmerge/),
];

const tracks: TrackPlan[] = [
  { number: 1, name: "AUDIO_FROM_CUSTOMER", codecId: "A_AAC" },
  { number: 2, name: "AUDIO_TO_CUSTOMER", codecId: "A_AAC" },
  { number: 3, name: "PROMPTS", codecId: "A_AAC" },
];
const spoken = tracks.map((_, i) => noise(FRAGMENTS * BLOCKS * 160, 60 + i));

/** Tracks whose order, and numbers if told, change from fragment to fragment, and blocks of all of them taking turns. */
function manyTracks(count: number, numbersChange: boolean): Buffer {
  const plans: FragmentPlan[] = [];
  for (let f = 0; f < FRAGMENTS; f++) {
    const startMs = START_MS + f * BLOCKS * 20;
    const numberOf = (track: number): number => (numbersChange ? ((track + f) % count) + 1 : track + 1);
    const described = tracks.slice(0, count).map((track, i) => ({ ...track, number: numberOf(i) }));
    const order = described.map((_, i) => (i + f) % count);
    const blocks = Array.from({ length: BLOCKS }, (_, b) => b).flatMap((b) =>
      order.map((track) => {
        const from = 320 * (f * BLOCKS + b);
        return { track: numberOf(track), relativeMs: 20 * b, data: spoken[track]!.subarray(from, from + 320) };
      }),
    );
    const turned = order.map((i) => described[i]!);
    plans.push({ number: String(f + 1), timecodeMs: startMs, producerMs: startMs, blocks, tracks: turned });
  }
  return Buffer.concat(documents(plans));
}

/** Fragments of a known format, among which the second's header was changed. */
function oneHeaderChanged(change: Partial<TrackPlan>): Buffer {
  const track: TrackPlan = { number: 1, codecId: "A_PCM/INT/LIT", samplingFrequencyHz: 8000, channels: 1 };
  const call = plannedCall({ transactionId: "call-one", fragments: 3, seed: 81 });
  const plans = call.fragments.map((plan, index) => ({
    ...plan,
    tracks: [index === 1 ? { ...track, ...change } : track],
  }));
  return Buffer.concat(documents(plans));
}

const headerCall = plannedCall({ transactionId: "call-one", fragments: 3, seed: 81 });
const changedHeaders: [what: string, change: Partial<TrackPlan>][] = [
  ["two channels", { channels: 2 }],
  ["24 bits", { bitDepth: 24 }],
  ["16,000 samples a second", { samplingFrequencyHz: 16_000 }],
  ["compression by its container", { contentEncodings: true }],
];

/** A header that cannot be the leg's costs its own fragment, and that is told. */
export const headerCases: StreamCase[] = changedHeaders.map(([what, change]) => ({
  name: `a fragment whose header claims ${what}, inside the leg`,
  stream: oneHeaderChanged(change),
  pcm: Buffer.from(headerCall.pcm).fill(0, 3200, 6400),
  report: { gaps: [{ atMs: 200, durationMs: 200 }] },
  errors: [{ code: "unreadable", offset: oneHeaderChanged(change).indexOf(Buffer.from("1a45dfa3", "hex"), 1) }],
}));

export const trackCases: StreamCase[] = [
  ...[2, 3].flatMap((count) =>
    [false, true].flatMap((numbersChange) =>
      tracks.slice(0, count).map((track, i) => ({
        name: `${track.name} of ${count} tracks by name; their order changes${numbersChange ? ", their numbers, too" : ""}`,
        stream: manyTracks(count, numbersChange),
        selection: { track: track.name! },
        pcm: spoken[i]!,
        exitCode: count === 3 && numbersChange && i === 1 ? 0 : undefined,
      })),
    ),
  ),
  ...[2, 3].flatMap((count) =>
    tracks.slice(0, count).map((track, i) => ({
      name: `track ${track.number} of ${count} by number; their order changes`,
      stream: manyTracks(count, false),
      selection: { track: track.number },
      pcm: spoken[i]!,
    })),
  ),
  {
    name: "refused: several tracks and none named",
    stream: manyTracks(2, false),
    refused: ["LegError", /2 audio tracks.*AUDIO_FROM_CUSTOMER \(1\), AUDIO_TO_CUSTOMER \(2\)/],
    exitCode: 2,
  },
  {
    name: "the only audio track beside a video track",
    stream: Buffer.concat(
      documents(
        plannedCall({ transactionId: "call-one", fragments: 2, seed: 71 }).fragments.map((plan) => ({
          ...plan,
          tracks: [{ number: 7, type: 1, codecId: "V_MPEG4/ISO/AVC" }, { number: 1 }],
          blocks: plan.blocks.flatMap((block) => [
            { track: 7, relativeMs: block.relativeMs, data: noise(99, 3) },
            block,
          ]),
        })),
      ),
    ),
    pcm: plannedCall({ transactionId: "call-one", fragments: 2, seed: 71 }).pcm,
  },
];
