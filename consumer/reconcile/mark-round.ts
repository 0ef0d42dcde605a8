import { AwsCallError } from "../../aws/call-error.js";
import type { EndedEvent, StartedEvent } from "../events/streaming-event.js";
import { ArchiveUnavailable } from "../kinesis-video/fragment-listing.js";
import { describeRetention } from "../kinesis-video/stream-retention.js";
import { hasPiece } from "../leg-pieces.js";
import { announceLeg } from "./announce-leg.js";
import { listConnectorStreams } from "./connector-streams.js";
import { type FoundLegs, findLegs } from "./find-legs.js";
import { endTimeMsOf, type FoundLeg, hasEndedSince, isSpeaking } from "./found-leg.js";
import { type LegMark, parseLegMark } from "./leg-mark.js";
import { patienceOf, repeatAfterMs } from "./patience.js";
import { eachInTurn, type ReconcileContext, type RoundResult } from "./reconcile-context.js";
import { recordingsOf } from "./recorded-legs.js";
import { reportRetention } from "./stream-retentions.js";

type NamedMark = LegMark & { name: string; version: string };

/** The clocks of Chime, of producers, of Kinesis and ours differ. */
const CLOCK_TOLERANCE_MS = 60_000;
const HOUR_MS = 60 * 60_000;

/**
 * The first tier: legs of whose start somebody was told, and that nobody has recorded. Those that speak no more are announced; those
 * whose media has expired are named in the dead-letter queue.
 */
export class MarkRound {
  /** The oldest unrecorded leg's age as a share of its stream's retention. */
  #retentionUsed = 0;

  constructor(private readonly context: ReconcileContext) {}

  async run(): Promise<RoundResult> {
    const { marks, metrics, access, config, deadline } = this.context;
    const listed: { name: string; modifiedMs: number }[] = [];
    for await (const mark of marks.list("started")) listed.push(mark);
    // Where the time is too short for all, it is for those that have little left.
    listed.sort((a, b) => a.modifiedMs - b.modifiedMs);
    const result = await eachInTurn(this.context, listed, ({ name, modifiedMs }) => this.#look(name, modifiedMs));
    metrics.record("RetentionUsed", this.#retentionUsed * 100);
    // A page of a thousand streams is one request: who wants no sweep is told all the same.
    const { region, voiceConnectorIds } = config;
    if (config.mode === "archive")
      reportRetention(
        this.context,
        await listConnectorStreams(access, region, voiceConnectorIds, { signal: deadline }),
      );
    return result;
  }

  async #look(name: string, modifiedMs: number): Promise<void> {
    const { access, marks, store, config, logger } = this.context;
    // Its leg has only begun, or its end was announced a moment ago.
    if (access.clock.now() - modifiedMs < config.quietMs) return;
    const found = await marks.get("started", name);
    if (!found) return;
    const known = parseLegMark(found.text);
    if (!known) {
      logger.error({ name }, "a mark that cannot be read");
      return;
    }
    const { event } = known;
    if (!this.#isOurs(event)) return;
    const recordings = await recordingsOf(store, event.transactionId, event.stream);
    const { startFragmentNumber } = event;
    // A cut is not the leg: somebody asked for no more of it.
    if (recordings.some((sidecar) => sidecar.range === undefined && hasPiece(sidecar, { startFragmentNumber }))) {
      // Whoever recorded it died before it could do this, or knew the leg by another first fragment.
      await marks.remove("started", name);
      return;
    }
    // Every announcement writes the mark anew.
    const sinceMs = known.sinceMs ?? modifiedMs;
    await this.#settle({ ...known, sinceMs, ...found }, event.startTimeMs ?? sinceMs, modifiedMs);
  }

  #isOurs({ stream, voiceConnectorId }: StartedEvent | EndedEvent): boolean {
    const { region, accountId, voiceConnectorIds } = this.context.config;
    const isAccount = accountId === undefined || stream.accountId === accountId;
    return stream.region === region && isAccount && voiceConnectorIds.includes(voiceConnectorId);
  }

  async #settle(mark: NamedMark, startMs: number, modifiedMs: number): Promise<void> {
    const { access, config, deadline } = this.context;
    const { event } = mark;
    const nowMs = access.clock.now();
    let retentionMs: number;
    try {
      const retry = { ...access.retry, clock: access.clock, signal: deadline };
      const { dataRetentionInHours } = await describeRetention(access.clients, event.stream, retry);
      retentionMs = dataRetentionInHours * HOUR_MS;
    } catch (error) {
      if (!isGone(error)) throw error;
      return this.#expire(mark, "the stream has been deleted");
    }
    if (retentionMs === 0) {
      // Whoever reads it live may still be at it, and says so by the mark's time for as long as it is heard.
      const heardMs = mark.endedAtMs === undefined ? Math.max(startMs, modifiedMs) : startMs;
      if (nowMs - heardMs < config.maxCallMs + config.quietMs) return;
      return this.#expire(mark, "the stream has a data retention of 0 hours");
    }
    this.#retentionUsed = Math.max(this.#retentionUsed, (nowMs - startMs) / retentionMs);
    const hasExpired = startMs + retentionMs <= nowMs;
    const patienceMs = patienceOf(config, retentionMs);
    const isYoung = nowMs - startMs < patienceMs;
    if (isYoung || isPending(mark, nowMs, hasExpired ? config.repeatMs : this.#repeatMs(mark, retentionMs))) return;
    const { legs, unattributed, newestMs = 0 } = await this.#find(event, startMs);
    const leg = legs.find(({ transactionId }) => transactionId === event.transactionId);
    if (leg && (hasEndedSince(leg, nowMs - patienceMs) || isSpeaking(leg, nowMs, config.quietMs))) return;
    // Who speaks without tags may be the leg.
    if (!leg && unattributed > 0 && nowMs - newestMs < Math.max(config.quietMs, patienceMs)) return;
    if (!leg && hasExpired) {
      const hours = retentionMs / HOUR_MS;
      return this.#expire(mark, `it began ${new Date(startMs).toISOString()}, and the stream keeps ${hours} h`);
    }
    await announceLeg(this.context, endOf(event, leg), mark);
  }

  #repeatMs({ announcements }: LegMark, retentionMs: number): number {
    return repeatAfterMs(this.context.config, announcements, retentionMs);
  }

  /** What is on the leg's stream since it began. */
  async #find({ stream }: StartedEvent | EndedEvent, startMs: number): Promise<FoundLegs> {
    const { access, deadline } = this.context;
    const fromMs = startMs - CLOCK_TOLERANCE_MS;
    const range = { by: "server", fromMs, toMs: access.clock.now() + CLOCK_TOLERANCE_MS } as const;
    try {
      return await findLegs(access, stream, range, deadline);
    } catch (error) {
      // Its retention was set to 0 a moment ago.
      if (error instanceof ArchiveUnavailable) return { legs: [], unattributed: 0 };
      throw error;
    }
  }

  /** Nothing can be done for it any more: somebody is to know. */
  async #expire({ name, event }: NamedMark, why: string): Promise<void> {
    const { announcer, marks, metrics, logger } = this.context;
    const { transactionId, stream } = event;
    const reason = `expired: nobody recorded this leg, and its media on ${stream.streamName} is gone: ${why}`;
    await announcer.putAside(endOf(event), reason);
    await marks.remove("started", name);
    metrics.count("LegsExpired");
    logger.error({ transactionId, streamArn: stream.arn, why }, "the media of a leg is gone, and nobody recorded it");
  }
}

/** Whether a message about the leg's end may still be in the queue, or it is not yet time for another one. */
function isPending({ announcedAtMs, endedAtMs }: LegMark, nowMs: number, repeatMs: number): boolean {
  const latestMs = Math.max(announcedAtMs ?? 0, endedAtMs ?? 0);
  return nowMs - latestMs < repeatMs;
}

/** Without an event of it no last fragment: the last one with the leg's tags need not be its last. */
function endOf(event: StartedEvent | EndedEvent, leg?: FoundLeg): EndedEvent {
  if (event.status === "ENDED" && event.endTimeMs !== undefined) return event;
  const stretch = leg?.stretches.at(-1);
  return { ...event, status: "ENDED", endTimeMs: stretch && endTimeMsOf(stretch) };
}

function isGone(error: unknown): boolean {
  return error instanceof AwsCallError && error.kind === "notFound";
}
