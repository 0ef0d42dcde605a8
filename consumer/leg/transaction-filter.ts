import { compareFragmentNumbers, type Fragment } from "../matroska/fragment.js";
import type { LegSelection } from "./leg-selection.js";

/** Tags that Voice Connectors put on their streams. */
const TRANSACTION_ID = "TransactionId";
const VOICE_CONNECTOR_ID = "VoiceConnectorId";

/**
 * A tagless fragment continues the run before it only if less than this is between them: no fragment is shorter (PutMedia takes
 * 1 to 20 s), so within it no fragment can have been lost, and no other call can have come between.
 */
const CONTINUITY_MS = 1000;

/** Whose a fragment is. */
export interface Attribution {
  transactionId?: string;
  voiceConnectorId?: string;
  /** What told: the event's bounds (for or against), tags, or time; `nothing` where it could be anybody's. */
  by: "bounds" | "tagsBefore" | "tagsAfter" | "continuity" | "nothing";
  wanted: boolean;
  /** Its own tags name another transaction than the bounds do, in a place where that is no trailing of tags. */
  conflict: boolean;
}

/**
 * Decides which fragments belong to a leg, by what is surest first: the bounds of its events, tags before the cluster, tags after
 * it, and for a fragment without any, the run it continues.
 *
 * Producers write tags before the *next* cluster. So where tags after a cluster name another call than the fragment before
 * had, and no bound and no new session tells more, that fragment may still be the old call's: `boundaryUncertain`. It is
 * given to the call it names: an old call may lose its last second, but never does a caller's voice get into another's file.
 */
export class TransactionFilter {
  /** The transaction followed: the one selected, or the first one met. */
  transactionId: string | undefined;
  voiceConnectorId: string | undefined;
  boundaryUncertain = false;
  /** Another transaction has begun after the one followed. */
  switchedAway = false;
  #run: { transactionId?: string; voiceConnectorId?: string } | undefined;
  #runEndMs: number | undefined;
  #begun = false;
  /** The leg followed has no tags; calls that have some are others. */
  #isUntaggedLeg = false;

  constructor(private readonly selection: LegSelection) {
    this.transactionId = selection.transactionId;
    this.voiceConnectorId = selection.voiceConnectorId;
  }

  /**
   * Fragments come in the order of the stream, duplicates left out.
   * @param startMs when the fragment begins, `endMs` when it ends, by the producer's clock
   */
  attribute(fragment: Fragment, startMs: number | undefined, endMs: number | undefined): Attribution {
    const place = this.#placeByBounds(fragment.fragmentNumber);
    const attribution = this.#byTags(fragment) ?? this.#byContinuity(startMs);
    const before = fragment.tagsBefore.get(TRANSACTION_ID);
    if (place === "inside") {
      if (this.transactionId === undefined) this.#follow(attribution);
      attribution.conflict = before !== undefined && before !== this.transactionId;
      attribution.by = "bounds";
      attribution.transactionId = this.transactionId;
      attribution.voiceConnectorId = this.voiceConnectorId;
      attribution.wanted = true;
    } else {
      this.#noticeSwitch(attribution, place);
      attribution.wanted = place !== "outside" && this.#isWanted(attribution);
      if (this.#begun && !attribution.wanted && attribution.transactionId !== undefined) {
        this.switchedAway ||= attribution.transactionId !== this.transactionId;
      }
    }
    if (attribution.by !== "nothing") {
      this.#run = { transactionId: attribution.transactionId, voiceConnectorId: attribution.voiceConnectorId };
    } else {
      this.#run = attribution.wanted ? {} : undefined;
    }
    if (place === "outside") attribution.by = "bounds";
    this.#runEndMs = endMs;
    this.#begun ||= attribution.wanted;
    return attribution;
  }

  /** `inside`: the bounds alone make it the leg's. `open`: they do not exclude it. */
  #placeByBounds(fragmentNumber: string | undefined): "inside" | "outside" | "open" {
    const { startFragmentNumber: start, endFragmentNumber: end } = this.selection;
    if (fragmentNumber === undefined) return "open";
    const afterStart = start === undefined ? undefined : compareFragmentNumbers(fragmentNumber, start);
    const beforeEnd = end === undefined ? undefined : compareFragmentNumbers(end, fragmentNumber);
    if ((afterStart ?? 0) < 0 || (beforeEnd ?? 0) < 0) return "outside";
    if (afterStart === 0 || beforeEnd === 0) return "inside";
    return afterStart !== undefined && beforeEnd !== undefined ? "inside" : "open";
  }

  #byTags(fragment: Fragment): Attribution | undefined {
    for (const by of ["tagsBefore", "tagsAfter"] as const) {
      const transactionId = fragment[by].get(TRANSACTION_ID);
      if (transactionId === undefined) continue;
      const voiceConnectorId = fragment[by].get(VOICE_CONNECTOR_ID) ?? this.#connectorOf(transactionId);
      return { transactionId, voiceConnectorId, by, wanted: false, conflict: false };
    }
    return undefined;
  }

  #connectorOf(transactionId: string): string | undefined {
    return this.#run?.transactionId === transactionId ? this.#run.voiceConnectorId : undefined;
  }

  #byContinuity(startMs: number | undefined): Attribution {
    const isContinuous =
      startMs === undefined || this.#runEndMs === undefined || Math.abs(startMs - this.#runEndMs) < CONTINUITY_MS;
    if (!this.#run || !isContinuous) return { by: "nothing", wanted: false, conflict: false };
    return { ...this.#run, by: "continuity", wanted: false, conflict: false };
  }

  #noticeSwitch({ transactionId, by }: Attribution, place: "outside" | "open"): void {
    if (transactionId === undefined || this.#run === undefined || this.#run.transactionId === transactionId) return;
    const concerns =
      this.transactionId === undefined || [transactionId, this.#run.transactionId].includes(this.transactionId);
    if (by === "tagsAfter" && place === "open" && concerns) this.boundaryUncertain = true;
  }

  #isWanted(attribution: Attribution): boolean {
    const { transactionId, voiceConnectorId, by } = attribution;
    const { selection } = this;
    if (voiceConnectorId !== undefined && (selection.voiceConnectorId ?? voiceConnectorId) !== voiceConnectorId)
      return false;
    if (this.transactionId === undefined) {
      // Untagged from the first fragment on: unless a call is asked for, all of it is one leg, until a new session has tags.
      if (transactionId === undefined) return selection.voiceConnectorId === undefined;
      if (this.#isUntaggedLeg || (this.#begun && by === "tagsBefore")) {
        this.#isUntaggedLeg = true;
        return false;
      }
      this.#follow(attribution);
    }
    return transactionId === this.transactionId;
  }

  #follow({ transactionId, voiceConnectorId }: Attribution): void {
    this.transactionId = transactionId;
    this.voiceConnectorId ??= voiceConnectorId;
  }
}
