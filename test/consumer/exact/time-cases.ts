import { fragmentNumber, type PlannedCall, plannedCall } from "../../streams/call.js";
import { documents, type FragmentPlan, offsetsOf, oneDocument } from "../../streams/matroska-stream.js";
import type { StreamCase } from "./stream-case.js";

const START_MS = 1_700_000_000_000;
const BLOCK_MS = 20;
const FRAGMENT_MS = 200;
const FRAGMENT_BYTES = 16 * FRAGMENT_MS;
const FRAGMENTS = 8;
const call = plannedCall({ transactionId: "call-one", fragments: FRAGMENTS });

const stream = (plans: FragmentPlan[]): Buffer => Buffer.concat(documents(plans));
const silence = (ms: number): Buffer => Buffer.alloc(16 * ms);
/** What was spoken in fragments `from` up to `to`. */
const said = (from: number, to = FRAGMENTS, pcm = call.pcm): Buffer =>
  pcm.subarray(from * FRAGMENT_BYTES, to * FRAGMENT_BYTES);

/** The call with its fragments' producer times changed. */
function timed(shiftMs: (index: number) => number, { fragments }: PlannedCall = call): FragmentPlan[] {
  return fragments.map((plan, index) => ({ ...plan, producerMs: plan.producerMs! + shiftMs(index) }));
}

/** Without the fragments, or the blocks of fragment 3, that were lost. */
function lost(fragments: number[], blocks: number[] = []): FragmentPlan[] {
  return call.fragments
    .map((plan, index) => ({ ...plan, blocks: plan.blocks.filter((_, b) => index !== 3 || !blocks.includes(b)) }))
    .filter((_, index) => !fragments.includes(index));
}

/** No word of Kinesis: time is in the clusters alone, absolute or from the session's beginning. */
function clusterTimeOnly(plans: FragmentPlan[], originMs: number): Buffer {
  return oneDocument(plans.map(({ producerMs, blocks }) => ({ timecodeMs: producerMs! - originMs, blocks })));
}

const holdMs = 12_345;
const gapCases: StreamCase[] = [
  ["by producer timestamps", (plans: FragmentPlan[]) => stream(plans)] as const,
  [
    "by producer timestamps, clusters counting from the session's beginning",
    (plans: FragmentPlan[]) => stream(plans.map((plan) => ({ ...plan, timecodeMs: plan.timecodeMs - START_MS }))),
  ] as const,
  ["by absolute timecodes alone", (plans: FragmentPlan[]) => clusterTimeOnly(plans, 0)] as const,
  [
    "by timecodes from the session's beginning alone",
    (plans: FragmentPlan[]) => clusterTimeOnly(plans, START_MS),
  ] as const,
].flatMap(([how, write]) => [
  {
    name: `lost fragments, ${how}`,
    stream: write(lost([2, 3, 6])),
    pcm: Buffer.concat([said(0, 2), silence(400), said(4, 6), silence(200), said(7)]),
    report: {
      gaps: [
        { atMs: 400, durationMs: 400 },
        { atMs: 1200, durationMs: 200 },
      ],
    },
    exitCode: how === "by producer timestamps" ? 0 : undefined,
  },
  {
    name: `a call on hold, ${how}`,
    stream: write(timed((index) => (index < 5 ? 0 : holdMs))),
    pcm: Buffer.concat([said(0, 5), silence(holdMs), said(5)]),
    report: { gaps: [{ atMs: 1000, durationMs: holdMs }] },
  },
  {
    name: `lost fragments without silence, ${how}`,
    stream: write(lost([2, 3])),
    options: { gaps: "none" as const },
    pcm: Buffer.concat([said(0, 2), said(4)]),
    report: { gaps: [{ atMs: 400, durationMs: 400 }] },
  },
]);

const blockBytes = 16 * BLOCK_MS;
const inside = said(3, 4);

/** Six blocks: 120 ms. */
const blockCases: StreamCase[] = [
  {
    name: "blocks lost inside a fragment",
    stream: stream(lost([], [2, 3, 4, 5, 6, 7])),
    pcm: Buffer.concat([
      said(0, 3),
      inside.subarray(0, 2 * blockBytes),
      silence(120),
      inside.subarray(8 * blockBytes),
      said(4),
    ]),
    report: { gaps: [{ atMs: 640, durationMs: 120 }] },
  },
  {
    name: "blocks lost at a fragment's beginning",
    stream: stream(lost([], [0, 1, 2, 3, 4, 5])),
    pcm: Buffer.concat([said(0, 3), silence(120), inside.subarray(6 * blockBytes), said(4)]),
    report: { gaps: [{ atMs: 600, durationMs: 120 }] },
  },
  {
    name: "blocks of 100 ms lost: no silence, but drift",
    stream: stream(lost([], [2, 3, 4, 5, 6])),
    pcm: Buffer.concat([said(0, 3), inside.subarray(0, 2 * blockBytes), inside.subarray(7 * blockBytes), said(4)]),
    report: { driftMs: 100 },
  },
];

/** Thirty fragments whose clock runs fast or slow. */
const long = plannedCall({ transactionId: "call-one", fragments: 30, blocksPerFragment: 5 });
const longPart = (from: number, to: number): Buffer => long.pcm.subarray(1600 * from, 1600 * to);
const driftCases: StreamCase[] = [
  {
    name: "a clock that runs ahead by 3 ms a fragment: 87 ms are no gap",
    stream: stream(timed((index) => 3 * index, long)),
    pcm: long.pcm,
    report: { driftMs: 87 },
  },
  {
    name: "a clock that runs ahead by 7 ms a fragment: silence where 100 ms are passed, and there alone",
    stream: stream(timed((index) => 7 * index, long)),
    pcm: Buffer.concat([longPart(0, 15), silence(105), longPart(15, 30)]),
    report: { gaps: [{ atMs: 1500, durationMs: 105 }], driftMs: 98 },
  },
  {
    name: "a clock that runs behind by 7 ms a fragment: no sample is dropped",
    stream: stream(timed((index) => -7 * index, long)),
    pcm: long.pcm,
    report: { driftMs: -203 },
  },
  {
    name: "timestamps that jitter by up to 99 ms",
    stream: stream(timed((index) => (index === 0 ? 0 : [0, 40, -49, 49, -13, 50][index % 6]!), long)),
    pcm: long.pcm,
    report: { driftMs: 50 },
  },
  {
    name: "a clock set forward by more than the longest gap",
    stream: stream(timed((index) => (index < 5 ? 0 : 5 * 3_600_000))),
    pcm: call.pcm,
    report: { clockSteps: [{ atMs: 1000, byMs: 5 * 3_600_000 }] },
  },
  {
    name: "a clock set back to times before the call",
    stream: stream(timed((index) => (index < 5 ? 0 : -60_000))),
    pcm: call.pcm,
    report: { clockSteps: [{ atMs: 1000, byMs: -60_000 }] },
  },
  {
    name: "a clock set back into the call: kept, and told as doubtful",
    stream: stream(timed((index) => (index < 5 ? 0 : -500))),
    pcm: call.pcm,
    report: { clockSteps: [{ atMs: 1000, byMs: -500 }] },
    errors: [{ code: "overlap", offset: offsetsOf(documents(call.fragments))[5]! }],
    exitCode: 3,
  },
  {
    name: "a clock set back, and right again: no hold of a minute",
    stream: stream(timed((index) => (index < 3 || index > 5 ? 0 : -60_000))),
    pcm: call.pcm,
    report: {
      clockSteps: [
        { atMs: 600, byMs: -60_000 },
        { atMs: 1200, byMs: 60_000 },
      ],
    },
  },
];

const renumbered = (plans: FragmentPlan[], first: number): FragmentPlan[] =>
  plans.map((plan, index) => {
    const number = fragmentNumber(first + index);
    return { ...plan, number, continuationToken: number };
  });

/** The call's audio from `fromMs` on in fragments and blocks of other lengths. */
function cutElsewhere(fromMs: number, fragmentMs: number, blockMs: number, firstNumber: number): FragmentPlan[] {
  const endMs = FRAGMENTS * FRAGMENT_MS;
  const plans: FragmentPlan[] = [];
  for (let startMs = fromMs; startMs < endMs; startMs += fragmentMs) {
    const blocks = [];
    const end = Math.min(startMs + fragmentMs, endMs);
    for (let ms = startMs; ms < end; ms += blockMs) {
      blocks.push({ relativeMs: ms - startMs, data: call.pcm.subarray(16 * ms, 16 * Math.min(ms + blockMs, end)) });
    }
    const producerMs = START_MS + startMs;
    const number = fragmentNumber(firstNumber + plans.length);
    const tagsAfter = { TransactionId: "call-one" };
    plans.push({ number, timecodeMs: producerMs, producerMs, blocks, tagsAfter, continuationToken: number });
  }
  return plans;
}

const twiceCases: StreamCase[] = [
  {
    name: "fragments that come again after a reconnection of ours, under their numbers",
    stream: stream([...call.fragments.slice(0, 5), ...call.fragments.slice(2)]),
    pcm: call.pcm,
    report: { duplicateFragments: 3 },
    exitCode: 0,
  },
  {
    name: "fragments that the producer sends again under new numbers",
    stream: stream([...call.fragments.slice(0, 5), ...renumbered(call.fragments.slice(2), 20)]),
    pcm: call.pcm,
    report: { replayedFragments: 3, replayedSamples: (3 * FRAGMENT_BYTES) / 2 },
  },
  {
    name: "audio that the producer sends again in fragments that are cut elsewhere",
    stream: stream([...call.fragments.slice(0, 5), ...cutElsewhere(700, 170, 17, 20)]),
    pcm: call.pcm,
    report: { replayedFragments: 1, replayedSamples: 300 * 8 },
  },
  {
    name: "a session of the producer that begins with its tags and what it sends again",
    stream: stream([
      ...call.fragments.slice(0, 5),
      ...cutElsewhere(610, 200, 20, 20).map((plan, index) =>
        index > 0 ? plan : { ...plan, tagsBefore: { TransactionId: "call-one", VoiceConnectorId: "vc-one" } },
      ),
    ]),
    pcm: call.pcm,
    report: { replayedFragments: 1, replayedSamples: 390 * 8 },
  },
  {
    name: "a gap right before what is sent again",
    stream: stream([...lost([3, 5, 6, 7]), ...renumbered(call.fragments.slice(4), 20)]),
    pcm: Buffer.concat([said(0, 3), silence(200), said(4)]),
    report: { gaps: [{ atMs: 600, durationMs: 200 }], replayedFragments: 1, replayedSamples: FRAGMENT_BYTES / 2 },
  },
  {
    name: "another caller's fragments that come again",
    stream: stream([
      ...plannedCall({
        transactionId: "call-zero",
        fragments: 2,
        seed: 7,
        firstNumber: 0,
        startMs: START_MS - 60_000,
      }).fragments.flatMap((plan) => [plan, plan]),
      ...renumbered(call.fragments, 40),
    ]),
    selection: { transactionId: "call-one" },
    pcm: call.pcm,
    report: { duplicateFragments: 2, precededBy: "other" },
  },
];

export const timeCases: StreamCase[] = [...gapCases, ...blockCases, ...driftCases, ...twiceCases];
