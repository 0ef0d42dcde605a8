import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import type { Clock } from "./clock.js";
import type { Identifiers } from "./identifiers.js";

/** A message attribute as on the wire; `BinaryValue` in base64. */
export interface MessageAttribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly sentMs: number;
  readonly senderId: string;
  visibleFromMs: number;
  receiveCount: number;
  firstReceivedMs?: number;
  /** When it was received last. */
  receivedMs?: number;
  /** The handle of the latest receive: earlier ones no longer delete. */
  receiptHandle?: string;
  deadLetterSourceArn?: string;
}

export interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

const MAX_MESSAGES = 120_000;

/** One standard queue: at-least-once, visibility timeouts, dead letters. */
export class Queue {
  readonly createdMs: number;
  modifiedMs: number;
  visibilityTimeoutSeconds = 30;
  retentionSeconds = 345_600;
  delaySeconds = 0;
  waitTimeSeconds = 0;
  maxMessageBytes = 1_048_576;
  redrive?: RedrivePolicy;
  /** Attributes that are kept and given back, but mean nothing here, such as a policy. */
  readonly otherAttributes = new Map<string, string>();
  readonly tags = new Map<string, string>();

  private messages: QueueMessage[] = [];
  private readonly changes = new EventEmitter().setMaxListeners(0);

  constructor(
    readonly name: string,
    readonly arn: string,
    readonly url: string,
    private readonly clock: Clock,
    private readonly identifiers: Identifiers,
    private readonly deadLetterQueue: (arn: string) => Queue | undefined,
  ) {
    this.createdMs = clock.nowMs();
    this.modifiedMs = this.createdMs;
  }

  send(
    body: string,
    options: { attributes?: Record<string, MessageAttribute>; delaySeconds?: number; senderId: string },
  ): QueueMessage {
    if (this.messages.length >= MAX_MESSAGES) throw new Error(`The queue ${this.name} is full.`);
    const sentMs = this.clock.nowMs();
    const message: QueueMessage = {
      id: this.identifiers.uuid(),
      body,
      attributes: options.attributes ?? {},
      sentMs,
      senderId: options.senderId,
      visibleFromMs: sentMs + (options.delaySeconds ?? this.delaySeconds) * 1000,
      receiveCount: 0,
    };
    this.messages.push(message);
    this.changes.emit("change");
    return message;
  }

  /** Waits up to `waitSeconds` for the first message; takes up to `max`. */
  async receive(
    max: number,
    visibilityTimeoutSeconds: number,
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<QueueMessage[]> {
    const deadlineMs = this.clock.nowMs() + waitSeconds * 1000;
    while (!signal.aborted) {
      const taken = this.take(max, visibilityTimeoutSeconds);
      const nowMs = this.clock.nowMs();
      if (taken.length > 0 || nowMs >= deadlineMs) return taken;
      const nextVisibleMs = this.messages.reduce((ms, message) => Math.min(ms, message.visibleFromMs), deadlineMs);
      await this.waitForChange(Math.max(1, nextVisibleMs - nowMs), signal);
    }
    return [];
  }

  /**
   * Deletes the message if the handle is its latest one; any other handle is accepted and does nothing, as the service
   * does.
   */
  delete(receiptHandle: string): void {
    this.messages = this.messages.filter((message) => message.receiptHandle !== receiptHandle);
  }

  /** @param limitSeconds how long one receive can hide a message in all */
  changeVisibility(
    receiptHandle: string,
    seconds: number,
    limitSeconds: number,
  ): "changed" | "notInFlight" | "beyondLimit" {
    const nowMs = this.clock.nowMs();
    const message = this.messages.find((candidate) => candidate.receiptHandle === receiptHandle);
    if (!message || message.visibleFromMs <= nowMs) return "notInFlight";
    if (nowMs + seconds * 1000 > message.receivedMs! + limitSeconds * 1000) return "beyondLimit";
    message.visibleFromMs = nowMs + seconds * 1000;
    this.changes.emit("change");
    return "changed";
  }

  purge(): void {
    this.messages = [];
  }

  /** Messages that wait, are in flight, and are delayed. */
  counts(): { visible: number; inFlight: number; delayed: number } {
    this.dropExpired();
    const nowMs = this.clock.nowMs();
    const hidden = this.messages.filter((message) => message.visibleFromMs > nowMs);
    const delayed = hidden.filter((message) => message.receiveCount === 0).length;
    return { visible: this.messages.length - hidden.length, inFlight: hidden.length - delayed, delayed };
  }

  /** All messages, for looking at. */
  list(): readonly QueueMessage[] {
    return this.messages;
  }

  private take(max: number, visibilityTimeoutSeconds: number): QueueMessage[] {
    this.dropExpired();
    const nowMs = this.clock.nowMs();
    const taken: QueueMessage[] = [];
    for (const message of [...this.messages]) {
      if (taken.length >= max) break;
      if (message.visibleFromMs > nowMs || this.moveToDeadLetters(message)) continue;
      message.receiveCount++;
      message.firstReceivedMs ??= nowMs;
      message.receivedMs = nowMs;
      message.receiptHandle = Buffer.from(`${message.id}:${this.identifiers.token(24)}`).toString("base64");
      message.visibleFromMs = nowMs + visibilityTimeoutSeconds * 1000;
      taken.push(message);
    }
    return taken;
  }

  private moveToDeadLetters(message: QueueMessage): boolean {
    if (!this.redrive || message.receiveCount < this.redrive.maxReceiveCount) return false;
    const target = this.deadLetterQueue(this.redrive.deadLetterTargetArn);
    if (!target) return false;
    this.messages = this.messages.filter((candidate) => candidate !== message);
    target.messages.push({ ...message, deadLetterSourceArn: this.arn, receiptHandle: undefined });
    target.changes.emit("change");
    return true;
  }

  private dropExpired(): void {
    const oldestMs = this.clock.nowMs() - this.retentionSeconds * 1000;
    if (this.messages.some((message) => message.sentMs < oldestMs)) {
      this.messages = this.messages.filter((message) => message.sentMs >= oldestMs);
    }
  }

  private async waitForChange(ms: number, signal: AbortSignal): Promise<void> {
    const timeout = new AbortController();
    const either = AbortSignal.any([signal, timeout.signal]);
    const change = once(this.changes, "change", { signal: either }).catch(() => undefined);
    await Promise.race([change, this.clock.wait(ms, either)]);
    timeout.abort();
  }
}

export function md5Hex(text: string): string {
  return createHash("md5").update(text, "utf8").digest("hex");
}

/**
 * MD5 of message attributes, by name: length and text of name and type, a byte for the kind of value, length and value.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function md5OfAttributes(attributes: Readonly<Record<string, MessageAttribute>>): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash("md5");
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const attribute = attributes[name]!;
    add(Buffer.from(name, "utf8"));
    add(Buffer.from(attribute.DataType, "utf8"));
    const isBinary = attribute.DataType.startsWith("Binary");
    hash.update(Buffer.from([isBinary ? 2 : 1]));
    add(
      isBinary ? Buffer.from(attribute.BinaryValue ?? "", "base64") : Buffer.from(attribute.StringValue ?? "", "utf8"),
    );
  }
  return hash.digest("hex");
}
