import { z } from "zod";
import type { Policy } from "./policy.js";
import { policySchema } from "./policy-schema.js";

interface Common {
  /** How many times the fault strikes; without it, until it is cleared. */
  times?: number;
  region?: string;
}

interface OnCalls extends Common {
  /** Which calls: IAM actions such as `chime:PutVoiceConnectorStreamingConfiguration`, `kinesisvideo:*` or `*`. */
  actions: string[];
  /** Only calls on this resource: a part of its ARN, such as a connector's id or a stream's name. */
  resource?: string;
  /** Only calls that are signed with this key: temporary credentials expire, the ones that follow them do not. */
  accessKeyId?: string;
}

interface OnMedia extends Common {
  /** A part of the stream's ARN. */
  stream?: string;
  /** Strikes at this fragment of the response; the first is 0. */
  atFragment: number;
  /** Strikes at this fragment of the stream instead, whenever it is to be sent; the first that was ingested is 0. */
  sequence?: number;
  api?: "GetMedia" | "GetMediaForFragmentList";
}

interface OnLeg extends Common {
  voiceConnectorId?: string;
  /** Default: both legs. */
  leg?: "caller" | "callee";
}

interface OnFragments extends OnLeg {
  /** Which fragments of a leg: by index from 0, negative ones from the end, or all. */
  fragments: "all" | number[];
}

interface OnEvents extends OnLeg {
  streamingStatus?: "STARTED" | "ENDED" | "UPDATED" | "FAILED";
}

/** Everything that can be made to go wrong. */
export type Fault =
  /**
   * Calls are refused as IAM would refuse them. Without `s3:ListBucket`, reading an object that is not there is refused,
   * too: 403 instead of 404, as S3 does.
   */
  | ({ kind: "deny" } & OnCalls)
  /** Calls that this identity-based policy does not allow are refused: all, or those that are signed with one key. */
  | ({ kind: "policy"; document: Policy; accessKeyId?: string } & Common)
  /** Calls meet the service's own throttle error. */
  | ({ kind: "throttle" } & OnCalls)
  /** Calls meet the service's own internal failure (HTTP 500). */
  | ({ kind: "failure" } & OnCalls)
  /** Calls get the error named, whatever it is. */
  | ({ kind: "error"; code: string; httpStatus: number; message: string } & OnCalls)
  /** Calls are answered late. */
  | ({ kind: "latency"; ms: number } & OnCalls)
  /** The call is carried out, but the connection breaks before the answer: the client cannot know. */
  | ({ kind: "lostAnswer" } & OnCalls)
  /** A new service-linked role is not seen by reads for this long. */
  | ({ kind: "rolePropagation"; ms: number } & Common)
  /** The connection breaks in the middle of a SimpleBlock. */
  | ({ kind: "reset" } & OnMedia)
  /** An error chunk comes in place of the fragment; GetMedia then ends. */
  | ({ kind: "errorTags"; errorId: number; errorCode: string } & OnMedia)
  /** The response ends early, without an error, after the fragment before. */
  | ({ kind: "endOfFile" } & OnMedia)
  /** The response ends early, without an error, between two blocks in the middle of the fragment: as if it were shorter. */
  | ({ kind: "cutBetweenBlocks" } & OnMedia)
  /** The response ends early, without an error, inside the tags after the fragment's cluster. */
  | ({ kind: "cutInTags" } & OnMedia)
  /** Half of the fragment is sent, then nothing more, and the connection stays open. */
  | ({ kind: "stall" } & OnMedia)
  /** The fragment is sent in pieces of so many bytes. */
  | ({ kind: "trickle"; pieceBytes: number } & OnMedia)
  /** The response is no HTTP from the fragment on. */
  | ({ kind: "garbledTransfer" } & OnMedia)
  /** GetDataEndpoint names an endpoint at which nobody answers. */
  | ({ kind: "deadEndpoint"; stream?: string } & Common)
  /** Fragments of a leg never reach the stream. */
  | ({ kind: "dropFragments" } & OnFragments)
  /** Fragments of a leg carry none of the producer's tags. */
  | ({ kind: "missingTags" } & OnFragments)
  /** Fragments of a leg are listed this much later than `listFragmentsLagMs` alone makes them. */
  | ({ kind: "lateListing"; ms: number } & OnFragments)
  /** The first fragment of a session has its tags after the cluster only. */
  | ({ kind: "lateTags" } & OnLeg)
  /** The last fragment of a leg already carries the next call's tags: they were written before the next cluster. */
  | ({ kind: "nextCallTags" } & OnLeg)
  | ({ kind: "loseEvent" } & OnEvents)
  | ({ kind: "doubleEvent" } & OnEvents)
  /** The event is delivered after the one that follows it. */
  | ({ kind: "reorderEvents" } & OnEvents)
  | ({ kind: "eventWithoutIsCaller" } & OnEvents)
  /** `isCaller` is the text "True" or "False", as in one published sample. */
  | ({ kind: "eventIsCallerAsString" } & OnEvents)
  /** A leg's SIP session is changed while it lasts: an UPDATED event after STARTED, which names no stream. */
  | ({ kind: "updatedEvent" } & OnLeg)
  /** Streaming of a leg fails: a FAILED event and no media. */
  | ({ kind: "streamingFailure"; reason: string } & OnLeg);

/** What has a default. */
type Defaulted = "atFragment" | "errorId" | "errorCode" | "message" | "pieceBytes" | "reason";

/** A fault as it is asked for: what has a default may be left out. */
export type FaultInput = Fault extends infer F
  ? F extends Fault
    ? Omit<F, Defaulted> & Partial<Pick<F, Extract<keyof F, Defaulted>>>
    : never
  : never;

const common = {
  times: z.number().int().min(1).optional(),
  region: z.string().optional(),
};

const onCalls = {
  ...common,
  actions: z.array(z.string().min(1)).min(1),
  resource: z.string().optional(),
  accessKeyId: z.string().optional(),
};

const onMedia = {
  ...common,
  stream: z.string().optional(),
  atFragment: z.number().int().min(0).default(0),
  sequence: z.number().int().min(0).optional(),
  api: z.enum(["GetMedia", "GetMediaForFragmentList"]).optional(),
};

const onLeg = {
  ...common,
  voiceConnectorId: z.string().optional(),
  leg: z.enum(["caller", "callee"]).optional(),
};

const onEvents = {
  ...onLeg,
  streamingStatus: z.enum(["STARTED", "ENDED", "UPDATED", "FAILED"]).optional(),
};

const fragments = z.union([z.literal("all"), z.array(z.number().int()).min(1)]);

const faultSchema: z.ZodType<Fault, FaultInput> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("deny"), ...onCalls }),
  z.strictObject({
    kind: z.literal("policy"),
    ...common,
    document: policySchema,
    accessKeyId: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("throttle"), ...onCalls }),
  z.strictObject({ kind: z.literal("failure"), ...onCalls }),
  z.strictObject({
    kind: z.literal("error"),
    ...onCalls,
    code: z.string().min(1),
    httpStatus: z.number().int().min(400).max(599),
    message: z.string().default("Injected by a fault."),
  }),
  z.strictObject({ kind: z.literal("latency"), ...onCalls, ms: z.number().int().min(1) }),
  z.strictObject({ kind: z.literal("lostAnswer"), ...onCalls }),
  z.strictObject({ kind: z.literal("rolePropagation"), ...common, ms: z.number().int().min(1) }),
  z.strictObject({ kind: z.literal("reset"), ...onMedia }),
  z.strictObject({
    kind: z.literal("errorTags"),
    ...onMedia,
    errorId: z.number().int().default(5000),
    errorCode: z.string().default("INTERNAL_ERROR"),
  }),
  z.strictObject({ kind: z.literal("endOfFile"), ...onMedia }),
  z.strictObject({ kind: z.literal("cutBetweenBlocks"), ...onMedia }),
  z.strictObject({ kind: z.literal("cutInTags"), ...onMedia }),
  z.strictObject({ kind: z.literal("stall"), ...onMedia }),
  z.strictObject({ kind: z.literal("trickle"), ...onMedia, pieceBytes: z.number().int().min(1).default(1) }),
  z.strictObject({ kind: z.literal("garbledTransfer"), ...onMedia }),
  z.strictObject({ kind: z.literal("deadEndpoint"), ...common, stream: z.string().optional() }),
  z.strictObject({ kind: z.literal("dropFragments"), ...onLeg, fragments }),
  z.strictObject({ kind: z.literal("missingTags"), ...onLeg, fragments }),
  z.strictObject({ kind: z.literal("lateListing"), ...onLeg, fragments, ms: z.number().int().min(1) }),
  z.strictObject({ kind: z.literal("lateTags"), ...onLeg }),
  z.strictObject({ kind: z.literal("nextCallTags"), ...onLeg }),
  z.strictObject({ kind: z.literal("loseEvent"), ...onEvents }),
  z.strictObject({ kind: z.literal("doubleEvent"), ...onEvents }),
  z.strictObject({ kind: z.literal("reorderEvents"), ...onEvents }),
  z.strictObject({ kind: z.literal("eventWithoutIsCaller"), ...onEvents }),
  z.strictObject({ kind: z.literal("eventIsCallerAsString"), ...onEvents }),
  z.strictObject({ kind: z.literal("updatedEvent"), ...onLeg }),
  z.strictObject({ kind: z.literal("streamingFailure"), ...onLeg, reason: z.string().default("Internal failure") }),
]);

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
  private readonly strikes = new Map<FaultKind, number>();

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

  /** How often faults of each kind have struck, those included that are over; kinds that never did are left out. */
  struckByKind(): Partial<Record<FaultKind, number>> {
    return Object.fromEntries(this.strikes);
  }

  /** The first fault of this kind that fits, counted as having struck. */
  strike<K extends FaultKind>(kind: K, fits: (fault: FaultOf<K>) => boolean): FaultOf<K> | undefined {
    const entry = this.active.find((candidate) => candidate.fault.kind === kind && fits(candidate.fault as FaultOf<K>));
    if (!entry) return undefined;
    entry.struck++;
    this.strikes.set(kind, (this.strikes.get(kind) ?? 0) + 1);
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
