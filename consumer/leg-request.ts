import type { StreamArn } from "./events/stream-arn.js";
import { type EndedEvent, type StartedEvent, UNKNOWN_CALL_ID } from "./events/streaming-event.js";

/** From a STARTED to its ENDED: a leg that stops and goes on, as on hold, has several of each. */
export interface LegPiece {
  startFragmentNumber?: string;
  endFragmentNumber?: string;
  startTimeMs?: number;
  endTimeMs?: number;
}

/** One leg of a call, as far as it is known: what is missing is found in the stream, or does not bound it. */
export interface LegRequest {
  stream: StreamArn;
  transactionId?: string;
  callId?: string;
  voiceConnectorId?: string;
  isCaller?: boolean;
  direction?: "Inbound" | "Outbound";
  /** Of SIPREC: the leg's place among the media lines, and its label. */
  mediaIndex?: string;
  mediaLabel?: string;
  /** Of the call's two parties, where they are to be kept with the recording. */
  fromNumber?: string;
  toNumber?: string;
  /** The leg's first fragment. */
  startFragmentNumber?: string;
  /** The leg's last fragment. */
  endFragmentNumber?: string;
  startTimeMs?: number;
  endTimeMs?: number;
  /** Where it stops and goes on, if events told of it: two or more, in order, all within the bounds above. */
  pieces?: readonly LegPiece[];
  sampleRateHz?: number;
}

/** A media type that is not the PCM that Voice Connectors stream. */
export class UnknownMediaType extends Error {
  override readonly name = "UnknownMediaType";
}

/**
 * The sample rate of `audio/L16` (RFC 2586), which for a Voice Connector means 8,000 Hz, mono, and little-endian
 * samples unlike the RFC's. A missing media type is taken for the same: real ENDED events have none.
 */
export function sampleRateHzOf(mediaType: string | undefined): number {
  if (mediaType === undefined) return 8_000;
  const match = /^audio\/L16(?:\s*;\s*rate=(\d{4,6}))?(?:\s*;\s*channels=1)?$/i.exec(mediaType);
  if (!match) throw new UnknownMediaType(`the media type ${JSON.stringify(mediaType)} is not audio/L16`);
  return match[1] ? Number(match[1]) : 8_000;
}

/**
 * What an event says about its leg. Throws `UnknownMediaType`.
 * @param options `includeNumbers`: phone numbers, too. Default false
 */
export function legOfEvent(event: StartedEvent | EndedEvent, options: { includeNumbers?: boolean } = {}): LegRequest {
  const { stream, transactionId, callId, voiceConnectorId, isCaller, direction, sdp, fromNumber, toNumber } = event;
  const { startFragmentNumber, startTimeMs } = event;
  return {
    stream,
    transactionId,
    // An event that comes later may tell it.
    callId: callId === UNKNOWN_CALL_ID ? undefined : callId,
    voiceConnectorId,
    isCaller,
    direction,
    mediaIndex: sdp?.mediaIndex,
    mediaLabel: sdp?.mediaLabel,
    ...(options.includeNumbers && { fromNumber, toNumber }),
    startFragmentNumber,
    startTimeMs,
    sampleRateHz: sampleRateHzOf(event.mediaType),
    ...(event.status === "ENDED" ? { endFragmentNumber: event.currentFragmentNumber, endTimeMs: event.endTimeMs } : {}),
  };
}
