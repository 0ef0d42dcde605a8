import { EventLog, type RecordedEvent, type StreamingStatus } from "./event-log.js";
import type { Faults } from "./faults.js";
import type { Queue } from "./queue.js";
import type { StreamingConfiguration, VoiceConnector } from "./voice-connector.js";
import type { World } from "./world.js";

/** `detail` of a streaming event. Which fields are there depends on the status. */
export interface StreamingEventDetail {
  streamingStatus: StreamingStatus;
  voiceConnectorId: string;
  transactionId: string;
  callId: string;
  version: "0";
  isCaller?: boolean | string;
  [field: string]: unknown;
}

/** Where an event is from. */
export interface EventSource {
  connector: VoiceConnector;
  /** In force when the call began. */
  streaming: StreamingConfiguration;
  accountId: string;
  leg: "caller" | "callee";
}

interface HeldEvent {
  body: string;
  record: Omit<RecordedEvent, "at" | "isLost">;
}

/**
 * Delivers streaming events as EventBridge would, to one queue for all regions; best effort, as the faults in force
 * have it.
 */
export class StreamingEvents {
  readonly log = new EventLog();
  private held: HeldEvent[] = [];

  constructor(
    private readonly world: World,
    private readonly queue: Queue,
  ) {}

  deliver(source: EventSource, detail: StreamingEventDetail): void {
    const { connector, streaming } = source;
    // Without targets it is EventBridge; SNS and SQS targets lead to places that do not exist here.
    const targets = streaming.StreamingNotificationTargets ?? [{ NotificationTarget: "EventBridge" }];
    if (!targets.some((target) => target.NotificationTarget === "EventBridge")) return;

    const { faults, identifiers, clock } = this.world;
    const strike = (kind: EventFaultKind) => this.strikes(faults, kind, source, detail.streamingStatus);
    const { isCaller, ...withoutIsCaller } = detail;
    let sent: object = detail;
    if (isCaller !== undefined && strike("eventWithoutIsCaller")) sent = withoutIsCaller;
    else if (isCaller !== undefined && strike("eventIsCallerAsString"))
      sent = { ...detail, isCaller: isCaller ? "True" : "False" };

    const body = JSON.stringify({
      version: "0",
      id: identifiers.uuid(),
      "detail-type": "Chime VoiceConnector Streaming Status",
      source: "aws.chime",
      account: source.accountId,
      time: `${new Date(clock.nowMs()).toISOString().slice(0, 19)}Z`,
      region: connector.region,
      resources: [],
      detail: sent,
    });
    const { voiceConnectorId, transactionId, streamingStatus } = detail;
    const record = { region: connector.region, voiceConnectorId, transactionId, streamingStatus, leg: source.leg };
    const event: HeldEvent = { body, record };
    if (strike("loseEvent")) {
      this.note(event, true);
      return;
    }
    if (strike("reorderEvents")) {
      this.held.push(event);
      return;
    }
    this.send(event);
    if (strike("doubleEvent")) this.send(event);
    this.release(connector.id);
  }

  /** Delivers what waits for a later event of the connector. */
  release(voiceConnectorId: string): void {
    const due = this.held.filter(({ record }) => record.voiceConnectorId === voiceConnectorId);
    this.held = this.held.filter(({ record }) => record.voiceConnectorId !== voiceConnectorId);
    for (const event of due) this.send(event);
  }

  private send(event: HeldEvent): void {
    this.queue.send(event.body, { senderId: "events.amazonaws.com" });
    this.note(event, false);
  }

  private note({ record }: HeldEvent, isLost: boolean): void {
    this.log.add({ ...record, at: new Date(this.world.clock.nowMs()).toISOString(), isLost });
  }

  private strikes(
    faults: Faults,
    kind: EventFaultKind,
    { connector, leg }: EventSource,
    status: StreamingStatus,
  ): boolean {
    return (
      faults.strike(
        kind,
        (fault) =>
          (fault.region === undefined || fault.region === connector.region) &&
          (fault.voiceConnectorId === undefined || fault.voiceConnectorId === connector.id) &&
          (fault.leg === undefined || fault.leg === leg) &&
          (fault.streamingStatus === undefined || fault.streamingStatus === status),
      ) !== undefined
    );
  }
}

type EventFaultKind = "loseEvent" | "doubleEvent" | "reorderEvents" | "eventWithoutIsCaller" | "eventIsCallerAsString";
