import type { EventSource, StreamingEventDetail, StreamingEvents } from "./events.js";
import type { KinesisVideoStream, StoredFragment } from "./kinesis-video-stream.js";
import type { LegProducer } from "./leg-producer.js";
import type { World } from "./world.js";

export type Direction = "Inbound" | "Outbound";

/** One leg of a call that was played. */
export interface CallLeg {
  streamArn: string;
  isCaller: boolean;
  direction: Direction;
  startFragmentNumber: string;
  /** ISO 8601, milliseconds. */
  startTime: string;
  endTime: string;
}

/** What became of a call. */
export interface CallResult {
  transactionId: string;
  callId: string;
  voiceConnectorId: string;
  /** The legs whose media reached a stream. */
  legs: CallLeg[];
  /** The legs that could not be streamed, and why. */
  failures: LegFailure[];
}

export interface LegFailure {
  isCaller: boolean;
  reason: string;
}

export interface CallIds {
  transactionId: string;
  callId: string;
}

/** A leg that is being played. */
export interface ActiveLeg {
  readonly isCaller: boolean;
  readonly source: EventSource;
  readonly stream: KinesisVideoStream;
  readonly producer: LegProducer;
  /** Milliseconds after the call's start. */
  readonly offsetMs: number;
  /** Producer time of its first sample. */
  readonly startMs: number;
  first?: StoredFragment;
  last?: StoredFragment;
  /** An UPDATED event follows its STARTED. */
  readonly isUpdated: boolean;
  isEnded: boolean;
}

export interface PhoneCallOptions {
  ids: CallIds;
  voiceConnectorId: string;
  direction: Direction;
  fromNumber: string;
  toNumber: string;
  legs: ActiveLeg[];
  failures: LegFailure[];
  /** How much faster than life; infinite: at once. */
  speed: number;
  onEnd(): void;
}

/** A call in progress: plays its legs in step, tells of their starts and ends, and can be hung up. */
export class PhoneCall {
  readonly ended: Promise<CallResult>;
  private readonly hangUpSignal = new AbortController();
  private hasEnded = false;
  private begunMs = 0;

  constructor(
    private readonly world: World,
    private readonly events: StreamingEvents,
    private readonly options: PhoneCallOptions,
  ) {
    this.ended = this.play();
    // A failure is for whoever waits for the end; if nobody does, it must not end the process.
    this.ended.catch(() => undefined);
  }

  get ids(): CallIds {
    return this.options.ids;
  }

  get isOver(): boolean {
    return this.hasEnded;
  }

  get legs(): readonly ActiveLeg[] {
    return this.options.legs;
  }

  /** How much faster than life; infinite: at once. */
  get speed(): number {
    return this.options.speed;
  }

  /** How old the call is, in milliseconds of its own time; when it is over, how long it was. */
  get ageMs(): number {
    const lengthMs = Math.max(0, ...this.legs.map((leg) => leg.offsetMs + leg.producer.durationMs));
    if (this.hasEnded) return lengthMs;
    return Math.min((this.world.clock.nowMs() - this.begunMs) * this.speed, lengthMs);
  }

  /** Ends both legs now; what was spoken so far is kept. */
  hangUp(): Promise<CallResult> {
    this.hangUpSignal.abort();
    return this.ended;
  }

  /** The legs so far. */
  result(): CallResult {
    const { ids, voiceConnectorId, direction, legs, failures } = this.options;
    return {
      ...ids,
      voiceConnectorId,
      failures,
      legs: legs.flatMap((leg) =>
        leg.first
          ? [
              {
                streamArn: leg.stream.arn,
                isCaller: leg.isCaller,
                direction,
                startFragmentNumber: leg.first.number,
                startTime: iso(leg.startMs),
                endTime: iso(leg.startMs + leg.producer.durationMs),
              },
            ]
          : [],
      ),
    };
  }

  private async play(): Promise<CallResult> {
    const { clock } = this.world;
    const { legs, speed, voiceConnectorId, onEnd } = this.options;
    const begunMs = clock.nowMs();
    this.begunMs = begunMs;
    const signal = this.hangUpSignal.signal;
    try {
      for (let leg = nextLeg(legs); leg; leg = nextLeg(legs)) {
        if (!signal.aborted) {
          const dueMs = begunMs + (leg.offsetMs + leg.producer.nextDueMs) / speed;
          const waitMs = dueMs - clock.nowMs();
          if (waitMs >= 1) await clock.wait(waitMs, signal);
        }
        if (signal.aborted) this.cut((clock.nowMs() - begunMs) * speed);
        this.advance(leg);
      }
    } finally {
      this.hasEnded = true;
      this.events.release(voiceConnectorId);
      onEnd();
    }
    return this.result();
  }

  private cut(callMs: number): void {
    for (const leg of this.options.legs) leg.producer.cutAt(callMs - leg.offsetMs);
  }

  private advance(leg: ActiveLeg): void {
    if (!leg.producer.isDone) {
      for (const fragment of leg.producer.produceNext()) {
        if (!leg.first) {
          leg.first = fragment;
          this.events.deliver(leg.source, this.detail(leg, "STARTED", { mediaType: "audio/L16" }));
          if (leg.isUpdated) this.events.deliver(leg.source, this.updatedDetail());
        }
        leg.last = fragment;
      }
    }
    if (!leg.producer.isDone) return;
    leg.isEnded = true;
    // A leg that was hung up before its first sample never started.
    if (!leg.first) return;
    const endTime = iso(leg.startMs + leg.producer.durationMs);
    const currentFragmentNumber = leg.last?.number;
    this.events.deliver(leg.source, this.detail(leg, "ENDED", { endTime, currentFragmentNumber }));
  }

  private updatedDetail(): StreamingEventDetail {
    const { ids, voiceConnectorId } = this.options;
    const updateHeaders = { "call-id": ids.callId, cseq: "2 UPDATE", "content-length": "0" };
    return { ...ids, voiceConnectorId, streamingStatus: "UPDATED", version: "0", updateHeaders };
  }

  /** As published samples have it: `mediaType` in STARTED only, `currentFragmentNumber` in ENDED only. */
  private detail(leg: ActiveLeg, streamingStatus: "STARTED" | "ENDED", more: object): StreamingEventDetail {
    const { ids, voiceConnectorId, direction, fromNumber, toNumber } = this.options;
    const host = `${voiceConnectorId}.voiceconnector.chime.aws`;
    return {
      callId: ids.callId,
      direction,
      fromNumber,
      toNumber,
      inviteHeaders: {
        from: `<sip:${fromNumber}@${host}>;tag=${ids.callId.slice(0, 8)}`,
        to: `<sip:${toNumber}@${host};transport=udp>`,
        "call-id": ids.callId,
        cseq: "1 INVITE",
        contact: `<sip:${fromNumber}@127.0.0.1:5060>`,
        "content-type": "application/sdp",
        "content-length": "246",
      },
      isCaller: leg.isCaller,
      startFragmentNumber: leg.first?.number,
      startTime: iso(leg.startMs),
      streamArn: leg.stream.arn,
      transactionId: ids.transactionId,
      voiceConnectorId,
      streamingStatus,
      version: "0",
      ...more,
    };
  }
}

/** The leg whose next fragment is complete first. */
function nextLeg(legs: readonly ActiveLeg[]): ActiveLeg | undefined {
  const dueMs = (leg: ActiveLeg) => leg.offsetMs + leg.producer.nextDueMs;
  return legs.filter((leg) => !leg.isEnded).sort((a, b) => dueMs(a) - dueMs(b))[0];
}

function iso(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}
