import { fragmentNumber, noise } from "../streams/call.js";
import { type ElementStyle, restyled } from "../streams/element-tree.js";
import { documents, type FragmentPlan, type Layout, oneDocument, type TrackPlan } from "../streams/matroska-stream.js";
import type { Choices } from "./random.js";

const START_MS = 1_700_000_000_000;

/** A fragment's bytes, and what was spoken in it. */
export interface Piece {
  bytes: Buffer;
  /** Absent where it carries no audio of a call. */
  spoken?: { transactionId: string; fragmentNumber: string; pcm: Buffer };
  /** It is not what it was, or was no fragment of a call to begin with. */
  isTouched: boolean;
}

const tracksOf: (name: string) => TrackPlan[] = (name) => [{ number: 1, name, codecId: "A_AAC" }];
const twoTracks: TrackPlan[] = [
  { number: 1, name: "CALLER", codecId: "A_AAC" },
  { number: 2, name: "CALLEE", codecId: "A_AAC" },
];

const layoutsOf = (choices: Choices): Layout => ({
  segmentSize: choices.one(["unknown", "known"]),
  clusterSize: choices.one(["unknown", "known"]),
  tagElements: choices.one(["each", "one"]),
  timestampSpelling: choices.one(["plain", "side"]),
  clutter: choices.once(5),
});

const styles: (ElementStyle | undefined)[] = [
  undefined,
  undefined,
  { unknownSizeOctets: 1 },
  { sizeOctets: 8 },
  { checksums: true },
  { sizeOctets: 4, checksums: true },
];

interface CallShape {
  transactionId: string;
  seed: number;
  firstNumber: number;
  startMs: number;
  tracks: TrackPlan[];
  /** As in GetMedia's answers. */
  hasToken: boolean;
}

function callOf(choices: Choices, shape: CallShape): { plans: FragmentPlan[]; pcm: Buffer[]; endMs: number } {
  const blockMs = choices.one([5, 10, 20]);
  const plans: FragmentPlan[] = [];
  const pcm: Buffer[] = [];
  const tagged = choices.one(["before", "after", "session", "session"] as const);
  const form = choices.one(["simple", "simple", "simple", "group", "ebml", "xiph", "fixed"] as const);
  const tags = { TransactionId: shape.transactionId, VoiceConnectorId: "vc-one" };
  let startMs = shape.startMs;
  const fragments = choices.between(2, 6);
  for (let index = 0; index < fragments; index++) {
    const count = choices.between(2, 7);
    const audio = noise(count * blockMs * 8, shape.seed * 1000 + index);
    const blocks = Array.from({ length: count }, (_, block) =>
      shape.tracks.map(({ number: track }) => {
        const data = audio.subarray(16 * blockMs * block, 16 * blockMs * (block + 1));
        // What the second track says is the first one's, backwards.
        return { track, form, relativeMs: block * blockMs, data: track === 1 ? data : Buffer.from(data).reverse() };
      }),
    ).flat();
    const number = fragmentNumber(shape.firstNumber + index);
    const isBefore = tagged === "before" || (tagged === "session" && index === 0);
    plans.push({
      number,
      producerMs: startMs,
      serverMs: startMs + 150,
      timecodeMs: startMs,
      blocks,
      tracks: shape.tracks,
      ...(isBefore ? { tagsBefore: tags } : {}),
      ...(isBefore ? {} : { tagsAfter: tags }),
      ...(shape.hasToken ? { continuationToken: number, millisBehindNow: 0 } : {}),
    });
    pcm.push(audio);
    startMs += count * blockMs + (choices.once(12) ? choices.between(1, 3000) : 0);
  }
  return { plans, pcm, endMs: startMs };
}

/** One to three calls on one stream, written in one of many ways. */
export function spokenStream(choices: Choices): Piece[] {
  const tracks = choices.once(6) ? twoTracks : tracksOf("CALLER");
  const layout = layoutsOf(choices);
  const style = choices.one(styles);
  const hasToken = !choices.once(3);
  const pieces: Piece[] = [];
  const calls = choices.between(1, 3);
  const all: FragmentPlan[] = [];
  let startMs = START_MS;
  for (let call = 0; call < calls; call++) {
    const shape = { transactionId: `call-${call}`, seed: call + 1, firstNumber: 100 * call, startMs, tracks, hasToken };
    const { plans, pcm, endMs } = callOf(choices, shape);
    for (const [index, bytes] of documents(plans, layout).entries()) {
      const spoken = {
        transactionId: shape.transactionId,
        fragmentNumber: plans[index]!.number!,
        pcm: pcm[index]!,
      };
      pieces.push({ bytes: style ? restyled(bytes, style) : bytes, spoken, isTouched: false });
    }
    all.push(...plans);
    startMs = endMs + choices.one([0, 0, 500, 5000]);
  }
  // Where a document holds them all, it is one piece.
  if (choices.once(5)) return [{ bytes: oneDocument(all, layout), isTouched: true }];
  return pieces;
}
