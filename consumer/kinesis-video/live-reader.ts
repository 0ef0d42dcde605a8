import type { StartSelector } from "@aws-sdk/client-kinesis-video-media";
import type { StreamArn } from "../events/stream-arn.js";
import type { Fragment } from "../matroska/fragment.js";
import { compareFragmentNumbers } from "../matroska/fragment.js";
import { Backoff } from "./backoff.js";
import { END_TIME_TOLERANCE_MS, type EndProof, type LegProgress } from "./end-proof.js";
import { failureOf, isBrokenConnection, keyRefusal } from "./fragment-media.js";
import { isDataCallRetryable, type KinesisVideoAccess } from "./kinesis-video-access.js";
import type { LegEnd } from "./leg-end.js";
import { openLiveConnection } from "./live-connection.js";
import { liveStart } from "./live-start.js";

export interface LiveRequest {
  stream: StreamArn;
  /** The leg's first fragment, included. Earlier ones are left out. */
  startFragmentNumber?: string;
  /** When the leg began. With neither this nor a first fragment, reading starts with what is ingested from now on. */
  startTimeMs?: number;
  end: LegEnd;
}

export interface LiveOptions {
  /** Reading starts this long before `startTimeMs`: a fragment is up to 20 s long. Default 10 s. */
  startMarginMs?: number;
  /** Silence after which a leg that is known to be over is taken as read. Default 30 s. */
  quiescenceMs?: number;
  /** Silence after which a leg that nobody said is over is given up: a call on hold sends nothing. Default 15 min. */
  holdLimitMs?: number;
  /** How long Kinesis may refuse or break every connection before that is an error. Default 10 min. */
  troubleLimitMs?: number;
  /** How often a fragment that arrives damaged or as an error is asked for. Default 4. */
  fragmentAttempts?: number;
}

/** A whole fragment; or, with `failure`, one that could not be had whole, or not at all. */
export interface LiveFragment {
  fragment?: Fragment;
  failure?: { code: string; message: string };
}

export interface LiveEnd {
  endProof: EndProof;
}

/** Why one connection is read no further. */
type Stop = { ended: EndProof } | { fault: string };

/** What one connection came to. `broken` where it did not end by itself: what breaks is not followed at once. */
type Verdict = { ended: EndProof } | { progress: boolean; broken?: unknown };

/**
 * A leg as it is ingested: every fragment whole, in order, once, however often the connection ends.
 *
 * The end of a connection says nothing about the call: Kinesis ends one after 45 minutes, and three seconds after the
 * media stops. Reading goes on after the last whole fragment until the end is known (see `EndProof`) or silence passes
 * its limit. `FRAGMENT_NUMBER` starts *after* the fragment it names: right for going on, wrong for the first one, which
 * is therefore found by time.
 *
 * Throws `AwsCallError` for what repeating does not help.
 */
export class LiveReader {
  readonly #options: Required<LiveOptions>;
  readonly #backoff: Backoff;
  #position: string | undefined;
  /** A last fragment without its trailing tags: whole only if it comes again just as long. */
  #tail: { fragmentNumber: string; bytes: number } | undefined;
  #faults = 0;
  #endOfMediaMs = 0;

  constructor(
    private readonly access: KinesisVideoAccess,
    private readonly request: LiveRequest,
    private readonly progress: LegProgress,
    options: LiveOptions = {},
  ) {
    this.#options = {
      startMarginMs: options.startMarginMs ?? 10_000,
      quiescenceMs: options.quiescenceMs ?? 30_000,
      holdLimitMs: options.holdLimitMs ?? 15 * 60_000,
      troubleLimitMs: options.troubleLimitMs ?? 10 * 60_000,
      fragmentAttempts: options.fragmentAttempts ?? 4,
    };
    this.#backoff = new Backoff({ maxMs: 5_000, ...access.retry });
  }

  async *fragments(signal?: AbortSignal): AsyncGenerator<LiveFragment, LiveEnd> {
    const { clock } = this.access;
    let start = await liveStart(this.access, this.request, this.#options.startMarginMs, signal);
    const nowSelector: StartSelector = { StartSelectorType: "SERVER_TIMESTAMP", StartTimestamp: new Date(clock.now()) };
    let lastProgressMs = clock.now();
    let troubleSinceMs: number | undefined;
    for (;;) {
      signal?.throwIfAborted();
      const reached = this.#endReached();
      if (reached) return { endProof: reached };
      const verdict = yield* this.#connection(start, signal);
      // A second "now" would pass over what came between the two.
      if (start.StartSelectorType === "NOW") start = nowSelector;
      if ("ended" in verdict) return { endProof: verdict.ended };
      const nowMs = clock.now();
      if (verdict.progress || verdict.broken === undefined) troubleSinceMs = undefined;
      if (verdict.progress) {
        lastProgressMs = nowMs;
        this.#backoff.reset();
        if (verdict.broken === undefined) continue;
      } else if (verdict.broken === undefined) {
        if (this.#silenceIsOver(nowMs, lastProgressMs)) return { endProof: "none" };
      } else {
        troubleSinceMs ??= nowMs;
        if (nowMs - troubleSinceMs >= this.#options.troubleLimitMs) throw verdict.broken;
      }
      await clock.sleep(this.#backoff.nextMs(), signal);
    }
  }

  #endReached(): EndProof | undefined {
    const { fragmentNumber, timeMs, isCalledOff } = this.request.end;
    if (isCalledOff) return "none";
    if (fragmentNumber !== undefined) {
      const isReached = this.#position !== undefined && compareFragmentNumbers(this.#position, fragmentNumber) >= 0;
      return isReached ? "endedEvent" : undefined;
    }
    if (timeMs !== undefined && this.#endOfMediaMs >= timeMs - END_TIME_TOLERANCE_MS) return "endTime";
    return this.progress.switchedAway() ? "nextTransaction" : undefined;
  }

  #silenceIsOver(nowMs: number, lastProgressMs: number): boolean {
    const { toldAtMs } = this.request.end;
    if (toldAtMs === undefined) return nowMs - lastProgressMs >= this.#options.holdLimitMs;
    return nowMs - Math.max(lastProgressMs, toldAtMs) >= this.#options.quiescenceMs;
  }

  async *#connection(start: StartSelector, signal?: AbortSignal): AsyncGenerator<LiveFragment, Verdict> {
    const { access, request } = this;
    const selector: StartSelector =
      this.#position === undefined
        ? start
        : { StartSelectorType: "FRAGMENT_NUMBER", AfterFragmentNumber: this.#position };
    const positionBefore = this.#position;
    const connection = openLiveConnection(access, request.stream, selector, signal);
    const stopListening = request.end.onChange(() => {
      if (this.#endReached()) connection.close();
    });
    try {
      for await (const { fragment, last } of connection.fragments()) {
        const stop = yield* this.#take(fragment, last);
        if (stop && "ended" in stop) return stop;
        if (stop) return { progress: this.#position !== positionBefore, broken: new Error(stop.fault) };
      }
      return { progress: this.#position !== positionBefore };
    } catch (error) {
      signal?.throwIfAborted();
      access.endpoints.forget(request.stream, "GET_MEDIA");
      if (!isDataCallRetryable(error) && !isBrokenConnection(error)) throw error;
      return { progress: this.#position !== positionBefore, broken: error };
    } finally {
      stopListening();
      connection.close();
    }
  }

  /** @returns why the connection is not to be read further, if so */
  async *#take(fragment: Fragment, last: boolean): AsyncGenerator<LiveFragment, Stop | undefined> {
    const { request } = this;
    const number = fragment.fragmentNumber;
    if (number !== undefined && this.#position !== undefined && compareFragmentNumbers(number, this.#position) <= 0) {
      return undefined;
    }
    if (fragment.error || fragment.damaged || number === undefined) return yield* this.#takeFaulty(fragment, last);
    if (last && !this.#isWholeTail(fragment, number)) return undefined;

    this.#faults = 0;
    const { startFragmentNumber: first, end } = request;
    if (first !== undefined && compareFragmentNumbers(number, first) < 0) {
      this.#position = number;
      return undefined;
    }
    if (end.fragmentNumber !== undefined && compareFragmentNumbers(number, end.fragmentNumber) > 0) {
      return { ended: "endedEvent" };
    }
    // A time bounds the leg only where no fragment does: clocks differ.
    const { timeMs = Number.POSITIVE_INFINITY } = end.fragmentNumber === undefined ? end : {};
    if ((fragment.producerTimestampMs ?? 0) > timeMs) return { ended: "endTime" };
    yield { fragment };
    this.#position = number;
    this.#endOfMediaMs = Math.max(this.#endOfMediaMs, endOfMediaMs(fragment));
    const reached = this.#endReached();
    return reached && { ended: reached };
  }

  /** Kinesis writes the continuation token last, so a fragment that has it is whole; another may have been cut. */
  #isWholeTail(fragment: Fragment, fragmentNumber: string): boolean {
    if (fragment.continuationToken !== undefined) return true;
    const same = this.#tail?.fragmentNumber === fragmentNumber && this.#tail.bytes === fragment.bytes;
    this.#tail = { fragmentNumber, bytes: fragment.bytes };
    return same;
  }

  async *#takeFaulty(fragment: Fragment, last: boolean): AsyncGenerator<LiveFragment, Stop | undefined> {
    // The end of a connection cuts a fragment anywhere: it comes whole with the next one.
    if (last && !fragment.error) return undefined;
    this.#faults++;
    if (this.#faults < this.#options.fragmentAttempts) return { fault: "a fragment came damaged" };
    const refusal = fragment.error && keyRefusal(fragment.error, this.request.stream);
    if (refusal) throw refusal;
    const damage = fragment.damaged ?? { code: "no-fragment-number", message: "a fragment came without its number" };
    const failure = fragment.error ? failureOf(fragment.error) : { code: damage.code, message: damage.message };
    this.#faults = 0;
    yield fragment.error ? { failure } : { fragment, failure };
    this.#position = fragment.fragmentNumber ?? this.#position;
    return undefined;
  }
}

/** When the media of a fragment ends by the producer's clock; the last block is taken to be as long as its neighbours. */
function endOfMediaMs(fragment: Fragment): number {
  const { blocks, producerTimestampMs: startMs } = fragment;
  const firstBlock = blocks[0];
  const lastBlock = blocks.at(-1);
  if (startMs === undefined || !firstBlock || !lastBlock) return 0;
  const spanMs = lastBlock.timecodeMs - firstBlock.timecodeMs;
  const blockMs = blocks.length > 1 ? spanMs / (blocks.length - 1) : 0;
  return startMs + spanMs + blockMs;
}
