import { AwsCallError } from "../../aws/call-error.js";
import { parseStreamingEvent } from "../events/streaming-event.js";
import { countRetry } from "../metrics/retry-metrics.js";
import { retryDelayMs } from "../queue/retry-delay.js";
import type { Settlement } from "../queue/settlement.js";
import type { QueuedMessage } from "../queue/work-queue.js";
import { type ArchiveOutputs, type ArchiveService, openArchiveService } from "./archive-service.js";
import { Deadline, TimeIsUp } from "./deadline.js";
import { type LambdaContext, type SqsBatchResponse, type SqsEvent, toQueuedMessage } from "./sqs-event.js";

/**
 * How long the first delivery of a leg waits with nothing new to read. Nearly every leg is proven within it: by the fragment that ENDED
 * names, listed about a second later, or by its end time, for which a listing has to stand for 2 s, with a hole in it for 5 s. What is
 * left are legs of which Kinesis lists the end late, and legs that end in silence, which only two listings 30 s apart prove. Waiting
 * for these is paid for by the second, trying again is not, but for reading the leg again: so the first delivery gives up, and a later
 * one, when Kinesis has had its time, waits for as long as END_LIMIT_SECONDS says.
 */
const FIRST_END_LIMIT_MS = 8_000;

export type ArchiveHandler = (event: SqsEvent, context: LambdaContext) => Promise<SqsBatchResponse>;

/**
 * A handler for Lambda's SQS event source, with `ReportBatchItemFailures`: records the leg of each ENDED event. What is not named in
 * its answer the poller deletes, so a message that is put aside is copied into the dead-letter queue and reported as a success.
 * @param environment as for the worker; read at the first invocation, for all that follow
 */
export function archiveHandler(environment: NodeJS.ProcessEnv, outputs?: ArchiveOutputs): ArchiveHandler {
  let opened: Promise<ArchiveService> | undefined;
  const open = () => {
    opened ??= openArchiveService(environment, outputs).catch((error) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return async (event, context) => {
    if (!Array.isArray(event?.Records)) throw new TypeError("the event has no Records: it is not from an SQS queue");
    const service = await open();
    const deadline = new Deadline(context);
    try {
      const messages = event.Records.map(toQueuedMessage);
      const isDone = await Promise.all(messages.map((message) => handleMessage(message, service, deadline)));
      const failed = messages.filter((_, i) => !isDone[i]);
      return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
    } finally {
      deadline.clear();
      service.metrics.flush();
    }
  };
}

export const archive: ArchiveHandler = archiveHandler(process.env);

/** @returns whether the message is done with */
async function handleMessage(message: QueuedMessage, service: ArchiveService, deadline: Deadline): Promise<boolean> {
  const { queue, config, logger } = service;
  const { id: messageId, receiveCount } = message;
  const isLast = receiveCount >= queue.maxReceiveCount;
  const laterMs = retryDelayMs(config.retryDelayMs, receiveCount);
  try {
    const settlement = await deadline.within(settle(message, isLast, service, deadline.signal));
    switch (settlement.kind) {
      case "done":
        return true;
      case "putAside":
        return await putAside(message, settlement.reason, service);
      case "later":
        if (isLast) return await putAside(message, `not recorded at its last delivery: ${settlement.why}`, service);
        logger.info({ messageId, receiveCount, why: settlement.why }, "later");
        return await giveBack(message, laterMs, service);
    }
  } catch (error) {
    const isTimeUp = error instanceof TimeIsUp || deadline.signal.aborted;
    if (isTimeUp) logger.warn({ messageId, receiveCount }, new TimeIsUp().message);
    else logger.error({ err: error, messageId, receiveCount }, "failed");
    if (isLast) {
      const reason = `failed at its last delivery: ${isTimeUp ? new TimeIsUp().message : faultOf(error)}`;
      // Else SQS moves it there, without a reason.
      if (await putAside(message, reason, service).catch(() => false)) return true;
    }
    // Once it goes on at once, for it may have come late in a slow hour: what is never done in its time is paid for by the minute.
    return giveBack(message, isTimeUp && receiveCount === 1 ? 0 : laterMs, service);
  }
}

async function settle(
  message: QueuedMessage,
  isLast: boolean,
  { config, desk }: ArchiveService,
  signal: AbortSignal,
): Promise<Settlement> {
  const parsed = parseStreamingEvent(message.body);
  if (parsed.kind !== "event") return { kind: "putAside", reason: `${parsed.kind}: ${parsed.reason}` };
  const { receiveCount } = message;
  const endLimitMs = receiveCount === 1 ? Math.min(config.endLimitMs, FIRST_END_LIMIT_MS) : config.endLimitMs;
  return desk.take(parsed.event, { receiveCount, endLimitMs, isLast, signal, stopping: signal });
}

async function putAside(message: QueuedMessage, reason: string, service: ArchiveService): Promise<true> {
  await service.queue.copyAside(message, reason);
  service.metrics.count("EventsRefused");
  service.logger.warn({ messageId: message.id, reason }, "put aside in the dead-letter queue");
  return true;
}

async function giveBack(message: QueuedMessage, delayMs: number, service: ArchiveService): Promise<false> {
  const { queue, metrics, logger, clock } = service;
  countRetry(metrics, message, clock.now());
  try {
    await queue.hide(message, delayMs / 1000);
  } catch (error) {
    logger.warn({ err: error, messageId: message.id }, "the message will be delivered again when its time is over");
  }
  return false;
}

/** What went wrong, for whoever looks into the dead-letter queue: nothing that a message or an answer holds. */
function faultOf(error: unknown): string {
  if (error instanceof AwsCallError) return `${error.action} (${error.kind}, ${error.code})`;
  return error instanceof Error ? error.name : "unknown";
}
