import type { StreamingEvent } from "./streaming-event.js";

/** The account, the regions and the Voice Connectors whose events are ours. What is undefined is not checked. */
export interface EventOrigin {
  accountId?: string | undefined;
  regions?: readonly string[] | undefined;
  voiceConnectorIds?: readonly string[] | undefined;
}

/**
 * As Chime names streams. An event has been seen whose stream was named after another connector of the same account, so the two need
 * not be the same; of one that is not this consumer's nobody here may read the stream.
 */
const CONNECTOR_STREAM = /^ChimeVoiceConnector-(.+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Why an event is not to be acted on, or undefined where it is ours. Who can send a message could else have any stream that the
 * worker may read written under any transaction.
 */
export function foreignReason(event: StreamingEvent, origin: EventOrigin): string | undefined {
  const { accountId, regions, voiceConnectorIds } = origin;
  if (voiceConnectorIds && !voiceConnectorIds.includes(event.voiceConnectorId)) {
    return "foreign: the event is of another Voice Connector than those of this consumer";
  }
  if (!("stream" in event)) return undefined;
  if (accountId !== undefined && event.stream.accountId !== accountId) {
    return "foreign: the stream is in another account than this consumer's";
  }
  if (regions && !regions.includes(event.stream.region)) {
    return "foreign: the stream is in another region than those of this consumer";
  }
  const named = CONNECTOR_STREAM.exec(event.stream.streamName)?.[1];
  if (voiceConnectorIds && named !== undefined && !voiceConnectorIds.includes(named)) {
    return "foreign: the stream is one of another Voice Connector than those of this consumer";
  }
  return undefined;
}
