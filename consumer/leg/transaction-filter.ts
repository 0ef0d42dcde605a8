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
  /** Inside the event's bounds, with tags of another transaction where that is no trailing of tags. */
  conflict: boolean;
}

/** Whose the fragment directly before a leg's first is: another transaction's, or nobody knows. */
export type Predecessor = "other" | "nothing";

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
  /** Of the first wanted fragment; undefined before it, and where none came before it. */
  precededBy: Predecessor | undefined;
  #previous: Predecessor | undefined;
  /** The fragment before, inside the bounds, named another transaction. */
  #isInConflict = false;
  #conflictingId: string | undefined;
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
    const attribution = this.#byTags(fragment) ?? this.#byContinuity(fragment, startMs);
    if (place === "inside") {
      this.#placeInside(attribution, fragment);
    } else {
      this.#noticeSwitch(attribution, place);
      attribution.wanted = place !== "outside" && this.#isWanted(attribution);
      if (this.#begun && !attribution.wanted && attribution.transactionId !== undefined && !this.#goesOn(fragment)) {
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
    if (attribution.wanted && !this.#begun) this.precededBy = this.#previous;
    this.#previous = attribution.by === "nothing" || this.#lacksConnector(attribution) ? "nothing" : "other";
    this.#begun ||= attribution.wanted;
    return attribution;
  }

  /**
   * The bounds make it the leg's, unless its tags say otherwise in a way that trailing cannot explain. Tags before its own
   * cluster can only be its own. Tags after it may be the next call's, already written for the next cluster: on the leg's last fragment
   * that is no conflict at all, elsewhere the first such fragment is kept as a doubtful one, and whatever follows it is not.
   * So a bound that reaches into the next call brings none of its audio into the recording without a word.
   */
  #placeInside(attribution: Attribution, fragment: Fragment): void {
    if (this.transactionId === undefined) this.#follow(attribution);
    const before = fragment.tagsBefore.get(TRANSACTION_ID);
    const named = before ?? this.#namedAfter(fragment);
    attribution.conflict = named !== undefined && named !== this.transactionId;
    attribution.wanted = !attribution.conflict || (before === undefined && !this.#isInConflict);
    attribution.by = "bounds";
    if (attribution.wanted) {
      attribution.transactionId = this.transactionId;
      attribution.voiceConnectorId = this.voiceConnectorId;
    } else {
      attribution.transactionId = named;
    }
    this.#isInConflict = attribution.conflict;
    if (attribution.conflict) this.#conflictingId = named;
  }

  /** The transaction that a fragment without tags before its cluster is, by tags that do not merely trail. */
  #namedAfter(fragment: Fragment): string | undefined {
    const after = fragment.tagsAfter.get(TRANSACTION_ID);
    if (this.#isInConflict) return after ?? this.#conflictingId;
    const { endFragmentNumber: end } = this.selection;
    const isLast =
      end !== undefined &&
      fragment.fragmentNumber !== undefined &&
      compareFragmentNumbers(fragment.fragmentNumber, end) === 0;
    return isLast ? undefined : after;
  }

  /** `inside`: the bounds alone make it the leg's. `open`: they do not exclude it. */
  #placeByBounds(fragmentNumber: string | undefined): "inside" | "outside" | "open" {
    const { startFragmentNumber: start, endFragmentNumber: end } = this.selection;
    if (fragmentNumber === undefined) return "open";
    const afterStart = start === undefined ? undefined : compareFragmentNumbers(fragmentNumber, start);
    const beforeEnd = end === undefined ? undefined : compareFragmentNumbers(end, fragmentNumber);
    if ((afterStart ?? 0) < 0 || (beforeEnd ?? 0) < 0) return "outside";
    if (afterStart === 0 || beforeEnd === 0) return "inside";
    if (this.#isBetweenPieces(fragmentNumber)) return "open";
    return afterStart !== undefined && beforeEnd !== undefined ? "inside" : "open";
  }

  #isBetweenPieces(fragmentNumber: string): boolean {
    const { pieces } = this.selection;
    if (!pieces) return false;
    return !pieces.some(({ startFragmentNumber: start, endFragmentNumber: end }) => {
      const afterStart = start === undefined ? 0 : compareFragmentNumbers(fragmentNumber, start);
      // Where nobody told its end, only its first fragment is known to be the piece's.
      return (
        afterStart === 0 || (afterStart > 0 && end !== undefined && compareFragmentNumbers(end, fragmentNumber) >= 0)
      );
    });
  }

  /** A later piece is known: another call in between does not end the leg. */
  #goesOn({ fragmentNumber }: Fragment): boolean {
    const start = this.selection.pieces?.at(-1)?.startFragmentNumber;
    return start !== undefined && fragmentNumber !== undefined && compareFragmentNumbers(fragmentNumber, start) < 0;
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

  #byContinuity(fragment: Fragment, startMs: number | undefined): Attribution {
    const isContinuous =
      startMs === undefined || this.#runEndMs === undefined || Math.abs(startMs - this.#runEndMs) < CONTINUITY_MS;
    if (!this.#run || !isContinuous || this.#namesOtherConnector(fragment))
      return { by: "nothing", wanted: false, conflict: false };
    return { ...this.#run, by: "continuity", wanted: false, conflict: false };
  }

  /** Tags without a transaction, as after damage to them, can still tell that this is not the run's call. */
  #namesOtherConnector({ tagsBefore, tagsAfter }: Fragment): boolean {
    const named = tagsBefore.get(VOICE_CONNECTOR_ID) ?? tagsAfter.get(VOICE_CONNECTOR_ID);
    return named !== undefined && (this.#run?.voiceConnectorId ?? named) !== named;
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
    if (this.#lacksConnector(attribution)) return false;
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

  /** Only a Voice Connector is asked for, and a transaction does not say which it is of: it could be anybody's. */
  #lacksConnector({ transactionId, voiceConnectorId }: Attribution): boolean {
    const { selection } = this;
    const isAskedFor = selection.voiceConnectorId !== undefined && selection.transactionId === undefined;
    return (
      isAskedFor &&
      transactionId !== undefined &&
      voiceConnectorId === undefined &&
      this.transactionId !== transactionId
    );
  }

  #follow({ transactionId, voiceConnectorId }: Attribution): void {
    this.transactionId = transactionId;
    this.voiceConnectorId ??= voiceConnectorId;
  }
}
