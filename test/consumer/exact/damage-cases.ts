import { element, openElement, sizeBytes, uintElement } from "../../../local-aws/ebml-writer.js";
import { noise, plannedCall } from "../../streams/call.js";
import { blockElement, documents, errorDocument, offsetsOf } from "../../streams/matroska-stream.js";
import type { StreamCase, ToldError } from "./stream-case.js";

const BLOCK_BYTES = 320;
const BLOCK_MS = 20;
const BLOCKS_PER_FRAGMENT = 10;
/** Of a block: id, size, track, timecode, flags. */
const HEADER_BYTES = 7;
const ELEMENT_BYTES = HEADER_BYTES + BLOCK_BYTES;

export const damagedCall = plannedCall({ transactionId: "call-one", fragments: 4, tags: "after" });
const parts = documents(damagedCall.fragments);
const whole = Buffer.concat(parts);
const offsets = offsetsOf(parts);

/** Where block `number` of the call begins: its element. */
function blockOffset(number: number): number {
  return whole.indexOf(damagedCall.pcm.subarray(number * BLOCK_BYTES, (number + 1) * BLOCK_BYTES)) - HEADER_BYTES;
}

const insert = (at: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at)]);
const remove = (at: number, count: number): Buffer =>
  Buffer.concat([whole.subarray(0, at), whole.subarray(at + count)]);
function changed(at: number, ...octets: number[]): Buffer {
  const bytes = Buffer.from(whole);
  bytes.set(octets, at);
  return bytes;
}

/** The call with blocks missing, each too short for a gap. */
function without(...blocks: number[]): Pick<StreamCase, "pcm" | "report"> {
  const pcm = Buffer.concat(
    Array.from({ length: 4 * BLOCKS_PER_FRAGMENT }, (_, i) => i)
      .filter((i) => !blocks.includes(i))
      .map((i) => damagedCall.pcm.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES)),
  );
  return { pcm, report: blocks.length > 0 ? { driftMs: blocks.length * BLOCK_MS } : {} };
}

/** The call with silence for blocks `from` up to `to`. */
function silent(from: number, to: number): Pick<StreamCase, "pcm" | "report"> {
  const pcm = Buffer.from(damagedCall.pcm).fill(0, from * BLOCK_BYTES, to * BLOCK_BYTES);
  return { pcm, report: { gaps: [{ atMs: from * BLOCK_MS, durationMs: (to - from) * BLOCK_MS }] } };
}

const garbage = (offset: number, bytesSkipped: number, code = "garbage"): ToldError[] => [
  { code, offset, bytesSkipped },
];

const errorTags: [what: string, tags: Record<string, string>, code: string][] = [
  [
    "GetMedia's error tags",
    { AWS_KINESISVIDEO_ERROR_ID: "4501", AWS_KINESISVIDEO_ERROR_CODE: "KMS_KEY_DISABLED" },
    "KMS_KEY_DISABLED",
  ],
  ["GetMedia's error id alone", { AWS_KINESISVIDEO_ERROR_ID: "3002" }, "3002"],
  [
    "error tags of GetMediaForFragmentList",
    {
      AWS_KINESISVIDEO_FRAGMENT_NUMBER: "123",
      AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE: "4000",
      AWS_KINESISVIDEO_EXCEPTION_MESSAGE: "Fragment not found",
    },
    "4000",
  ],
  [
    "error tags of GetMediaForFragmentList with a name",
    { AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE: "InternalFailure" },
    "InternalFailure",
  ],
];

const errorCases: StreamCase[] = errorTags.flatMap(([what, tags, code]) => {
  const chunk = errorDocument(tags);
  return [
    {
      name: `${what} between fragments`,
      stream: insert(offsets[2]!, chunk),
      ...without(),
      errors: [{ code, offset: offsets[2]! }],
    },
    {
      name: `${what} in the place of a fragment`,
      stream: Buffer.concat([...parts.slice(0, 2), chunk, parts[3]!]),
      ...silent(20, 30),
      errors: [{ code, offset: offsets[2]! }],
      exitCode: code === "4000" || code === "KMS_KEY_DISABLED" ? 3 : undefined,
    },
    {
      name: `${what} first, twice in a row, and last`,
      stream: Buffer.concat([chunk, parts[0]!, chunk, chunk, ...parts.slice(1), chunk]),
      ...without(),
      errors: [
        0,
        parts[0]!.length + chunk.length,
        parts[0]!.length + 2 * chunk.length,
        whole.length + 3 * chunk.length,
      ].map((offset) => ({ code, offset })),
    },
  ];
});

const rubbish = noise(150, 11);
const html = Buffer.from("<html><body>503 Service Unavailable</body></html>\n".repeat(8));
const tailOf = (fragment: number): number => blockOffset(10 * fragment + 9) + ELEMENT_BYTES;

const garbageCases: StreamCase[] = [
  { what: "noise", added: rubbish, beginsElement: false },
  { what: "zeros", added: Buffer.alloc(300), beginsElement: false },
  { what: "a page of HTML", added: html, beginsElement: true },
  { what: "one byte", added: Buffer.of(0x55), beginsElement: true },
].flatMap(({ what, added, beginsElement }) => {
  return [
    { at: 0, where: "before the first fragment" },
    { at: offsets[2]!, where: "between fragments" },
    { at: whole.length, where: "behind the last fragment" },
  ].map(({ at, where }) => ({
    name: `${what} ${where}`,
    stream: insert(at, added),
    ...without(),
    // At the end it may be the beginning of something.
    errors: garbage(at, added.length, at === whole.length && beginsElement ? "truncated" : "garbage"),
    exitCode: what === "noise" && at === offsets[2] ? 3 : undefined,
  }));
});

const insideCases: StreamCase[] = [
  {
    name: "noise between two blocks: the one before may be cut, and is given up",
    stream: insert(blockOffset(14), rubbish),
    ...without(13),
    errors: garbage(blockOffset(13), ELEMENT_BYTES + rubbish.length),
  },
  ...[3, 100, 326].map((within) => ({
    name: `noise inside a block, behind its ${within} first bytes`,
    stream: insert(blockOffset(14) + within, rubbish),
    ...without(14),
    errors: garbage(blockOffset(14), ELEMENT_BYTES + rubbish.length),
  })),
  ...(
    [
      [100, 50, 1, "garbage"],
      [100, 300, 2, "sizeRefused"],
      [3, 700, 3, "garbage"],
    ] as const
  ).map(([within, count, blocks, code]) => ({
    name: `${count} bytes missing from a block on`,
    stream: remove(blockOffset(14) + within, count),
    ...without(...Array.from({ length: blocks }, (_, i) => 14 + i)),
    errors: garbage(blockOffset(14), blocks * ELEMENT_BYTES - count, code),
  })),
  {
    name: "six blocks overwritten with zeros: silence, and where",
    stream: Buffer.from(whole).fill(0, blockOffset(13), blockOffset(19)),
    ...silent(12, 19),
    errors: garbage(blockOffset(12), 7 * ELEMENT_BYTES),
    exitCode: 3,
  },
  ...[0, 1, 2, 3].map((index) => ({
    name: `byte ${index} of a block's header spoilt`,
    stream: changed(blockOffset(14) + index, whole[blockOffset(14) + index]! ^ 0x5a),
    ...without(14),
    // A size made larger than any element's.
    errors: garbage(blockOffset(14), ELEMENT_BYTES, index === 1 ? "sizeRefused" : "garbage"),
  })),
  {
    name: "a cluster's header overwritten",
    stream: Buffer.from(whole).fill(0, blockOffset(10) - 23, blockOffset(10) - 12),
    ...without(),
    errors: garbage(blockOffset(10) - 23, 23),
  },
  {
    name: "an EBML header overwritten",
    stream: Buffer.from(whole).fill(0, offsets[1]!, offsets[1]! + 10),
    ...without(),
    errors: garbage(offsets[1]!, whole.indexOf(Buffer.from("18538067", "hex"), offsets[1]!) - offsets[1]!),
  },
  {
    name: "noise between a fragment's cluster and its tags",
    stream: insert(tailOf(1), rubbish),
    ...without(19),
    errors: garbage(blockOffset(19), ELEMENT_BYTES + rubbish.length),
  },
];

/** Sizes that no fragment has: a terabyte, and as much as a size can say. */
const giants: [what: string, size: Buffer][] = [
  ["4 GB", sizeBytes(4_000_000_000)],
  ["2^56 - 2 bytes", Buffer.from("01fffffffffffffe", "hex")],
];
const claimants: readonly (readonly [name: string, id: string])[] = [
  ["SimpleBlock", "a3"],
  ["BlockGroup", "a0"],
  ["Tags", "1254c367"],
  ["Tracks", "1654ae6b"],
  ["Info", "1549a966"],
  ["EBML", "1a45dfa3"],
  ["Attachments", "1941a469"],
  ["an unknown element", "4dff"],
];

/** Bytes that promise more than anybody has. */
export const claims = claimants.flatMap(([name, id]) =>
  giants.map(([what, size]) => ({
    name: `${name} that claims ${what}`,
    bytes: Buffer.concat([Buffer.from(id, "hex"), size]),
    // So few bytes may come about by chance, inside a block that is cut: then that block is given up.
    isShort: id.length === 2 ? size.length < 7 : id.length === 4,
  })),
);

const badLacing = element(0xa3, Buffer.from([0x81, 0, 0, 0x82, 3, 255, 255, 255]), Buffer.alloc(20));
const badGroup = element(
  0xa0,
  blockElement({ relativeMs: 80, data: noise(160, 3) }).fill(0xa1, 0, 1),
  Buffer.of(0x9b, 0x85, 0),
);

const blockCases: StreamCase[] = [
  { what: "a block whose lacing does not add up", bytes: badLacing, code: "invalidBlock" },
  { what: "a block group whose children do not add up", bytes: badGroup, code: "invalidElement" },
].flatMap(({ what, bytes, code }) =>
  [10, 14].flatMap((block) => [
    {
      name: `${what}, before block ${block}`,
      stream: insert(blockOffset(block), bytes),
      ...without(...(code === "invalidElement" && block === 14 ? [13] : [])),
      errors: garbage(
        blockOffset(block) - (code === "invalidElement" && block === 14 ? ELEMENT_BYTES : 0),
        bytes.length + (code === "invalidElement" && block === 14 ? ELEMENT_BYTES : 0),
        code,
      ),
    },
  ]),
);
const blocksThenNoise: StreamCase[] = [10, 14].map((block) => ({
  name: `a block whose lacing does not add up, noise behind it, before block ${block}`,
  stream: insert(blockOffset(block), Buffer.concat([badLacing, rubbish])),
  ...without(),
  errors: garbage(blockOffset(block), badLacing.length + rubbish.length, "invalidBlock"),
}));

/** A block that says it is laced and long: two fragments lie inside of what it claims. */
const coveringBlock = Buffer.concat([
  Buffer.of(0xa3),
  sizeBytes(2 * parts[1]!.length),
  Buffer.of(0x81, 0, 0, 0x86, 3, 0x81, 0),
]);
const coverCases: StreamCase[] = [
  {
    name: "a block whose lacing does not add up and whose size covers the next fragments",
    stream: insert(blockOffset(10), coveringBlock),
    ...without(),
    errors: garbage(blockOffset(10), coveringBlock.length, "invalidBlock"),
  },
];

const other = plannedCall({ transactionId: "call-two", fragments: 1, tags: "after", seed: 4, firstNumber: 50 });
const otherDocument = documents(other.fragments)[0]!;
/** The tags of another call's fragment, all that is left of it. */
const otherTail = otherDocument.subarray(otherDocument.indexOf(Buffer.from("1254c367", "hex"), 1200));
const ownTail = whole.indexOf(Buffer.from("1254c367", "hex"), tailOf(1));
const tailCases: StreamCase[] = (["call-one", "call-two"] as const).flatMap((transactionId) => {
  const isOwn = transactionId === "call-one";
  return [
    {
      name: `another call's last tags behind a fragment's own: ${transactionId}`,
      stream: insert(offsets[2]!, otherTail),
      selection: { transactionId },
      ...(isOwn ? without() : { pcm: Buffer.alloc(0) }),
      errors: [{ code: "garbage", offset: offsets[2]! + otherTail.length }],
    },
    {
      name: `another call's last tags in the place of a fragment's own: ${transactionId}`,
      stream: Buffer.concat([whole.subarray(0, ownTail), otherTail, whole.subarray(offsets[2]!)]),
      selection: { transactionId },
      ...(isOwn ? without() : { pcm: Buffer.alloc(0) }),
      errors: [{ code: "garbage", offset: ownTail + otherTail.length }],
    },
  ];
});

const claimCases: StreamCase[] = [
  ...claims.flatMap(({ name, bytes, isShort }) =>
    [
      { at: blockOffset(14), where: "among blocks", lost: isShort ? [13] : [] },
      { at: tailOf(1), where: "behind a cluster", lost: isShort ? [19] : [] },
      { at: whole.indexOf(Buffer.from("1654ae6b", "hex"), offsets[1]), where: "in a document's head", lost: [] },
    ].map(({ at, where, lost }) => ({
      name: `${name}, ${where}`,
      stream: insert(at, bytes),
      ...without(...lost),
      errors: garbage(at - lost.length * ELEMENT_BYTES, bytes.length + lost.length * ELEMENT_BYTES, "sizeRefused"),
    })),
  ),
  ...giants.map(([what, size]) => ({
    name: `a Cluster that claims ${what}`,
    stream: Buffer.concat([
      whole.subarray(0, blockOffset(10) - 23),
      Buffer.from("1f43b675", "hex"),
      size,
      whole.subarray(blockOffset(10) - 11),
    ]),
    ...without(),
    errors: [{ code: "sizeRefused", offset: blockOffset(10) - 23 }],
  })),
  {
    name: "a CodecPrivate that claims 2^56 - 2 bytes, in Tracks that do not",
    stream: Buffer.concat([
      element(0x1a45dfa3),
      openElement(0x18538067),
      element(0x1654ae6b, element(0xae, uintElement(0xd7, 1), Buffer.from("63a201fffffffffffffe", "hex"))),
      whole,
    ]),
    ...without(),
    errors: garbage(17, 20, "invalidElement"),
  },
];

export const damageCases: StreamCase[] = [
  ...errorCases,
  ...garbageCases,
  ...insideCases,
  ...blockCases,
  ...blocksThenNoise,
  ...coverCases,
  ...tailCases,
  ...claimCases,
];
