import type { StartSelector } from "@aws-sdk/client-kinesis-video-media";
import type { StreamArn } from "../events/stream-arn.js";
import { compareFragmentNumbers, type Fragment } from "../matroska/fragment.js";
import { Backoff } from "./backoff.js";
import { CatchUp } from "./catch-up.js";
import { END_TIME_TOLERANCE_MS, type EndProof, type LegProgress } from "./end-proof.js";
import { failureOf, keyRefusal } from "./fragment-media.js";
import type { KinesisVideoAccess } from "./kinesis-video-access.js";
import type { LegEnd } from "./leg-end.js";
import type { LivePosition } from "./live-backlog.js";
import { isConnectionTrouble, openLiveConnection } from "./live-connection.js";
import { type LiveStart, liveStart, startOfNow } from "./live-start.js";
import { endOfMediaMs } from "./media-length.js";
import { TroubleLimit } from "./trouble-limit.js";

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
  /** What lies further back is read from the archive where the stream has one: GetMedia gives 5 fragments a second. Default 15 s. */
  backlogMs?: number;
  /** Silence after which a leg that is known to be over is taken as read. Default 30 s. */
  quiescenceMs?: number;
  /** Silence after which a leg that nobody said is over is given up: a call on hold sends nothing. Default 15 min. */
  holdLimitMs?: number;
  /** A connection that brings no whole fragment for this long is closed, and another one made. Default 30 s. */
  stallMs?: number;
  /**
   * How long Kinesis may refuse or break every connection before that is an error. Default: as long as the media that is not read
   * yet can still be there, which is the stream's retention, and the five minutes that Kinesis buffers where it has none.
   */
  troubleLimitMs?: number;
  /** How often a fragment that arrives damaged or as an error is asked for. Default 4. */
  fragmentAttempts?: number;
}

/** A whole fragment; or, with `failure`, one that could not be had whole, or not at all. */
export interface LiveFragment {
  fragment?: Fragment;
  failure?: { code: string; message: string };
}

/** What reading a leg live came to. */
export interface LiveEnd {
  endProof: EndProof;
  /** GetMedia calls. */
  connections: number;
  /** Fragments that were read from the archive, as the reader was late. */
  backlogFragments: number;
  /**
   * The longest time from when Kinesis received a fragment to when it was taken here, in milliseconds, by two clocks; of the
   * fragments that GetMedia gave. Undefined where it gave none.
   */
  greatestLatenessMs: number | undefined;
}

/** Why one connection is read no further. */
type Stop = { ended: EndProof } | { fault: string };

/**
 * What one connection came to. `broken` where it did not end by itself: what breaks is not followed at once. `start` is where a leg
 * goes on of which nothing has been read.
 */
type Verdict = { ended: EndProof } | { start: LiveStart; broken?: unknown };

/** Half of the shortest fragment that a producer makes: a step of this length passes over none but the one it starts in. */
const PASSING_STEP_MS = 500;

/**
 * A leg as it is ingested: every fragment whole, in order, once, however often the connection ends.
 *
 * The end of a connection says nothing about the call: Kinesis ends one after 45 minutes, and three seconds after the
 * media stops. Reading goes on after the last whole fragment until the end is known (see `EndProof`) or silence passes
 * its limit. `FRAGMENT_NUMBER` starts *after* the fragment it names: right for going on, wrong for the first one, which
 * is therefore found by time. A reader that is late catches up from the archive, where there is one.
 *
 * Throws `AwsCallError` for what repeating does not help.
 */
export class LiveReader {
  readonly #options: Required<Omit<LiveOptions, "troubleLimitMs">>;
  readonly #backoff: Backoff;
  readonly #catchUp: CatchUp;
  readonly #trouble: TroubleLimit;
  #position: LivePosition | undefined;
  /** A last fragment without its trailing tags: whole only if it comes again just as long. */
  #tail: { fragmentNumber: string; bytes: number } | undefined;
  #faults = 0;
  /** Fragments without a number that were given up since the last whole one. */
  #passedOver = 0;
  #endOfMediaMs = 0;
  #connections = 0;
  #greatestLatenessMs: number | undefined;

  constructor(
    private readonly access: KinesisVideoAccess,
    private readonly request: LiveRequest,
    private readonly progress: LegProgress,
    options: LiveOptions = {},
  ) {
    this.#options = {
      startMarginMs: options.startMarginMs ?? 10_000,
      backlogMs: options.backlogMs ?? 15_000,
      quiescenceMs: options.quiescenceMs ?? 30_000,
      holdLimitMs: options.holdLimitMs ?? 15 * 60_000,
      stallMs: options.stallMs ?? 30_000,
      fragmentAttempts: options.fragmentAttempts ?? 4,
    };
    this.#backoff = new Backoff({ maxMs: 5_000, ...access.retry });
    this.#catchUp = new CatchUp(access, request.stream, this.#options.backlogMs);
    this.#trouble = new TroubleLimit(access, request.stream, options.troubleLimitMs);
  }

  async *fragments(signal?: AbortSignal): AsyncGenerator<LiveFragment, LiveEnd> {
    const { clock } = this.access;
    const { startMarginMs } = this.#options;
    let start = await liveStart(this.access, this.request, startMarginMs, signal);
    if (start.beganAtMs !== undefined) {
      const { startFragmentNumber } = this.request;
      this.#catchUp.begin({ startFragmentNumber, fromMs: start.beganAtMs - startMarginMs }, start.beganAtMs);
    }
    let lastProgressMs = clock.now();
    for (;;) {
      signal?.throwIfAborted();
      const positionBefore = this.#position;
      const verdict = (yield* this.#backlog(signal)) ?? (yield* this.#connection(start, signal));
      if ("ended" in verdict) return this.#end(verdict.ended);
      if (verdict.start) start = verdict.start;
      const nowMs = clock.now();
      const hasProgressed = this.#position !== positionBefore;
      if (hasProgressed) {
        lastProgressMs = nowMs;
        this.#backoff.reset();
      }
      if (hasProgressed || verdict.broken === undefined) this.#trouble.isOver();
      if (verdict.broken !== undefined) {
        this.#catchUp.missedSince(lastProgressMs);
        await this.#trouble.met(verdict.broken, this.#position !== undefined, signal);
      } else if (hasProgressed) {
        continue;
      } else if (this.#isNearEndTime()) {
        return this.#end("endTime");
      } else if (this.#silenceIsOver(nowMs, lastProgressMs)) {
        return this.#end("none");
      }
      await clock.sleep(this.#backoff.nextMs(), signal);
    }
  }

  #end(endProof: EndProof): LiveEnd {
    const connections = this.#connections;
    const backlogFragments = this.#catchUp.fragments;
    return { endProof, connections, backlogFragments, greatestLatenessMs: this.#greatestLatenessMs };
  }

  #endReached(): EndProof | undefined {
    const { fragmentNumber, timeMs, isCalledOff } = this.request.end;
    if (isCalledOff) return "none";
    if (fragmentNumber !== undefined) {
      const isReached =
        this.#position !== undefined && compareFragmentNumbers(this.#position.fragmentNumber, fragmentNumber) >= 0;
      return isReached ? "endedEvent" : undefined;
    }
    if (timeMs !== undefined && this.#endOfMediaMs >= timeMs) return "endTime";
    return this.progress.switchedAway() ? "nextTransaction" : undefined;
  }

  /** Proof enough where nothing follows any more: until then a last, short fragment may. */
  #isNearEndTime(): boolean {
    const { fragmentNumber, timeMs } = this.request.end;
    if (fragmentNumber !== undefined || timeMs === undefined) return false;
    return this.#endOfMediaMs >= timeMs - END_TIME_TOLERANCE_MS;
  }

  #silenceIsOver(nowMs: number, lastProgressMs: number): boolean {
    const { toldAtMs } = this.request.end;
    if (toldAtMs === undefined) return nowMs - lastProgressMs >= this.#options.holdLimitMs;
    return nowMs - Math.max(lastProgressMs, toldAtMs) >= this.#options.quiescenceMs;
  }

  /** @returns undefined where the reader is as far as the archive can bring it, and is to go on with GetMedia */
  async *#backlog(signal?: AbortSignal): AsyncGenerator<LiveFragment, Verdict | undefined> {
    // Bounded by the archive: where it gives nothing more, no more is due.
    while (this.#catchUp.isDue) {
      for await (const fragment of this.#catchUp.read(this.#position, signal)) {
        const stop = yield* this.#deliver(fragment, fragment.fragmentNumber!);
        if (stop) return stop;
      }
    }
    const reached = this.#endReached();
    return reached && { ended: reached };
  }

  async *#connection(start: LiveStart, signal?: AbortSignal): AsyncGenerator<LiveFragment, Verdict> {
    const { access, request } = this;
    const openedAtMs = access.clock.now();
    const connection = openLiveConnection(access, request.stream, this.#selector(start), this.#options.stallMs, signal);
    this.#connections++;
    const stopListening = request.end.onChange(() => {
      if (this.#endReached()) connection.close();
    });
    const goingOn = () => ({ start: startOfNow(start, connection.answeredAtMs() ?? openedAtMs) });
    try {
      for await (const { fragment, last } of connection.fragments()) {
        const stop = yield* this.#take(fragment, last);
        if (stop && "ended" in stop) return stop;
        if (stop) return { ...goingOn(), broken: new Error(stop.fault) };
        if (this.#catchUp.isDue) break;
      }
      return goingOn();
    } catch (error) {
      signal?.throwIfAborted();
      access.endpoints.forget(request.stream, "GET_MEDIA");
      if (!isConnectionTrouble(error)) throw error;
      return { ...goingOn(), broken: error };
    } finally {
      stopListening();
      connection.close();
    }
  }

  #selector(start: LiveStart): StartSelector {
    const position = this.#position;
    const endMs = position?.endOfMediaMs ?? (start.selector.StartTimestamp as Date | undefined)?.getTime();
    if (this.#passedOver > 0 && endMs !== undefined) {
      const StartTimestamp = new Date(endMs + this.#passedOver * PASSING_STEP_MS);
      return { StartSelectorType: "PRODUCER_TIMESTAMP", StartTimestamp };
    }
    if (!position) return start.selector;
    return { StartSelectorType: "FRAGMENT_NUMBER", AfterFragmentNumber: position.fragmentNumber };
  }

  /** @returns why the connection is not to be read further, if so */
  async *#take(fragment: Fragment, last: boolean): AsyncGenerator<LiveFragment, Stop | undefined> {
    const number = fragment.fragmentNumber;
    const position = this.#position?.fragmentNumber;
    if (number !== undefined && position !== undefined && compareFragmentNumbers(number, position) <= 0) {
      return undefined;
    }
    if (fragment.error || fragment.damaged || number === undefined) return yield* this.#takeFaulty(fragment, last);
    if (last && !this.#isWholeTail(fragment, number)) return undefined;
    if (fragment.serverTimestampMs !== undefined) {
      const latenessMs = this.access.clock.now() - fragment.serverTimestampMs;
      this.#greatestLatenessMs = Math.max(this.#greatestLatenessMs ?? latenessMs, latenessMs);
    }
    this.#catchUp.tookLive(fragment);
    return yield* this.#deliver(fragment, number);
  }

  /** The next whole fragment of the stream. */
  async *#deliver(fragment: Fragment, number: string): AsyncGenerator<LiveFragment, { ended: EndProof } | undefined> {
    this.#faults = 0;
    this.#passedOver = 0;
    const { startFragmentNumber: first, end } = this.request;
    const { serverTimestampMs } = fragment;
    const position = { fragmentNumber: number, serverTimestampMs, endOfMediaMs: endOfMediaMs(fragment) };
    if (first !== undefined && compareFragmentNumbers(number, first) < 0) {
      this.#position = position;
      return undefined;
    }
    if (end.fragmentNumber !== undefined && compareFragmentNumbers(number, end.fragmentNumber) > 0) {
      return { ended: "endedEvent" };
    }
    // A time bounds the leg only where no fragment does: clocks differ.
    const { timeMs = Number.POSITIVE_INFINITY } = end.fragmentNumber === undefined ? end : {};
    if ((fragment.producerTimestampMs ?? 0) > timeMs) return { ended: "endTime" };
    yield { fragment };
    this.#position = position;
    this.#endOfMediaMs = Math.max(this.#endOfMediaMs, position.endOfMediaMs);
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
    const { error, fragmentNumber } = fragment;
    const fault = { fault: "a fragment came damaged, or an error in its place" };
    this.#faults++;
    if (this.#faults < this.#options.fragmentAttempts && this.#passedOver === 0) return fault;
    const refusal = error && keyRefusal(error, this.request.stream);
    if (refusal) throw refusal;
    const damage = fragment.damaged ?? { code: "no-fragment-number", message: "a fragment came without its number" };
    const failure = error ? failureOf(error) : { code: damage.code, message: damage.message };
    this.#faults = 0;
    if (this.#passedOver === 0) yield error ? { failure } : { fragment, failure };
    if (fragmentNumber !== undefined) {
      const { serverTimestampMs } = fragment;
      this.#position = { fragmentNumber, serverTimestampMs, endOfMediaMs: endOfMediaMs(fragment) };
      return undefined;
    }
    this.#passedOver++;
    return fault;
  }
}
