import type { Account } from "./accounts.js";
import type { EventSource, StreamingEvents } from "./events.js";
import { type Hold, spokenUntilMs } from "./fragment-plan.js";
import type { KinesisVideoStream } from "./kinesis-video-stream.js";
import { strikeLegFault, strikeLegFaults } from "./leg-faults.js";
import { LegProducer } from "./leg-producer.js";
import { type ActiveLeg, type CallIds, type Direction, type LegFailure, PhoneCall } from "./phone-call.js";
import { voiceConnectorRoleName } from "./service-linked-role.js";
import { StreamPool } from "./stream-pool.js";
import { isStreaming, type VoiceConnector } from "./voice-connector.js";
import { readTelephoneWav, WavError } from "./wav-reader.js";
import type { World } from "./world.js";

const MAX_REMEMBERED_CALLS = 1_000;

export interface CallRequest {
  voiceConnectorId: string;
  /** Default: the region that has the connector. */
  region?: string;
  /** WAV files: 8 kHz, mono, 16 bit. */
  callerWav: Uint8Array;
  calleeWav: Uint8Array;
  /** How much faster than life the call is played; `"max"`: at once. Default 1. */
  speed?: number | "max";
  /** While a leg is on hold nothing is spoken or sent, and nothing of its audio is lost. Default: none. */
  holds?: readonly CallHold[];
  /** Default `Inbound`. */
  direction?: Direction;
  /** Defaults +15550100 and +15550199, which are nobody's. */
  fromNumber?: string;
  toNumber?: string;
}

/** A pause in a call; a leg's audio goes on after it. */
export interface CallHold extends Hold {
  /** Default: both, each after so much of its own audio. */
  leg?: "caller" | "callee";
}

/** Why a call cannot be made. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";

  constructor(
    readonly reason: "unknownConnector" | "streamingOff" | "invalidAudio" | "full",
    message: string,
  ) {
    super(message);
  }
}

/** A leg before it begins; without a stream it has failed. */
interface PlannedLeg {
  isCaller: boolean;
  pcm: Buffer;
  holds: readonly Hold[];
  offsetMs: number;
  source: EventSource;
  stream?: KinesisVideoStream;
  failure?: LegFailure;
}

/** Connects calls through voice connectors: gives their legs streams and plays the audio into them. */
export class PhoneExchange {
  private readonly calls = new Map<string, PhoneCall>();
  private readonly pool: StreamPool;

  constructor(
    private readonly world: World,
    private readonly events: StreamingEvents,
  ) {
    this.pool = new StreamPool(world);
  }

  find(transactionId: string): PhoneCall | undefined {
    return this.calls.get(transactionId);
  }

  /** The calls that are remembered, oldest first. */
  list(): PhoneCall[] {
    return [...this.calls.values()];
  }

  /** @throws CallRefused */
  start(request: CallRequest): PhoneCall {
    const account = this.world.accounts.default;
    const connector = connectorOf(account, request);
    const { streaming } = connector;
    if (!streaming || !isStreaming(connector)) {
      const text = `Streaming is off for Voice Connector ${connector.id}: the call would not be recorded.`;
      throw new CallRefused("streamingOff", text);
    }
    const callerPcm = audio(request.callerWav, "caller");
    const calleePcm = audio(request.calleeWav, "callee");
    checkRoom(account, callerPcm.length + calleePcm.length, this.world.settings.current.storedMediaBytes);
    const { legOffsetMs } = this.world.settings.current;
    const from = { connector, streaming, accountId: account.id };
    const legs = [
      this.plan(account, { ...from, leg: "caller" }, callerPcm, Math.max(0, -legOffsetMs), request.holds),
      this.plan(account, { ...from, leg: "callee" }, calleePcm, Math.max(0, legOffsetMs), request.holds),
    ];
    const call = this.connect(connector, legs, request);
    this.remember(call);
    return call;
  }

  /** Hangs up every call, for the end of the process. */
  async hangUpAll(): Promise<void> {
    await Promise.all([...this.calls.values()].map((call) => call.hangUp()));
  }

  private plan(
    account: Account,
    source: EventSource,
    pcm: Buffer,
    offsetMs: number,
    allHolds: readonly CallHold[] = [],
  ): PlannedLeg {
    const isCaller = source.leg === "caller";
    const holds = allHolds.filter(({ leg }) => leg === undefined || leg === source.leg);
    const reason = account.serviceLinkedRoles.find(voiceConnectorRoleName)
      ? strikeLegFault(this.world.faults, "streamingFailure", source)?.reason
      : `The role ${voiceConnectorRoleName} does not exist.`;
    if (reason !== undefined) return { isCaller, pcm, holds, offsetMs, source, failure: { isCaller, reason } };
    return {
      isCaller,
      pcm,
      holds,
      offsetMs,
      source,
      stream: this.pool.take(account, source.connector, source.streaming),
    };
  }

  private connect(connector: VoiceConnector, planned: readonly PlannedLeg[], request: CallRequest): PhoneCall {
    const speed = request.speed === "max" ? Number.POSITIVE_INFINITY : (request.speed ?? 1);
    const direction = request.direction ?? "Inbound";
    const streams = planned.flatMap(({ stream }) => stream ?? []);
    const ids = this.pool.announcedIds(streams) ?? this.newIds();
    const nextIds = this.newIds();
    const callStartMs = this.callStartMs(planned, streams, speed);
    for (const leg of planned) if (leg.failure) this.tellFailure(leg.source, ids, direction, leg.failure.reason);
    return new PhoneCall(this.world, this.events, {
      ids,
      voiceConnectorId: connector.id,
      direction,
      fromNumber: request.fromNumber ?? "+15550100",
      toNumber: request.toNumber ?? "+15550199",
      legs: planned.flatMap((leg) => (leg.stream ? this.activate(leg, leg.stream, callStartMs, ids, nextIds) : [])),
      failures: planned.flatMap(({ failure }) => failure ?? []),
      speed,
      onEnd: () => {
        for (const stream of streams) this.pool.release(stream);
      },
    });
  }

  private activate(
    { isCaller, pcm, holds, offsetMs, source }: PlannedLeg,
    stream: KinesisVideoStream,
    callStartMs: number,
    ids: CallIds,
    nextIds: CallIds,
  ): ActiveLeg {
    const { faults, settings } = this.world;
    const { fragmentMs, producerSessionMs, producerReplayMs, producerReplayCut } = settings.current;
    const continuesSession = this.pool.fulfil(stream);
    const legFaults = strikeLegFaults(faults, source);
    if (legFaults.announcesNext) this.pool.announce(stream, nextIds);
    const startMs = callStartMs + offsetMs;
    const producer = new LegProducer({
      stream,
      pcm,
      startMs,
      tags: persistentTags(ids, source.connector.id),
      tagsAfterLast: legFaults.announcesNext ? persistentTags(nextIds, source.connector.id) : undefined,
      fragmentMs,
      sessionMs: producerSessionMs,
      replayMs: producerReplayMs,
      replayCut: producerReplayCut,
      holds,
      continuesSession,
      ...legFaults,
    });
    return { isCaller, source, stream, offsetMs, startMs, producer, isUpdated: legFaults.isUpdated, isEnded: false };
  }

  private tellFailure(source: EventSource, ids: CallIds, direction: Direction, failureReason: string): void {
    this.events.deliver(source, {
      ...ids,
      voiceConnectorId: source.connector.id,
      streamingStatus: "FAILED",
      version: "0",
      direction,
      failTime: new Date(this.world.clock.nowMs()).toISOString(),
      failureReason,
    });
  }

  /**
   * When the call began, in its own time: so that it ends now if it is played faster than life, but not before the
   * media that its
   * streams already hold.
   */
  private callStartMs(legs: readonly PlannedLeg[], streams: readonly KinesisVideoStream[], speed: number): number {
    const durationMs = Math.max(...legs.map((leg) => leg.offsetMs + spokenUntilMs(leg.pcm.length, leg.holds)));
    const freeFromMs = Math.max(0, ...streams.map((stream) => stream.producerEndMs + 1_000));
    return Math.ceil(Math.max(this.world.clock.nowMs() - durationMs * (1 - 1 / speed), freeFromMs));
  }

  private newIds(): CallIds {
    return { transactionId: this.world.identifiers.uuid(), callId: this.world.identifiers.uuid() };
  }

  private remember(call: PhoneCall): void {
    this.calls.set(call.ids.transactionId, call);
    if (this.calls.size <= MAX_REMEMBERED_CALLS) return;
    const oldest = [...this.calls].find(([, candidate]) => candidate.isOver);
    if (oldest) this.calls.delete(oldest[0]);
  }
}

function connectorOf(account: Account, { voiceConnectorId, region }: CallRequest): VoiceConnector {
  const regions = region ? [account.region(region)] : account.listRegions();
  for (const candidate of regions) {
    const connector = candidate.connectors.get(voiceConnectorId);
    if (connector) return connector;
  }
  const where = region ? ` in ${region}` : "";
  throw new CallRefused("unknownConnector", `There is no Voice Connector ${voiceConnectorId}${where}.`);
}

function checkRoom(account: Account, addedBytes: number, limitBytes: number): void {
  const streams = account.listRegions().flatMap((region) => [...region.streams.values()]);
  const storedBytes = streams.reduce((sum, stream) => sum + stream.storedBytes, 0);
  if (storedBytes + addedBytes <= limitBytes) return;
  const text = `Streams hold ${storedBytes} bytes of media in memory; with this call it would be more than ${limitBytes}.`;
  throw new CallRefused("full", text);
}

function audio(wav: Uint8Array, leg: string): Buffer {
  try {
    return readTelephoneWav(wav);
  } catch (error) {
    if (error instanceof WavError)
      throw new CallRefused("invalidAudio", `The audio of the ${leg} is ${error.message}.`);
    throw error;
  }
}

function persistentTags(ids: CallIds, voiceConnectorId: string): [string, string][] {
  return [
    ["TransactionId", ids.transactionId],
    ["VoiceConnectorId", voiceConnectorId],
    ["CallId", ids.callId],
  ];
}
