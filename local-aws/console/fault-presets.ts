import type { FaultKind } from "../faults.js";
import type { FaultPreset } from "./view.js";

const everyCall = ["*"];

/** What each fault does, in plain words, and one that can be switched on. The table has every kind: the compiler sees to it. */
const presets: Record<FaultKind, Omit<FaultPreset, "kind">> = {
  throttle: {
    group: "calls",
    title: "Throttled",
    effect: "The service says that calls come too fast. Clients should wait and try again.",
    parameters: { actions: everyCall },
  },
  failure: {
    group: "calls",
    title: "Internal failure",
    effect: "The service fails with HTTP 500. Clients should try again.",
    parameters: { actions: everyCall },
  },
  deny: {
    group: "calls",
    title: "Access denied",
    effect: "IAM refuses the call. Trying again is of no use.",
    parameters: { actions: everyCall },
  },
  error: {
    group: "calls",
    title: "Unknown error",
    effect: "An error comes back that no documentation names.",
    parameters: { actions: everyCall, code: "TeapotException", httpStatus: 418, message: "Injected by a fault." },
  },
  latency: {
    group: "calls",
    title: "Slow answers",
    effect: "Every answer takes two seconds longer.",
    parameters: { actions: everyCall, ms: 2_000 },
  },
  lostAnswer: {
    group: "calls",
    title: "Lost answers",
    effect: "The call is carried out, but the connection breaks before the answer: the client cannot know.",
    parameters: { actions: everyCall },
  },
  policy: {
    group: "calls",
    title: "Read-only policy",
    effect: "Only calls that read are allowed, whatever the credentials.",
    parameters: {
      document: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: ["*:Get*", "*:List*", "*:Describe*", "sqs:ReceiveMessage"], Resource: "*" },
        ],
      },
    },
  },
  rolePropagation: {
    group: "calls",
    title: "Late role",
    effect: "A new service-linked role is not seen by reads for ten seconds, as IAM is eventually consistent.",
    parameters: { ms: 10_000 },
  },
  reset: {
    group: "media",
    title: "Connection reset",
    effect: "The connection breaks in the middle of a block of audio.",
    parameters: {},
  },
  errorTags: {
    group: "media",
    title: "Error chunk",
    effect: "An error comes in place of the fragment; GetMedia then ends.",
    parameters: {},
  },
  endOfFile: {
    group: "media",
    title: "Early end",
    effect: "The response ends before the second fragment, without an error.",
    parameters: { atFragment: 1 },
  },
  cutBetweenBlocks: {
    group: "media",
    title: "Cut between blocks",
    effect: "The response ends in the middle of a fragment, which looks whole but is shorter.",
    parameters: {},
  },
  cutInTags: {
    group: "media",
    title: "Cut in tags",
    effect: "The response ends inside the tags after the first fragment's audio.",
    parameters: {},
  },
  stall: {
    group: "media",
    title: "Stall",
    effect: "Half a fragment is sent, then nothing more; the connection stays open.",
    parameters: {},
  },
  trickle: {
    group: "media",
    title: "Trickle",
    effect: "The first fragment comes byte by byte.",
    parameters: { pieceBytes: 1 },
  },
  garbledTransfer: {
    group: "media",
    title: "Garbled transfer",
    effect: "What comes is no HTTP from the second fragment on.",
    parameters: { atFragment: 1 },
  },
  deadEndpoint: {
    group: "media",
    title: "Dead endpoint",
    effect: "GetDataEndpoint names an address where nobody answers.",
    parameters: {},
  },
  dropFragments: {
    group: "legs",
    title: "Lost fragments",
    effect: "The third and fourth fragment of each leg never reach the stream: a gap of two seconds.",
    parameters: { fragments: [2, 3] },
  },
  missingTags: {
    group: "legs",
    title: "Missing tags",
    effect: "The second fragment of each leg does not say which call it belongs to.",
    parameters: { fragments: [1] },
  },
  lateListing: {
    group: "legs",
    title: "Late listing",
    effect: "The last fragment of each leg is listed five seconds late.",
    parameters: { fragments: [-1], ms: 5_000 },
  },
  lateTags: {
    group: "legs",
    title: "Late tags",
    effect: "The first fragment has its tags after its audio only.",
    parameters: {},
  },
  nextCallTags: {
    group: "legs",
    title: "Next call's tags",
    effect: "A leg's last fragment already carries the tags of the next call.",
    parameters: {},
  },
  updatedEvent: {
    group: "legs",
    title: "Session update",
    effect: "The SIP session changes: an UPDATED event follows STARTED.",
    parameters: {},
  },
  streamingFailure: {
    group: "legs",
    title: "Streaming fails",
    effect: "A FAILED event and no audio.",
    parameters: {},
  },
  loseEvent: {
    group: "events",
    title: "Lost events",
    effect: "Events never arrive.",
    parameters: {},
  },
  doubleEvent: {
    group: "events",
    title: "Doubled events",
    effect: "Every event arrives twice.",
    parameters: {},
  },
  reorderEvents: {
    group: "events",
    title: "Reordered events",
    effect: "Events arrive when the call is over, in the order in which they were held back.",
    parameters: {},
  },
  eventWithoutIsCaller: {
    group: "events",
    title: "No isCaller",
    effect: "Events do not say whose leg it is.",
    parameters: {},
  },
  eventIsCallerAsString: {
    group: "events",
    title: "isCaller as text",
    effect: 'isCaller is the text "True" or "False".',
    parameters: {},
  },
};

export const faultPresets: readonly FaultPreset[] = Object.entries(presets).map(([kind, preset]) => ({
  kind: kind as FaultKind,
  ...preset,
}));
