import assert from "node:assert/strict";
import { LegAssembler, type LegAssemblerOptions, type LegReport } from "../../../consumer/leg/leg-assembler.js";
import type { LegSelection } from "../../../consumer/leg/leg-selection.js";
import type { Fragment } from "../../../consumer/matroska/fragment.js";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { seededRandom } from "../../streams/call.js";

/** What a case may say of the report besides its audio and its errors. What it does not say is as in `nothingSpecial`. */
type ToldOfLeg = Pick<
  LegReport,
  | "gaps"
  | "clockSteps"
  | "driftMs"
  | "boundaryUncertain"
  | "duplicateFragments"
  | "replayedFragments"
  | "replayedSamples"
  | "unattributedFragments"
  | "precededBy"
  | "sampleRateHz"
>;

const nothingSpecial: ToldOfLeg = {
  gaps: [],
  clockSteps: [],
  driftMs: 0,
  boundaryUncertain: false,
  duplicateFragments: 0,
  replayedFragments: 0,
  replayedSamples: 0,
  unattributedFragments: 0,
  precededBy: undefined,
  sampleRateHz: 8000,
};

export interface ToldError {
  code: string;
  offset: number;
  bytesSkipped?: number;
}

/** Bytes of which is known what was spoken in them. */
export interface StreamCase {
  name: string;
  stream: Uint8Array;
  selection?: LegSelection;
  options?: LegAssemblerOptions;
  /** The whole output, silence in gaps included; absent where the input is refused. */
  pcm?: Buffer;
  report?: Partial<ToldOfLeg>;
  /** All that is told as missing or doubtful, by offset. Default: nothing, and then the leg is complete. */
  errors?: ToldError[];
  /** Name of the error thrown, and what its message says. */
  refused?: [name: string, message: RegExp];
  /** Tried as a command, too, with this exit code. */
  exitCode?: number;
}

/** Ways to cut a stream into chunks that every case is tried in. */
export const cuts: readonly (readonly [name: string, nextBytes: () => number])[] = [
  ["whole", () => Number.POSITIVE_INFINITY],
  ...[1, 7, 331, 4099].map((bytes) => [`in chunks of ${bytes} bytes`, () => bytes] as const),
  ["in chunks of random sizes", randomSizes(20_261_123)],
];

function randomSizes(seed: number): () => number {
  const random = seededRandom(seed);
  return () => 1 + Math.floor(2 ** (12 * random()));
}

/** Four seconds, which is more than any case repeats: thousands of assemblers are made. */
const REMEMBERED_BYTES = 64 * 1024;

interface Outcome {
  pcm: Buffer;
  report: LegReport;
  errors: ToldError[];
  fragments: number;
  refusal?: Error;
}

/** Bytes in, PCM and report out: the first error thrown ends it. Every chunk is spoilt as soon as the parser and the assembler are done with it. */
export function assembleStream(
  stream: Uint8Array,
  nextBytes: () => number,
  selection: LegSelection = {},
  options: LegAssemblerOptions = {},
): Outcome {
  const parser = new FragmentParser();
  const assembler = new LegAssembler(selection, { rememberedBytes: REMEMBERED_BYTES, ...options });
  const pcm: Buffer[] = [];
  let fragments = 0;
  let refusal: Error | undefined;
  const take = (released: readonly Fragment[]): void => {
    fragments += released.length;
    for (const fragment of released) for (const piece of assembler.push(fragment)) pcm.push(Buffer.from(piece));
  };
  try {
    for (let from = 0; from < stream.length; ) {
      const chunk = Uint8Array.from(stream.subarray(from, from + nextBytes()));
      take(parser.feed(chunk));
      from += chunk.length;
      chunk.fill(0xa3);
    }
    take(parser.end());
  } catch (error) {
    refusal = error as Error;
  }
  const report = assembler.report();
  return { pcm: Buffer.concat(pcm), report, errors: mergedErrors(parser, report), fragments, refusal };
}

/** Damage inside a fragment is known to the parser and to the leg. */
function mergedErrors({ damages }: FragmentParser, report: LegReport): ToldError[] {
  const errors: ToldError[] = damages.map(({ code, offset, bytesSkipped }) => ({ code, offset, bytesSkipped }));
  for (const { code, offset } of report.errors) {
    if (!errors.some((known) => known.code === code && known.offset === offset)) errors.push({ code, offset });
  }
  return errors.sort((a, b) => a.offset - b.offset).map(withoutUndefined);
}

function withoutUndefined(error: ToldError): ToldError {
  return error.bytesSkipped === undefined ? { code: error.code, offset: error.offset } : error;
}

/** The case's audio and report are what it says, and nothing else is told. */
export function expectCase(stream: StreamCase, nextBytes: () => number): void {
  const { errors = [], report = {}, pcm, refused } = stream;
  const outcome = assembleStream(stream.stream, nextBytes, stream.selection, stream.options);
  if (refused) {
    const [name, message] = refused;
    assert.equal(outcome.refusal?.name, name);
    assert.match(outcome.refusal.message, message);
    return;
  }
  assert.ifError(outcome.refusal);
  assert.deepEqual(outcome.errors, errors);
  const told: Record<string, unknown> = {};
  for (const name of Object.keys(nothingSpecial)) told[name] = outcome.report[name as keyof ToldOfLeg];
  assert.deepEqual(told, { ...nothingSpecial, ...report });
  assert.equal(outcome.report.samples, pcm!.length / 2);
  const { complete, boundaryUncertain, errors: faults } = outcome.report;
  assert.equal(complete, pcm!.length > 0 && faults.length === 0 && !boundaryUncertain);
  assert.ok(outcome.pcm.equals(pcm!), difference(outcome.pcm, pcm!));
}

/** Thousands of bytes say less than the place of the first wrong one. */
function difference(actual: Buffer, expected: Buffer): string {
  let at = 0;
  while (at < Math.min(actual.length, expected.length) && actual[at] === expected[at]) at++;
  return `${actual.length} bytes instead of ${expected.length}; the first ${at} are right`;
}
