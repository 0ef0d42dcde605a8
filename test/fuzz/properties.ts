import assert from "node:assert/strict";
import { UnsupportedAudio } from "../../consumer/audio/audio-encoding.js";
import { LegAssembler, type LegAssemblerOptions, type LegReport } from "../../consumer/leg/leg-assembler.js";
import { LegError } from "../../consumer/leg/leg-error.js";
import type { LegSelection } from "../../consumer/leg/leg-selection.js";
import type { Damage } from "../../consumer/matroska/damage.js";
import type { Fragment } from "../../consumer/matroska/fragment.js";
import { FragmentParser, type FragmentParserOptions } from "../../consumer/matroska/fragment-parser.js";
import { HeaderFinder } from "../../consumer/matroska/header-finder.js";
import type { FuzzCase } from "./fuzz-case.js";
import { Choices } from "./random.js";

/** Four seconds: more than any case repeats. */
const REMEMBERED_BYTES = 64 * 1024;
/** How often a byte may be looked at in search of a header: once where it may be an element's, once where it was none, and a margin. */
const MOST_SEARCHES_OF_A_BYTE = 4;
/** Bytes of the longest thing that is looked at again with each chunk while it is not decided. */
const LONGEST_UNDECIDED_BYTES = 64;

type Chunks = (choices: Choices) => number;
const wholeStream: Chunks = () => Number.POSITIVE_INFINITY;
const chunkings: Chunks[] = [() => 1, () => 7, () => 331, () => 4099, (choices) => choices.size(5000)];

interface Parsed {
  fragments: Fragment[];
  damages: readonly Damage[];
}

/** Feeds the stream in chunks that are spoilt afterwards. */
function* fragmentsIn(
  stream: Uint8Array,
  parser: FragmentParser,
  nextBytes: Chunks,
  choices: Choices,
): Generator<Fragment> {
  for (let from = 0; from < stream.length; ) {
    const chunk = Uint8Array.from(stream.subarray(from, from + nextBytes(choices)));
    yield* parser.feed(chunk);
    from += chunk.length;
    chunk.fill(0xa3);
  }
  yield* parser.end();
}

function plain(fragment: Fragment): Fragment {
  const { offset, bytes, fragmentNumber, serverTimestampMs, producerTimestampMs, clusterTimecodeMs } = fragment;
  const { tracks, tagsBefore, tagsAfter, error, damaged, continuationToken, millisBehindNow } = fragment;
  const blocks = fragment.blocks.map((block) => ({ ...block, data: Buffer.from(block.data) }));
  const times = { serverTimestampMs, producerTimestampMs, clusterTimecodeMs };
  const tags = { tagsBefore, tagsAfter, error, damaged, continuationToken, millisBehindNow };
  return { offset, bytes, fragmentNumber, ...times, tracks, ...tags, blocks };
}

function parsed(
  stream: Uint8Array,
  nextBytes: Chunks = wholeStream,
  choices = new Choices(1),
  options?: FragmentParserOptions,
): Parsed {
  const parser = new FragmentParser(options);
  const fragments: Fragment[] = [];
  for (const fragment of fragmentsIn(stream, parser, nextBytes, choices)) fragments.push(plain(fragment));
  return { fragments, damages: parser.damages };
}

function expectInside({ fragments, damages }: Parsed, length: number): void {
  let end = 0;
  for (const { offset, bytes, blocks } of fragments) {
    assert.ok(offset >= end, "fragments overlap or are out of order");
    end = offset + bytes;
    assert.ok(blocks.reduce((sum, { data }) => sum + data.length, 0) <= bytes, "blocks larger than their fragment");
  }
  assert.ok(end <= length, "a fragment ends behind the stream");
  for (const { offset, bytesSkipped = 0 } of damages) {
    assert.ok(offset >= 0 && offset + bytesSkipped <= length, "damage outside of the stream");
  }
}

/** Counts how many bytes are searched for headers while `work` is done. */
function bytesSearched(work: () => void): number {
  const { find } = HeaderFinder.prototype;
  let searched = 0;
  HeaderFinder.prototype.find = function (...args) {
    const finding = find.apply(this, args);
    searched += (finding.found ? finding.index : finding.searchedTo) - args[1];
    return finding;
  };
  try {
    work();
  } finally {
    HeaderFinder.prototype.find = find;
  }
  return searched;
}

interface Assembled {
  pcm: Buffer;
  report: LegReport;
  refusal?: Error;
}

function assembled(
  stream: Uint8Array,
  selection: LegSelection,
  options: LegAssemblerOptions = {},
  nextBytes: Chunks = wholeStream,
  choices = new Choices(1),
): Assembled {
  const assembler = new LegAssembler(selection, { rememberedBytes: REMEMBERED_BYTES, ...options });
  const pcm: Buffer[] = [];
  let refusal: Error | undefined;
  try {
    for (const fragment of fragmentsIn(stream, new FragmentParser(), nextBytes, choices)) {
      for (const piece of assembler.push(fragment)) pcm.push(Buffer.from(piece));
    }
  } catch (error) {
    if (!(error instanceof LegError || error instanceof UnsupportedAudio)) throw error;
    refusal = error;
  }
  return { pcm: Buffer.concat(pcm), report: assembler.report(), refusal };
}

const selections: LegSelection[] = [
  {},
  { transactionId: "call-0" },
  { transactionId: "call-1", voiceConnectorId: "vc-one" },
  { voiceConnectorId: "vc-one", track: "CALLER" },
  { transactionId: "call-2", track: 1, startFragmentNumber: "9134385233318000000000000000000000000000010000200" },
];

function expectSoundReport({ pcm, report, refusal }: Assembled, gaps: "silence" | "none"): void {
  if (!refusal) assert.equal(report.samples * 2, pcm.length, "samples told and samples put out differ");
  const silenceMs = report.gaps.reduce((sum, { durationMs }) => sum + durationMs, 0);
  if (gaps === "silence") {
    assert.ok(Math.abs(report.silenceSamples / 8 - silenceMs) <= report.gaps.length, "gaps and silence differ");
  }
  if (report.complete) assert.ok(report.errors.length === 0 && report.fragments > 0, "complete with faults");
  assert.ok(Number.isFinite(report.driftMs));
}

/**
 * What holds for any bytes: only errors with a type, the same result however they are cut, everything inside the stream,
 * and no byte looked at again and again.
 */
export function checkBytes(stream: Uint8Array, seed: number): void {
  const choices = new Choices(seed ^ 0xb17e5);
  const reference = parsed(stream);
  expectInside(reference, stream.length);
  const nextBytes = choices.one(chunkings);
  let chunks = 0;
  const counted: Chunks = (own) => {
    chunks++;
    return nextBytes(own);
  };
  const searched = bytesSearched(() => assert.deepEqual(parsed(stream, counted, choices), reference));
  const most = MOST_SEARCHES_OF_A_BYTE * stream.length + LONGEST_UNDECIDED_BYTES * chunks;
  assert.ok(searched <= most, `${searched} bytes searched in a stream of ${stream.length}`);

  const limited = { maxFragmentBytes: choices.between(200, 4000) };
  const small = parsed(stream, wholeStream, choices, limited);
  assert.deepEqual(parsed(stream, nextBytes, choices, limited), small, "the limit of a fragment's size");
  for (const { blocks } of small.fragments) {
    const bytes = blocks.reduce((sum, { data }) => sum + data.length, 0);
    assert.ok(bytes <= limited.maxFragmentBytes, "a fragment larger than the limit");
  }

  const selection = choices.one(selections);
  const gaps = choices.one(["silence", "none"] as const);
  const options: LegAssemblerOptions = { gaps, maxGapMs: 60_000 };
  const leg = assembled(stream, selection, options);
  expectSoundReport(leg, gaps);
  assert.deepEqual(assembled(stream, selection, options, nextBytes, choices), leg);
}

/** Pieces that nothing was done to, nor to those beside them, nor is any of them there twice. */
function soundPieces({ pieces }: FuzzCase): { index: number; offset: number }[] {
  const found: { index: number; offset: number }[] = [];
  let offset = 0;
  for (const [index, { bytes, spoken, isTouched }] of pieces.entries()) {
    const isAlone = !pieces[index - 1]?.isTouched && !pieces[index + 1]?.isTouched;
    if (spoken && !isTouched && isAlone) found.push({ index, offset });
    offset += bytes.length;
  }
  return found;
}

/** What was spoken in sound pieces is in the fragments, whole; and in its call's audio, and in no other's without a word. */
export function checkTruth(fuzz: FuzzCase): void {
  const { pieces, stream } = fuzz;
  const sound = soundPieces(fuzz);
  const { fragments } = parsed(stream);
  for (const { index, offset } of sound) {
    const { spoken, bytes } = pieces[index]!;
    const fragment = fragments.find((found) => found.offset === offset);
    assert.ok(fragment, `fragment ${index} is not there`);
    assert.equal(fragment.bytes, bytes.length, `fragment ${index} is of another length`);
    assert.equal(fragment.fragmentNumber, spoken!.fragmentNumber);
    assert.equal(fragment.damaged, undefined, `fragment ${index} is called damaged`);
    const audio = Buffer.concat(fragment.blocks.filter(({ trackNumber }) => trackNumber === 1).map(({ data }) => data));
    assert.ok(audio.equals(spoken!.pcm), `fragment ${index} has other audio`);
    const tags = new Map([...fragment.tagsAfter, ...fragment.tagsBefore]);
    assert.equal(tags.get("TransactionId"), spoken!.transactionId, `fragment ${index} has other tags`);
  }
  for (const transactionId of new Set(pieces.flatMap(({ spoken }) => spoken?.transactionId ?? []))) {
    const { pcm, report, refusal } = assembled(stream, { transactionId, track: 1 }, { gaps: "none" });
    const isAnnounced = report.errors.length > 0 || report.boundaryUncertain;
    for (const { index } of sound) {
      const { spoken } = pieces[index]!;
      const first = pcm.indexOf(spoken!.pcm);
      const isThere = first !== -1;
      // A copy may be spoilt so that it names another call without a fault that could be seen.
      const isSpoiltElsewhere = pieces.some(
        (piece, other) => piece.spoken?.pcm === spoken!.pcm && !sound.some((known) => known.index === other),
      );
      if (spoken!.transactionId !== transactionId) {
        const isOthers = isThere && !isAnnounced && !isSpoiltElsewhere;
        assert.ok(!isOthers, `the audio of fragment ${index} got into ${transactionId}`);
        continue;
      }
      const isTwice = isThere && pcm.indexOf(spoken!.pcm, first + 1) !== -1;
      assert.ok(!isTwice || isAnnounced, `the audio of fragment ${index} is there twice`);
      const copies = fragments.filter(({ fragmentNumber }) => fragmentNumber === spoken!.fragmentNumber);
      // Which of two copies is the spoilt one cannot be known; and of a good one, what the spoilt one had is left out.
      const mayBeElsewhere = copies.length > 1 || isSpoiltElsewhere || refusal !== undefined;
      assert.ok(isThere || mayBeElsewhere, `the audio of fragment ${index} is missing from ${transactionId}`);
    }
    assert.equal(refusal, undefined, `nothing of ${transactionId} could be saved: ${refusal?.message}`);
  }
}
