import type { Readable } from "node:stream";
import { GetMediaCommand, type StartSelector } from "@aws-sdk/client-kinesis-video-media";
import type { StreamArn } from "../events/stream-arn.js";
import type { Fragment } from "../matroska/fragment.js";
import { FragmentParser } from "../matroska/fragment-parser.js";
import { isBrokenConnection } from "./fragment-media.js";
import type { KinesisVideoAccess } from "./kinesis-video-access.js";
import { watchSilence } from "./silence-watch.js";

export interface LiveConnection {
  /**
   * The fragments of one GetMedia answer. `last` marks what only the end of the answer released: nothing followed it
   * that would show that it is whole. Ends with the answer, with {@link close}, or where nothing comes any more; throws where the
   * connection breaks, and `ConnectionStalled` where it stops before its answer or inside a fragment.
   */
  fragments(): AsyncGenerator<{ fragment: Fragment; last: boolean }, void>;
  close(): void;
  /** When the answer began by the server's clock, to the second; undefined before that. */
  answeredAtMs(): number | undefined;
}

/** The other side has stopped in the middle of something, without ending the connection. */
export class ConnectionStalled extends Error {
  override readonly name = "ConnectionStalled";
}

/**
 * One GetMedia call. Nothing is sent before the first fragment is asked for.
 * @param stallMs how long to wait for one whole fragment; the time that whoever takes the fragments needs is not counted
 */
export function openLiveConnection(
  access: KinesisVideoAccess,
  stream: StreamArn,
  selector: StartSelector,
  stallMs: number,
  signal?: AbortSignal,
): LiveConnection {
  const own = new AbortController();
  let answeredAtMs: number | undefined;
  // Linked by hand: the caller's signal can live as long as the process, and AbortSignal.any would leave a trace in it
  // for every connection.
  const abort = () => own.abort(signal?.reason);

  async function* fragments(): AsyncGenerator<{ fragment: Fragment; last: boolean }, void> {
    const parser = new FragmentParser({ releaseAtLastTags: true });
    const stalled = new ConnectionStalled(`Kinesis Video Streams sent no whole fragment for ${stallMs} ms`);
    const silence = watchSilence(access.clock, stallMs, () => own.abort(stalled));
    let payload: Readable | undefined;
    let isInFragment = true;
    const destroy = () => payload?.destroy(own.signal.reason);
    own.signal.addEventListener("abort", destroy, { once: true });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      signal?.throwIfAborted();
      const endpoint = await access.endpoints.get(stream, "GET_MEDIA", own.signal);
      const command = new GetMediaCommand({ StreamARN: stream.arn, StartSelector: selector });
      command.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          const { headers = {} } = result.response as { headers?: Record<string, string> };
          answeredAtMs = Date.parse(headers.date ?? "") || undefined;
          return result;
        },
        { step: "deserialize", name: "answerTime" },
      );
      const answer = await access.clients.media(stream.region, endpoint).send(command, { abortSignal: own.signal });
      payload = answer.Payload as Readable;
      own.signal.throwIfAborted();
      isInFragment = false;
      for await (const chunk of payload) {
        const received = parser.feed(chunk as Uint8Array);
        const last = received.at(-1);
        isInFragment = last ? last.offset + last.bytes < parser.bytesFed : true;
        if (!last) continue;
        silence.pause();
        for (const fragment of received) yield { fragment, last: false };
        silence.begin();
      }
      silence.pause();
      for (const fragment of parser.end()) yield { fragment, last: true };
    } catch (error) {
      signal?.throwIfAborted();
      // Closed: whoever did that wants nothing more, not an error either.
      if (own.signal.aborted && own.signal.reason !== stalled) return;
      if (own.signal.reason !== stalled) throw error;
      // Silent between two fragments: a call on hold looks like this where Kinesis does not end the answer.
      if (isInFragment) throw stalled;
    } finally {
      silence.stop();
      signal?.removeEventListener("abort", abort);
      payload?.destroy();
    }
  }

  return { fragments, close: () => own.abort(), answeredAtMs: () => answeredAtMs };
}

/** Whether another connection may do better. */
export function isConnectionTrouble(error: unknown): boolean {
  return error instanceof ConnectionStalled || isBrokenConnection(error);
}
