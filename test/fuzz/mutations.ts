import { sizeBytes } from "../../local-aws/ebml-writer.js";
import { noise } from "../streams/call.js";
import { errorDocument } from "../streams/matroska-stream.js";
import type { Choices } from "./random.js";
import type { Piece } from "./spoken-stream.js";

const ids = [
  "1a45dfa3",
  "18538067",
  "1549a966",
  "1654ae6b",
  "1254c367",
  "1f43b675",
  "a3",
  "a0",
  "e7",
  "ec",
  "4dff",
  "bf",
];
const MOST_BYTES_INSERTED = 700;

type Mutation = (pieces: Piece[], choices: Choices) => Piece[];

function touched(piece: Piece, bytes: Uint8Array): Piece {
  return { ...piece, bytes: Buffer.from(bytes), isTouched: true };
}

/** A mutation of the bytes of one piece. */
function within(change: (bytes: Buffer, choices: Choices, pieces: Piece[]) => Uint8Array): Mutation {
  return (pieces, choices) => {
    const index = choices.below(pieces.length);
    return pieces.map((piece, i) =>
      i === index ? touched(piece, change(Buffer.from(piece.bytes), choices, pieces)) : piece,
    );
  };
}

/** Bytes that are no part of the stream, or are one in a wrong place. */
function strayBytes(choices: Choices, pieces: Piece[]): Buffer {
  const length = choices.size(MOST_BYTES_INSERTED);
  switch (choices.below(5)) {
    case 0:
      return Buffer.alloc(length, choices.one([0, 0xff, 0xa3, 0x55]));
    case 1:
      return Buffer.concat([Buffer.from(choices.one(ids), "hex"), claim(choices)]);
    case 2: {
      const { bytes } = choices.one(pieces);
      const from = choices.below(bytes.length);
      return Buffer.from(bytes.subarray(from, from + length));
    }
    case 3:
      return Buffer.concat(Array.from({ length: choices.between(1, 12) }, () => Buffer.from(choices.one(ids), "hex")));
    default:
      return noise(length, choices.below(1_000_000)).subarray(0, length);
  }
}

/** A size: of a few bytes, of many, of more than anybody has, or unknown. */
function claim(choices: Choices): Buffer {
  const octets = choices.between(1, 8);
  const size = choices.one([0, 1, 4, 100, 324, 5000, 2_000_000, 2 ** 31, 2 ** 40]);
  if (choices.once(6)) return Buffer.from("01ffffffffffffff", "hex");
  return size < 2 ** (7 * octets) - 1 ? sizeBytes(size, octets) : sizeBytes(size);
}

const cutAt = (bytes: Buffer, choices: Choices): [Buffer, Buffer] => {
  const at = choices.below(bytes.length + 1);
  return [bytes.subarray(0, at), bytes.subarray(at)];
};

/** Where an element's id stands, or only looks like it. */
function placeOfId(bytes: Buffer, choices: Choices): number {
  const id = Buffer.from(choices.one(ids), "hex");
  const found = bytes.indexOf(id, choices.below(bytes.length));
  return found === -1 ? choices.below(bytes.length) : found + id.length;
}

/** The same fragment as a producer sends it again: under another number, which is as long. */
function renumbered(piece: Piece, index: number): Piece {
  if (!piece.spoken) return piece;
  const { fragmentNumber } = piece.spoken;
  const number = `${fragmentNumber.slice(0, -4)}9${String(index).padStart(3, "0")}`;
  const bytes = Buffer.from(piece.bytes.toString("latin1").replaceAll(fragmentNumber, number), "latin1");
  return { ...piece, bytes, spoken: { ...piece.spoken, fragmentNumber: number } };
}

export const mutations: Readonly<Record<string, Mutation>> = {
  flip: within((bytes, choices) => {
    for (let i = choices.size(8); i > 0; i--) bytes[choices.below(bytes.length)]! ^= 1 << choices.below(8);
    return bytes;
  }),
  remove: within((bytes, choices) => {
    const at = choices.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + choices.size(bytes.length))]);
  }),
  insert: within((bytes, choices, pieces) => {
    const [before, after] = cutAt(bytes, choices);
    return Buffer.concat([before, strayBytes(choices, pieces), after]);
  }),
  overwrite: within((bytes, choices, pieces) => {
    bytes.set(strayBytes(choices, pieces).subarray(0, bytes.length), 0);
    const [before, after] = cutAt(bytes, choices);
    const stray = strayBytes(choices, pieces);
    return Buffer.concat([before, stray, after.subarray(Math.min(after.length, stray.length))]);
  }),
  changeSize: within((bytes, choices) => {
    const at = placeOfId(bytes, choices);
    const octets = Math.max(1, Math.min(8, Math.clz32(bytes[at] ?? 1) - 23));
    return Buffer.concat([bytes.subarray(0, at), claim(choices), bytes.subarray(at + octets)]);
  }),
  truncate: within((bytes, choices) => cutAt(bytes, choices)[0]),
  behead: within((bytes, choices) => cutAt(bytes, choices)[1]),
  splice: within((bytes, choices, pieces) =>
    Buffer.concat([cutAt(bytes, choices)[0], cutAt(choices.one(pieces).bytes, choices)[1]]),
  ),
  swapTags: within((bytes, choices) => {
    const at = bytes.indexOf("call-");
    if (at !== -1) bytes[at + 5] = 0x30 + choices.below(4);
    return bytes;
  }),
  dropTags: within((bytes, choices) => {
    const at = bytes.indexOf(Buffer.from("1254c367", "hex"), choices.below(bytes.length));
    if (at === -1) return bytes;
    bytes[at] = choices.one([0xec, 0x12, 0]);
    return bytes;
  }),
  duplicate: (pieces, choices) => {
    const from = choices.below(pieces.length);
    const again = pieces.slice(from, from + choices.between(1, 3));
    const at = choices.below(pieces.length + 1);
    return [...pieces.slice(0, at), ...again, ...pieces.slice(at)];
  },
  replay: (pieces, choices) => {
    const from = choices.below(pieces.length);
    const again = pieces
      .slice(from, from + choices.between(1, 3))
      .map((piece) => renumbered(piece, choices.below(900)));
    const at = Math.min(pieces.length, from + again.length + choices.below(2));
    return [...pieces.slice(0, at), ...again, ...pieces.slice(at)];
  },
  swap: (pieces, choices) => {
    const [a, b] = [choices.below(pieces.length), choices.below(pieces.length)];
    return pieces.map((piece, i) => (i === a ? pieces[b]! : i === b ? pieces[a]! : piece));
  },
  drop: (pieces, choices) => {
    const index = choices.below(pieces.length);
    return pieces.length > 1 ? pieces.filter((_, i) => i !== index) : pieces;
  },
  strayBetween: (pieces, choices) => {
    const at = choices.below(pieces.length + 1);
    const stray: Piece = { bytes: strayBytes(choices, pieces), isTouched: true };
    return [...pieces.slice(0, at), stray, ...pieces.slice(at)];
  },
  errorBetween: (pieces, choices) => {
    const at = choices.below(pieces.length + 1);
    const bytes = errorDocument({ AWS_KINESISVIDEO_ERROR_ID: "3002", AWS_KINESISVIDEO_ERROR_CODE: "STORAGE" });
    return [...pieces.slice(0, at), { bytes, isTouched: false }, ...pieces.slice(at)];
  },
};
