import type { Account } from "./accounts.js";
import type { EventSource, StreamingEvents } from "./events.js";
import type { Fault } from "./faults.js";
import { KinesisVideoStream } from "./kinesis-video-stream.js";
import { LegProducer } from "./leg-producer.js";
import { type ActiveLeg, type CallIds, PhoneCall } from "./phone-call.js";
import { voiceConnectorRoleName } from "./service-linked-role.js";
import { isStreaming, type StreamingConfiguration, type VoiceConnector } from "./voice-connector.js";
import { readTelephoneWav, WavError } from "./wav-reader.js";
import type { World } from "./world.js";

const MAX_STORED_BYTES = 1024 ** 3;
const MAX_REMEMBERED_CALLS = 1_000;
const PCM_BYTES_PER_MS = 16;

export interface CallRequest {
  voiceConnectorId: string;
  /** Default: the region that has the connector. */
  region?: string;
  /** WAV files: 8 kHz, mono, 16 bit. */
  callerWav: Uint8Array;
  calleeWav: Uint8Array;
  /** How much faster than life the call is played; `"max"`: at once. Default 1. */
  speed?: number | "max";
  /** Default `Inbound`. */
  direction?: "Inbound" | "Outbound";
  /** Defaults +15550100 and +15550199, which are nobody's. */
  fromNumber?: string;
  toNumber?: string;
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

interface LegPlan {
  isCaller: boolean;
  leg: "caller" | "callee";
  pcm: Buffer;
  offsetMs: number;
}

/** Connects calls through voice connectors: finds or makes the streams of their legs and plays the audio into them. */
export class PhoneExchange {
  private readonly calls = new Map<string, PhoneCall>();
  private readonly busyStreams = new Set<KinesisVideoStream>();
  /** Streams whose last fragment already carries the tags of a call to come. */
  private readonly announced = new Map<KinesisVideoStream, CallIds>();

  constructor(
    private readonly world: World,
    private readonly events: StreamingEvents,
  ) {}

  find(transactionId: string): PhoneCall | undefined {
    return this.calls.get(transactionId);
  }

  /** @throws CallRefused */
  start(request: CallRequest): PhoneCall {
    const account = this.world.accounts.default;
    const connector = this.connectorOf(account, request);
    const streaming = connector.streaming;
    if (!streaming || !isStreaming(connector)) {
      throw new CallRefused(
        "streamingOff",
        `Streaming is off for Voice Connector ${connector.id}: the call would not be recorded.`,
      );
    }
    const { legOffsetMs } = this.world.settings.current;
    const plans: LegPlan[] = [
      { isCaller: true, leg: "caller", pcm: audio(request.callerWav, "caller"), offsetMs: Math.max(0, -legOffsetMs) },
      { isCaller: false, leg: "callee", pcm: audio(request.calleeWav, "callee"), offsetMs: Math.max(0, legOffsetMs) },
    ];
    this.checkRoom(account, plans);
    const speed = request.speed === "max" ? Number.POSITIVE_INFINITY : (request.speed ?? 1);
    return this.connect(account, connector, streaming, request, plans, speed);
  }

  /** Hangs up every call, for the end of the process. */
  async hangUpAll(): Promise<void> {
    await Promise.all([...this.calls.values()].map((call) => call.hangUp()));
  }

  private connect(
    account: Account,
    connector: VoiceConnector,
    streaming: StreamingConfiguration,
    request: CallRequest,
    plans: readonly LegPlan[],
    speed: number,
  ): PhoneCall {
    const sources = plans.map(({ leg }): EventSource => ({ connector, streaming, accountId: account.id, leg }));
    const failures = plans.map((_plan, index) => this.failureOf(account, sources[index]!));
    const streams = plans.map((_plan, index) =>
      failures[index] ? undefined : this.takeStream(account, connector, streaming),
    );
    const taken = streams.filter((stream) => stream !== undefined);
    const ids: CallIds =
      taken.map((stream) => this.announced.get(stream)).find((announced) => announced !== undefined) ?? this.newIds();

    failures.forEach((reason, index) => {
      if (reason) this.tellFailure(sources[index]!, ids, request.direction ?? "Inbound", reason);
    });
    const callStartMs = this.callStartMs(plans, taken, speed);
    let nextIds: CallIds | undefined;
    const legs = plans.flatMap((plan, index): ActiveLeg[] => {
      const stream = streams[index];
      if (!stream) return [];
      const source = sources[index]!;
      const continuesSession = this.announced.delete(stream);
      const announcesNext = this.world.faults.strike("nextCallTags", (fault) => fitsLeg(fault, source)) !== undefined;
      if (announcesNext) {
        nextIds ??= this.newIds();
        this.announced.set(stream, nextIds);
      }
      const startMs = callStartMs + plan.offsetMs;
      return [
        {
          isCaller: plan.isCaller,
          source,
          stream,
          offsetMs: plan.offsetMs,
          startMs,
          isEnded: false,
          producer: this.producer(
            plan,
            stream,
            source,
            startMs,
            ids,
            continuesSession,
            announcesNext ? nextIds : undefined,
          ),
        },
      ];
    });
    const call = new PhoneCall(this.world, this.events, {
      ids,
      voiceConnectorId: connector.id,
      direction: request.direction ?? "Inbound",
      fromNumber: request.fromNumber ?? "+15550100",
      toNumber: request.toNumber ?? "+15550199",
      legs,
      failures: plans.flatMap(({ isCaller }, index) => {
        const reason = failures[index];
        return reason ? [{ isCaller, reason }] : [];
      }),
      speed,
      onEnd: () => {
        for (const stream of taken) this.busyStreams.delete(stream);
      },
    });
    this.remember(call);
    return call;
  }

  private connectorOf(account: Account, { voiceConnectorId, region }: CallRequest): VoiceConnector {
    const regions = region ? [account.region(region)] : account.listRegions();
    for (const candidate of regions) {
      const connector = candidate.connectors.get(voiceConnectorId);
      if (connector) return connector;
    }
    throw new CallRefused(
      "unknownConnector",
      `There is no Voice Connector ${voiceConnectorId}${region ? ` in ${region}` : ""}.`,
    );
  }

  private checkRoom(account: Account, plans: readonly LegPlan[]): void {
    const stored = account
      .listRegions()
      .flatMap((region) => [...region.streams.values()])
      .reduce((sum, stream) => sum + stream.storedBytes, 0);
    const added = plans.reduce((sum, plan) => sum + plan.pcm.length, 0);
    if (stored + added > MAX_STORED_BYTES) {
      throw new CallRefused(
        "full",
        `Streams hold ${stored} bytes of media in memory; with this call it would be more than ${MAX_STORED_BYTES}.`,
      );
    }
  }

  /** Why a leg cannot be streamed, if so. */
  private failureOf(account: Account, source: EventSource): string | undefined {
    if (!account.serviceLinkedRoles.find(voiceConnectorRoleName))
      return `The role ${voiceConnectorRoleName} does not exist.`;
    return this.world.faults.strike("streamingFailure", (fault) => fitsLeg(fault, source))?.reason;
  }

  private tellFailure(source: EventSource, ids: CallIds, direction: string, failureReason: string): void {
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

  /** A stream of the connector that no call uses, or a new one with the retention that is configured now. */
  private takeStream(
    account: Account,
    connector: VoiceConnector,
    streaming: StreamingConfiguration,
  ): KinesisVideoStream {
    const { streams } = account.region(connector.region);
    const prefix = `ChimeVoiceConnector-${connector.id}-`;
    let stream = [...streams.values()].find(
      (candidate) => candidate.name.startsWith(prefix) && !this.busyStreams.has(candidate),
    );
    if (!stream) {
      const name = `${prefix}${this.world.identifiers.uuid()}`;
      const { clock, settings } = this.world;
      stream = new KinesisVideoStream(
        name,
        connector.region,
        account.id,
        streaming.DataRetentionInHours,
        clock,
        settings,
      );
      streams.set(name, stream);
    }
    this.busyStreams.add(stream);
    return stream;
  }

  /**
   * When the call began, in its own time: so that it ends now if it is played faster than life,
   * but not before the media that its streams already hold.
   */
  private callStartMs(plans: readonly LegPlan[], streams: readonly KinesisVideoStream[], speed: number): number {
    const durationMs = Math.max(...plans.map((plan) => plan.offsetMs + plan.pcm.length / PCM_BYTES_PER_MS));
    const freeFromMs = Math.max(0, ...streams.map((stream) => stream.producerEndMs + 1_000));
    return Math.ceil(Math.max(this.world.clock.nowMs() - durationMs * (1 - 1 / speed), freeFromMs));
  }

  private producer(
    plan: LegPlan,
    stream: KinesisVideoStream,
    source: EventSource,
    startMs: number,
    ids: CallIds,
    continuesSession: boolean,
    nextIds: CallIds | undefined,
  ): LegProducer {
    const { faults, settings } = this.world;
    const { fragmentMs, producerSessionMs, producerReplayMs } = settings.current;
    const voiceConnectorId = source.connector.id;
    const dropped = faults.strike("dropFragments", (fault) => fitsLeg(fault, source))?.fragments;
    const tagless = faults.strike("missingTags", (fault) => fitsLeg(fault, source))?.fragments;
    return new LegProducer({
      stream,
      pcm: plan.pcm,
      startMs,
      tags: persistentTags(ids, voiceConnectorId),
      fragmentMs,
      sessionMs: producerSessionMs,
      replayMs: producerReplayMs,
      continuesSession,
      isDropped: (index, count) => isNamed(dropped, index, count),
      isTagless: (index, count) => isNamed(tagless, index, count),
      lateTags: faults.strike("lateTags", (fault) => fitsLeg(fault, source)) !== undefined,
      tagsAfterLast: nextIds && persistentTags(nextIds, voiceConnectorId),
    });
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

type LegFault = Extract<
  Fault,
  { kind: "dropFragments" | "missingTags" | "lateTags" | "nextCallTags" | "streamingFailure" }
>;

function fitsLeg(fault: LegFault, { connector, leg }: EventSource): boolean {
  return (
    (fault.region === undefined || fault.region === connector.region) &&
    (fault.voiceConnectorId === undefined || fault.voiceConnectorId === connector.id) &&
    (fault.leg === undefined || fault.leg === leg)
  );
}

function isNamed(fragments: "all" | number[] | undefined, index: number, count: number): boolean {
  if (fragments === undefined) return false;
  return fragments === "all" || fragments.includes(index) || fragments.includes(index - count);
}
