import { z } from "zod";

const common = {
  /** How many times the fault strikes; without it, until it is cleared. */
  times: z.number().int().min(1).optional(),
  region: z.string().optional(),
};

const onCalls = {
  ...common,
  /** Which calls: IAM actions such as `chime:PutVoiceConnectorStreamingConfiguration`, `kinesisvideo:*` or `*`. */
  actions: z.array(z.string().min(1)).min(1),
  /** Only calls on this resource: a part of its ARN, such as a connector's id or a stream's name. */
  resource: z.string().optional(),
};

const onMedia = {
  ...common,
  /** A part of the stream's ARN. */
  stream: z.string().optional(),
  /** Strikes at this fragment of the response; the first is 0. Default 0. */
  atFragment: z.number().int().min(0).default(0),
  api: z.enum(["GetMedia", "GetMediaForFragmentList"]).optional(),
};

const onLeg = {
  ...common,
  voiceConnectorId: z.string().optional(),
  /** Default: both legs. */
  leg: z.enum(["caller", "callee"]).optional(),
};

const onEvents = {
  ...onLeg,
  streamingStatus: z.enum(["STARTED", "ENDED", "UPDATED", "FAILED"]).optional(),
};

/** Which fragments of a leg: by index from 0, negative ones from the end, or all. */
const fragments = z.union([z.literal("all"), z.array(z.number().int()).min(1)]);

const faultSchema = z.discriminatedUnion("kind", [
  /** Calls are refused as IAM would refuse them. */
  z.strictObject({ kind: z.literal("deny"), ...onCalls }),
  /** Calls meet the service's own throttle error. */
  z.strictObject({ kind: z.literal("throttle"), ...onCalls }),
  /** Calls meet the service's own internal failure (HTTP 500). */
  z.strictObject({ kind: z.literal("failure"), ...onCalls }),
  /** Calls get the error named, whatever it is. */
  z.strictObject({
    kind: z.literal("error"),
    ...onCalls,
    code: z.string().min(1),
    httpStatus: z.number().int().min(400).max(599),
    message: z.string().default("Injected by a fault."),
  }),
  /** Calls are answered late. */
  z.strictObject({ kind: z.literal("latency"), ...onCalls, ms: z.number().int().min(1) }),
  /** The call is carried out, but the connection breaks before the answer: the client cannot know. */
  z.strictObject({ kind: z.literal("lostAnswer"), ...onCalls }),
  /** A new service-linked role is not seen by reads for this long. */
  z.strictObject({ kind: z.literal("rolePropagation"), ...common, ms: z.number().int().min(1) }),
  /** The connection breaks in the middle of a SimpleBlock. */
  z.strictObject({ kind: z.literal("reset"), ...onMedia }),
  /** An error chunk comes in place of the fragment; GetMedia then ends. */
  z.strictObject({
    kind: z.literal("errorTags"),
    ...onMedia,
    errorId: z.number().int().default(5000),
    errorCode: z.string().default("INTERNAL_ERROR"),
  }),
  /** The response ends early, without an error, after the fragment before. */
  z.strictObject({ kind: z.literal("endOfFile"), ...onMedia }),
  /** Fragments of a leg never reach the stream. */
  z.strictObject({ kind: z.literal("dropFragments"), ...onLeg, fragments }),
  /** Fragments of a leg carry none of the producer's tags. */
  z.strictObject({ kind: z.literal("missingTags"), ...onLeg, fragments }),
  /** The first fragment of a session has its tags after the cluster only. */
  z.strictObject({ kind: z.literal("lateTags"), ...onLeg }),
  /** The last fragment of a leg already carries the next call's tags: they were written before the next cluster. */
  z.strictObject({ kind: z.literal("nextCallTags"), ...onLeg }),
  z.strictObject({ kind: z.literal("loseEvent"), ...onEvents }),
  z.strictObject({ kind: z.literal("doubleEvent"), ...onEvents }),
  /** The event is delivered after the one that follows it. */
  z.strictObject({ kind: z.literal("reorderEvents"), ...onEvents }),
  z.strictObject({ kind: z.literal("eventWithoutIsCaller"), ...onEvents }),
  /** `isCaller` is the text "True" or "False", as in one published sample. */
  z.strictObject({ kind: z.literal("eventIsCallerAsString"), ...onEvents }),
  /** A leg's SIP session is changed while it lasts: an UPDATED event after STARTED, which names no stream. */
  z.strictObject({ kind: z.literal("updatedEvent"), ...onLeg }),
  /** Streaming of a leg fails: a FAILED event and no media. */
  z.strictObject({ kind: z.literal("streamingFailure"), ...onLeg, reason: z.string().default("Internal failure") }),
]);

export type Fault = z.output<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
export type FaultKind = Fault["kind"];
type FaultOf<K extends FaultKind> = Extract<Fault, { kind: K }>;

const faultListSchema = z.array(faultSchema).min(1);

export interface ActiveFault {
  readonly id: string;
  readonly fault: Fault;
  /** How often it has struck. */
  struck: number;
}

/** The faults in force. */
export class Faults {
  private active: ActiveFault[] = [];
  private count = 0;

  /** @returns ids, in the order given. */
  add(inputs: readonly FaultInput[]): string[] {
    return faultListSchema.parse(inputs).map((fault) => {
      const id = `fault-${++this.count}`;
      this.active.push({ id, fault, struck: 0 });
      return id;
    });
  }

  /** Clears one fault, or all of them. */
  clear(id?: string): void {
    this.active = id === undefined ? [] : this.active.filter((entry) => entry.id !== id);
  }

  list(): readonly Readonly<ActiveFault>[] {
    return this.active;
  }

  /** The first fault of this kind that fits, counted as having struck. */
  strike<K extends FaultKind>(kind: K, fits: (fault: FaultOf<K>) => boolean): FaultOf<K> | undefined {
    const entry = this.active.find((candidate) => candidate.fault.kind === kind && fits(candidate.fault as FaultOf<K>));
    if (!entry) return undefined;
    entry.struck++;
    if (entry.fault.times !== undefined && entry.struck >= entry.fault.times) this.clear(entry.id);
    return entry.fault as FaultOf<K>;
  }
}

/** Whether a pattern of actions covers an action: equal, `service:*` or `*`; letter case does not matter, as in IAM. */
export function coversAction(patterns: readonly string[], action: string): boolean {
  const wanted = action.toLowerCase();
  return patterns.some((pattern) => {
    const text = pattern.toLowerCase();
    return text === "*" || text === wanted || (text.endsWith("*") && wanted.startsWith(text.slice(0, -1)));
  });
}
