import type { LegSelection } from "../../../consumer/leg/leg-selection.js";
import { type PlannedCall, plannedCall } from "../../streams/call.js";
import { documents, type FragmentPlan, type Layout, offsetsOf, oneDocument } from "../../streams/matroska-stream.js";
import type { StreamCase } from "./stream-case.js";

const START_MS = 1_700_000_000_000;
const FRAGMENT_MS = 80;
const FRAGMENTS = 4;

const shape = { fragments: FRAGMENTS, blocksPerFragment: 4 };

interface TwoCalls {
  first: PlannedCall;
  second: PlannedCall;
  plans: FragmentPlan[];
}

/** Two calls on one stream, the second right behind the first or `pauseMs` later. */
function twoCalls(tags: "before" | "after" | "session", pauseMs = 0): TwoCalls {
  const first = plannedCall({ ...shape, transactionId: "call-one", tags, seed: 1 });
  const second = plannedCall({
    ...shape,
    transactionId: "call-two",
    voiceConnectorId: "vc-two",
    tags,
    seed: 2,
    firstNumber: FRAGMENTS,
    startMs: START_MS + FRAGMENTS * FRAGMENT_MS + pauseMs,
  });
  return { first, second, plans: [...first.fragments, ...second.fragments] };
}

/** Both calls in one connection of the producer, which writes a call's tags before the next cluster: they show a fragment early. */
function oneSession(pauseMs: number): TwoCalls {
  const calls = twoCalls("before", pauseMs);
  const spoken = calls.plans.map(({ tagsBefore }) => tagsBefore!);
  const plans = calls.plans.map((plan, index) => ({
    ...plan,
    tagsBefore: index === 0 ? spoken[0]! : undefined,
    tagsAfter: spoken[index + 1],
  }));
  return { ...calls, plans };
}

const boundsOfFirst = ({ plans }: TwoCalls): LegSelection => ({
  transactionId: "call-one",
  startFragmentNumber: plans[0]!.number,
  endFragmentNumber: plans[FRAGMENTS - 1]!.number,
});
const boundsOfSecond = ({ plans }: TwoCalls): LegSelection => ({
  transactionId: "call-two",
  startFragmentNumber: plans[FRAGMENTS]!.number,
  endFragmentNumber: plans[2 * FRAGMENTS - 1]!.number,
});

const stream = (plans: FragmentPlan[], layout?: Layout): Buffer => Buffer.concat(documents(plans, layout));
const part = (pcm: Buffer, from: number, to: number): Buffer =>
  pcm.subarray((pcm.length * from) / FRAGMENTS, (pcm.length * to) / FRAGMENTS);

const selections: [what: string, select: (id: string) => LegSelection][] = [
  ["TransactionId", (id) => ({ transactionId: `call-${id}` })],
  ["VoiceConnectorId", (id) => ({ voiceConnectorId: `vc-${id}` })],
  ["both", (id) => ({ transactionId: `call-${id}`, voiceConnectorId: `vc-${id}` })],
];

/** Two calls, each in a session of its own; what trails leaves in doubt where the boundary is, unless its session began with tags. */
const sessions: StreamCase[] = (["before", "after", "session"] as const).flatMap((tags) =>
  (["each", "one"] as const).flatMap((tagElements) =>
    [0, 5000].flatMap((pauseMs) =>
      selections.flatMap(([what, select]) => {
        const { first, second, plans } = twoCalls(tags, pauseMs);
        const elements = tagElements === "one" ? "in one Tags element" : "in a Tags element each";
        const name = `tags ${tags} the cluster ${elements}, pause of ${pauseMs} ms, by ${what}`;
        const common = { stream: stream(plans, { tagElements }) };
        const boundaryUncertain = tags === "after";
        return [
          { ...common, name: `first of two calls, ${name}`, selection: select("one"), pcm: first.pcm },
          { ...common, name: `second of two calls, ${name}`, selection: select("two"), pcm: second.pcm },
        ].map((one, index) => ({
          ...one,
          report: { boundaryUncertain, ...(index === 1 ? { precededBy: "other" as const } : {}) },
          exitCode: tags === "session" && pauseMs === 0 && tagElements === "each" && what === "both" ? 0 : undefined,
        }));
      }),
    ),
  ),
);

const reused: StreamCase[] = [0, 5000].flatMap((pauseMs) => {
  const calls = oneSession(pauseMs);
  const { first, second, plans } = calls;
  const bytes = stream(plans);
  const name = `two calls in one connection of the producer, pause of ${pauseMs} ms`;
  return [
    { name: `${name}: the first within its bounds`, stream: bytes, selection: boundsOfFirst(calls), pcm: first.pcm },
    {
      name: `${name}: the second within its bounds`,
      stream: bytes,
      selection: boundsOfSecond(calls),
      pcm: second.pcm,
      report: { precededBy: "other" as const },
    },
    {
      name: `${name}: without bounds the first lacks its last fragment, which is told`,
      stream: bytes,
      selection: { transactionId: "call-one" },
      pcm: part(first.pcm, 0, FRAGMENTS - 1),
      report: { boundaryUncertain: true },
    },
    {
      name: `${name}: without bounds the second begins with a fragment of the first, which is told`,
      stream: bytes,
      selection: { transactionId: "call-two" },
      pcm: Buffer.concat([part(first.pcm, FRAGMENTS - 1, FRAGMENTS), Buffer.alloc(16 * pauseMs), second.pcm]),
      exitCode: 0,
      report: {
        boundaryUncertain: true,
        precededBy: "other" as const,
        gaps: pauseMs > 0 ? [{ atMs: FRAGMENT_MS, durationMs: pauseMs }] : [],
      },
    },
  ];
});

function without(indexes: number[], plans: FragmentPlan[]): void {
  for (const index of indexes) {
    delete plans[index]!.tagsBefore;
    delete plans[index]!.tagsAfter;
  }
}

/** Calls whose fragments have only some of their tags, or none. */
function partlyTagged(change: (plans: FragmentPlan[]) => void, tags: "after" | "session" = "session"): FragmentPlan[] {
  const { plans } = twoCalls(tags, 5000);
  change(plans);
  return plans;
}

const whole = twoCalls("session", 5000);
const byIds: [LegSelection, PlannedCall, Partial<StreamCase["report"]>][] = [
  [{ transactionId: "call-one" }, whole.first, {}],
  [{ transactionId: "call-two" }, whole.second, { precededBy: "other" }],
];
const missingTags: [what: string, change: (plans: FragmentPlan[]) => void][] = [
  ["none at all in the middle", (plans) => without([1, 5], plans)],
  ["none at all at the end", (plans) => without([2, 3, 6, 7], plans)],
  [
    "only the Voice Connector's in the middle and at the end",
    (plans) => {
      for (const i of [1, 3]) plans[i]!.tagsAfter = { VoiceConnectorId: "vc-one" };
      for (const i of [5, 7]) plans[i]!.tagsAfter = { VoiceConnectorId: "vc-two" };
    },
  ],
  [
    "only the transaction's in the middle and at the end",
    (plans) => {
      for (const i of [1, 3]) plans[i]!.tagsAfter = { TransactionId: "call-one" };
      for (const i of [5, 7]) plans[i]!.tagsAfter = { TransactionId: "call-two" };
    },
  ],
  [
    "only tags of others",
    (plans) => {
      for (const i of [1, 3, 5, 7]) plans[i]!.tagsAfter = { CallId: "c" };
    },
  ],
];

const partly: StreamCase[] = missingTags.flatMap(([what, change]) =>
  byIds.map(([selection, call, report]) => ({
    name: `fragments with ${what}: all of ${selection.transactionId}`,
    stream: stream(partlyTagged(change)),
    selection,
    pcm: call.pcm,
    report,
  })),
);

/** Fragments that could be anybody's: never taken, and never left out, without a word. */
function doubtful(): StreamCase[] {
  const apart = partlyTagged((plans) => without([4, 5, 6, 7], plans));
  const connector = twoCalls("session");
  for (const plan of connector.plans.slice(FRAGMENTS)) {
    delete plan.tagsBefore;
    plan.tagsAfter = { VoiceConnectorId: "vc-two" };
  }
  const nameless = partlyTagged((plans) => {
    for (const plan of plans.slice(0, FRAGMENTS)) plan.tagsAfter = { TransactionId: "call-one" };
    plans[0]!.tagsBefore = { TransactionId: "call-one" };
  });
  const late = partlyTagged((plans) => {
    plans[FRAGMENTS]!.tagsBefore = { TransactionId: "call-two" };
  });
  const unattributed = (plans: FragmentPlan[], indexes: number[]) =>
    indexes.map((index) => ({ code: "unattributed", offset: offsetsOf(documents(plans))[index]! }));
  return [
    {
      name: "a run without tags, apart in time, is left out and told",
      stream: stream(apart),
      selection: { transactionId: "call-one" },
      pcm: whole.first.pcm,
      report: { unattributedFragments: FRAGMENTS },
      errors: unattributed(apart, [4, 5, 6, 7]),
      exitCode: 3,
    },
    {
      name: "a run of another Voice Connector without a transaction, right behind, is left out and told",
      stream: stream(connector.plans),
      selection: { transactionId: "call-one" },
      pcm: connector.first.pcm,
      report: { unattributedFragments: FRAGMENTS },
      errors: unattributed(connector.plans, [4, 5, 6, 7]),
    },
    {
      name: "by VoiceConnectorId, a call that does not say whose it is is not taken for the one asked for",
      stream: stream(nameless),
      selection: { voiceConnectorId: "vc-two" },
      pcm: whole.second.pcm,
      report: { precededBy: "nothing" },
      errors: unattributed(nameless, [4]),
    },
    {
      name: "by VoiceConnectorId, a call's beginning that does not say whose it is is told as missing",
      stream: stream(late),
      selection: { voiceConnectorId: "vc-two" },
      pcm: part(whole.second.pcm, 1, FRAGMENTS),
      report: { precededBy: "nothing" },
      errors: unattributed(late, [5]),
    },
  ];
}

const oneFile: StreamCase[] = (["one", "two"] as const).map((id, index) => {
  const { first, second, plans } = twoCalls("before", 5000);
  return {
    name: `calls in one document, tags before their clusters: call-${id}`,
    stream: oneDocument(plans.map(({ timecodeMs, blocks, tagsBefore }) => ({ timecodeMs, blocks, tagsBefore }))),
    selection: { transactionId: `call-${id}` },
    pcm: index === 0 ? first.pcm : second.pcm,
    report: index === 0 ? {} : { precededBy: "other" },
  };
});

export const transactionCases: StreamCase[] = [
  ...sessions,
  ...reused,
  ...partly,
  ...doubtful(),
  ...oneFile,
  {
    name: "no call of both the transaction and the Voice Connector",
    stream: stream(whole.plans),
    selection: { transactionId: "call-one", voiceConnectorId: "vc-two" },
    pcm: Buffer.alloc(0),
  },
  {
    name: "a call without any tags, nothing asked for",
    stream: stream(whole.first.fragments.map((plan) => ({ ...plan, tagsBefore: undefined, tagsAfter: undefined }))),
    pcm: whole.first.pcm,
  },
];

/** Sixty-four calls on one stream, in sessions of their own, tags before and after, with and without a pause. */
export const manyCalls = Array.from({ length: 64 }, (_, index) =>
  plannedCall({
    transactionId: `call-${index}`,
    voiceConnectorId: `vc-${index % 3}`,
    fragments: 1 + (index % 2),
    blocksPerFragment: 3,
    blockMs: 10,
    seed: 100 + index,
    tags: index % 3 === 0 ? "session" : "before",
    firstNumber: 2 * index,
    startMs: START_MS + index * (index % 5 === 0 ? 3000 : 60),
  }),
);
export const manyCallsStream = stream(manyCalls.flatMap(({ fragments }) => fragments));
