import { AwsCallError } from "../../aws/call-error.js";
import { type EndedEvent, UNKNOWN_CALL_ID } from "../events/streaming-event.js";
import { ArchiveUnavailable, type FragmentRange } from "../kinesis-video/fragment-listing.js";
import { announceLeg } from "./announce-leg.js";
import { type ConnectorStream, hourOf, inTurnOf, listConnectorStreams } from "./connector-streams.js";
import type { MissingCall } from "./detail-records.js";
import { findLegs } from "./find-legs.js";
import { endTimeMsOf, type FoundLeg, hasEndedSince, isSpeaking, startTimeMsOf } from "./found-leg.js";
import { patienceOf } from "./patience.js";
import { eachInTurn, type ReconcileContext, type RoundResult } from "./reconcile-context.js";
import { legPrefix, recordingsOf, unrecordedStretches } from "./recorded-legs.js";
import { reportRetention } from "./stream-retentions.js";
import { sweepWindowMs } from "./sweep-window.js";

const HOUR_MS = 60 * 60_000;
/** The clocks of producers, of Kinesis and ours differ. */
const CLOCK_TOLERANCE_MS = 60_000;
/** When both are found the other streams need not be asked. */
const LEGS_OF_A_CALL = 2;

/**
 * The second tier: legs of which nobody was told, found in the streams themselves. One hour's share of the streams, each once a day.
 */
export class StreamSweep {
  /** What the names of marked legs begin with: the first tier looks after them. */
  readonly #marked = new Set<string>();

  constructor(
    private readonly context: ReconcileContext,
    /** When the schedule came, which says whose turn it is. */
    private readonly timeMs: number,
  ) {}

  /** @param findMissing calls that detail records tell of, and nothing was recorded of: looked for whosever turn it is */
  async run(findMissing: () => Promise<MissingCall[]> = async () => []): Promise<RoundResult> {
    const { access, config, metrics, deadline, marks } = this.context;
    const { region, voiceConnectorIds } = config;
    const streams = await listConnectorStreams(access, region, voiceConnectorIds, { signal: deadline });
    reportRetention(this.context, streams);
    for await (const { name } of marks.list("started")) this.#marked.add(name.replace(/[^_]*$/, ""));

    const hour = new Date(this.timeMs).getUTCHours();
    const inTurn = inTurnOf(streams, this.timeMs).filter((stream) => stream.dataRetentionInHours > 0);
    const due = inTurn.filter(({ stream }) => hourOf(stream) === hour);
    const swept = await eachInTurn(this.context, due, async (stream) => {
      await this.#sweep(stream, this.#window());
      metrics.count("SweptStreams");
    });
    // After what is due: however many calls are missing, every stream has its turn.
    const lookedFor = await this.#lookFor(deadline.aborted ? [] : await findMissing(), inTurn);
    return { done: swept.done, left: swept.left + lookedFor.left };
  }

  #window(): { fromMs: number; toMs: number } {
    const { access, config } = this.context;
    const nowMs = access.clock.now();
    return { fromMs: nowMs - sweepWindowMs(config), toMs: nowMs + CLOCK_TOLERANCE_MS };
  }

  #lookFor(missing: readonly MissingCall[], streams: readonly ConnectorStream[]): Promise<RoundResult> {
    const searches = searchesOf(missing).flatMap((search) =>
      streams
        .filter(({ voiceConnectorId }) => voiceConnectorId === search.voiceConnectorId)
        .map((stream) => ({ stream, search })),
    );
    return eachInTurn(this.context, searches, async ({ stream, search }) => {
      if (search.calls.size === 0) return;
      for (const { transactionId } of await this.#sweep(stream, search, search.calls)) {
        const legs = (search.legs.get(transactionId) ?? 0) + 1;
        search.legs.set(transactionId, legs);
        if (legs === LEGS_OF_A_CALL) search.calls.delete(transactionId);
      }
    });
  }

  /**
   * Announces what nobody has recorded, and nobody was told of.
   * @param only the calls to look for. Default: any
   * @returns legs that were found, announced or not
   */
  async #sweep(
    { stream, voiceConnectorId, dataRetentionInHours }: ConnectorStream,
    window: { fromMs: number; toMs: number },
    only?: ReadonlyMap<string, MissingCall>,
  ): Promise<FoundLeg[]> {
    const { access, config, logger, deadline } = this.context;
    const nowMs = access.clock.now();
    const retentionMs = dataRetentionInHours * HOUR_MS;
    const fromMs = Math.max(window.fromMs, nowMs - retentionMs);
    if (fromMs >= window.toMs) return [];
    const range: FragmentRange & { by: "server" } = { by: "server", fromMs, toMs: window.toMs };
    let found: FoundLeg[];
    try {
      const { legs, unattributed } = await findLegs(access, stream, range, deadline);
      if (unattributed > 0) logger.warn({ streamArn: stream.arn, unattributed }, "fragments without tags");
      found = only ? legs.filter(({ transactionId }) => only.has(transactionId)) : legs;
    } catch (error) {
      // Deleted, or without retention, since it was listed.
      const isGone = error instanceof AwsCallError && error.kind === "notFound";
      if (isGone || error instanceof ArchiveUnavailable) return [];
      throw error;
    }
    for (const leg of found) {
      deadline.throwIfAborted();
      // What is too young yet the next day's sweep finds, or somebody records before.
      const isYoung = hasEndedSince(leg, nowMs - patienceOf(config, retentionMs));
      if (isYoung || isSpeaking(leg, nowMs, config.quietMs)) continue;
      const callId = leg.callId ?? only?.get(leg.transactionId)?.callId;
      await this.#consider({ ...leg, callId }, { stream, voiceConnectorId });
    }
    return found;
  }

  async #consider(leg: FoundLeg, of: Pick<ConnectorStream, "stream" | "voiceConnectorId">): Promise<void> {
    const { store } = this.context;
    if (this.#marked.has(legPrefix(leg.transactionId, of.stream))) return;
    const recordings = await recordingsOf(store, leg.transactionId, of.stream);
    const stretches = unrecordedStretches(leg, recordings);
    if (stretches.length === 0) return;
    const sinceMs = stretches[0]!.first.serverTimestampMs;
    await announceLeg(this.context, eventOf({ ...leg, stretches }, leg, of), { sinceMs });
    this.#marked.add(legPrefix(leg.transactionId, of.stream));
  }
}

/** Missing calls of one connector at about the same time, for which its streams need to be gone through once. */
interface Search {
  voiceConnectorId: string;
  fromMs: number;
  toMs: number;
  /** Of which not both legs have been found yet, by transaction. */
  calls: Map<string, MissingCall>;
  /** How many have. */
  legs: Map<string, number>;
}

function searchesOf(missing: readonly MissingCall[]): Search[] {
  const searches: Search[] = [];
  for (const call of [...missing].sort((a, b) => a.fromMs - b.fromMs)) {
    const { transactionId, voiceConnectorId, fromMs, toMs } = call;
    const search = searches.find((other) => other.voiceConnectorId === voiceConnectorId && other.toMs >= fromMs);
    if (search) {
      search.toMs = Math.max(search.toMs, toMs);
      search.calls.set(transactionId, call);
    } else {
      searches.push({ voiceConnectorId, fromMs, toMs, calls: new Map([[transactionId, call]]), legs: new Map() });
    }
  }
  return searches;
}

/** What may be claimed: neither an end by fragment, nor a beginning that could be another call's or the middle of this one. */
function eventOf(
  missing: FoundLeg,
  leg: FoundLeg,
  { stream, voiceConnectorId }: Pick<ConnectorStream, "stream" | "voiceConnectorId">,
): EndedEvent {
  const first = missing.stretches[0]!;
  const beginning = first === leg.stretches[0] ? leg.beginning : "certain";
  return {
    status: "ENDED",
    stream,
    voiceConnectorId,
    transactionId: leg.transactionId,
    callId: leg.callId ?? UNKNOWN_CALL_ID,
    startFragmentNumber: beginning === "certain" ? first.first.fragmentNumber : undefined,
    startTimeMs: beginning === "unseen" ? undefined : startTimeMsOf(first),
    endTimeMs: endTimeMsOf(missing.stretches.at(-1)!),
  };
}
