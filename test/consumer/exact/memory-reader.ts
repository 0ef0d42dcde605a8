/** Reads what would never end, as a process of its own: tells on standard output how much memory that took at most. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { LegAssembler } from "../../../consumer/leg/leg-assembler.js";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { openElement, uintElement } from "../../../local-aws/ebml-writer.js";
import { fragmentNumber, plannedCall } from "../../streams/call.js";
import { documents, ebmlHeader, type FragmentPlan, oneDocument, tagsElement } from "../../streams/matroska-stream.js";
import { claims } from "./damage-cases.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const CHUNK_BYTES = 64 * 1024;
const MIB = 1024 * 1024;
const MEASURED_EVERY_BYTES = 8 * MIB;
const REMEMBERED_BYTES = 256 * 1024;

const minuteOfCall = plannedCall({ transactionId: "call-one", fragments: 60, blocksPerFragment: 50, tags: "after" });

/** Fragments of a second each, the same audio every minute under other numbers and at other times. */
function fragmentsOfMinute(minute: number): FragmentPlan[] {
  return minuteOfCall.fragments.map((plan, index) => {
    const number = fragmentNumber(60 * minute + index);
    const producerMs = plan.producerMs! + 60_000 * minute;
    return { ...plan, number, producerMs, timecodeMs: producerMs, continuationToken: number };
  });
}

function* minutes(head: Buffer, write: (plans: FragmentPlan[]) => Buffer): Generator<Buffer> {
  yield head;
  for (let minute = 0; ; minute++) yield write(fragmentsOfMinute(minute));
}

function* repeated(head: Buffer, piece: Buffer): Generator<Buffer> {
  yield head;
  const many = Buffer.concat(Array(Math.ceil(CHUNK_BYTES / piece.length)).fill(piece));
  for (;;) yield many;
}

const openDocument = Buffer.concat([ebmlHeader(), openElement(0x18538067)]);
const openCluster = Buffer.concat([openElement(0x1f43b675), uintElement(0xe7, 1)]);

const scenarios: Record<string, () => Generator<Buffer>> = {
  "a document a fragment": () => minutes(Buffer.alloc(0), (plans) => Buffer.concat(documents(plans))),
  "one document": () => minutes(oneDocument([]), (plans) => oneDocument(plans).subarray(oneDocument([]).length)),
  "documents without a cluster": () => repeated(Buffer.alloc(0), openDocument),
  tags: () => repeated(openDocument, tagsElement({ Name: "value".repeat(20) })),
  "empty elements in a cluster": () => repeated(Buffer.concat([openDocument, openCluster]), Buffer.from("ec80", "hex")),
  zeros: () => repeated(openDocument, Buffer.alloc(CHUNK_BYTES)),
  noise: () => repeated(openDocument, Buffer.from(plannedCall({ transactionId: "x", fragments: 25 }).pcm)),
  ...Object.fromEntries(
    claims
      .filter((_, index) => index % 2 === 0)
      .flatMap(({ name, bytes }) => [
        [`${name}, in a head`, () => repeated(Buffer.concat([openDocument, bytes]), Buffer.alloc(CHUNK_BYTES, 0x55))],
        [
          `${name}, in a cluster`,
          () => repeated(Buffer.concat([openDocument, openCluster, bytes]), Buffer.alloc(CHUNK_BYTES, 0x55)),
        ],
      ]),
  ),
};

/** What is held behind a chunk, over what was held before the first one. */
function heldBytes(): number {
  // The second one waits for what the first one began: buffers are freed in the background.
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function mostHeldBytes(pieces: Generator<Buffer>, totalBytes: number): { mostBytes: number; fragments: number } {
  const before = heldBytes();
  const parser = new FragmentParser({ maxFragmentBytes: 2 * MIB });
  const assembler = new LegAssembler({}, { rememberedBytes: REMEMBERED_BYTES });
  let mostBytes = 0;
  let fed = 0;
  let measuredAt = 0;
  let fragments = 0;
  while (fed < totalBytes) {
    const piece = pieces.next().value as Buffer;
    for (let from = 0; from < piece.length; from += CHUNK_BYTES) {
      for (const fragment of parser.feed(piece.subarray(from, from + CHUNK_BYTES))) {
        assembler.push(fragment);
        fragments++;
      }
    }
    fed += piece.length;
    if (fed - measuredAt < MEASURED_EVERY_BYTES) continue;
    measuredAt = fed;
    mostBytes = Math.max(mostBytes, heldBytes() - before);
  }
  return { mostBytes, fragments };
}

const results: Record<string, { mostBytes: number; fragments: number }> = {};
for (const [name, open] of Object.entries(scenarios)) {
  const isMedia = name === "a document a fragment" || name === "one document";
  results[name] = mostHeldBytes(open(), (isMedia ? 100 : 12) * MIB);
}
console.log(JSON.stringify({ results, maxRssBytes: process.resourceUsage().maxRSS * 1024 }));
