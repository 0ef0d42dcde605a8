import type { Readable } from "node:stream";
import { GetMediaCommand, type StartSelector } from "@aws-sdk/client-kinesis-video-media";
import type { StreamArn } from "../events/stream-arn.js";
import type { Fragment } from "../matroska/fragment.js";
import { FragmentParser } from "../matroska/fragment-parser.js";
import type { KinesisVideoAccess } from "./kinesis-video-access.js";

export interface LiveConnection {
  /**
   * The fragments of one GetMedia answer. `last` marks what only the end of the answer released: nothing followed it
   * that would show that it is whole. Ends with the answer or with {@link close}; throws where the connection breaks.
   */
  fragments(): AsyncGenerator<{ fragment: Fragment; last: boolean }, void>;
  close(): void;
}

/** One GetMedia call. Nothing is sent before the first fragment is asked for. */
export function openLiveConnection(
  access: KinesisVideoAccess,
  stream: StreamArn,
  selector: StartSelector,
  signal?: AbortSignal,
): LiveConnection {
  const own = new AbortController();
  // Linked by hand: the caller's signal can live as long as the process, and AbortSignal.any would leave a trace in it
  // for every connection.
  const abort = () => own.abort(signal?.reason);

  async function* fragments(): AsyncGenerator<{ fragment: Fragment; last: boolean }, void> {
    let payload: Readable | undefined;
    const destroy = () => payload?.destroy(own.signal.reason);
    own.signal.addEventListener("abort", destroy, { once: true });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      signal?.throwIfAborted();
      const endpoint = await access.endpoints.get(stream, "GET_MEDIA");
      const command = new GetMediaCommand({ StreamARN: stream.arn, StartSelector: selector });
      const answer = await access.clients.media(stream.region, endpoint).send(command, { abortSignal: own.signal });
      payload = answer.Payload as Readable;
      const parser = new FragmentParser();
      for await (const chunk of payload) {
        for (const fragment of parser.feed(chunk as Uint8Array)) yield { fragment, last: false };
      }
      for (const fragment of parser.end()) yield { fragment, last: true };
    } catch (error) {
      signal?.throwIfAborted();
      // Closed: whoever did that wants nothing more, not an error either.
      if (!own.signal.aborted) throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      payload?.destroy();
    }
  }

  return { fragments, close: () => own.abort() };
}
