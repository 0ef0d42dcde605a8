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
  const both = signal ? AbortSignal.any([signal, own.signal]) : own.signal;

  async function* fragments(): AsyncGenerator<{ fragment: Fragment; last: boolean }, void> {
    let payload: Readable | undefined;
    const destroy = () => payload?.destroy(both.reason);
    both.addEventListener("abort", destroy, { once: true });
    try {
      const endpoint = await access.endpoints.get(stream, "GET_MEDIA");
      const command = new GetMediaCommand({ StreamARN: stream.arn, StartSelector: selector });
      const answer = await access.clients.media(stream.region, endpoint).send(command, { abortSignal: both });
      payload = answer.Payload as Readable;
      const parser = new FragmentParser();
      for await (const chunk of payload) {
        for (const fragment of parser.feed(chunk as Uint8Array)) yield { fragment, last: false };
      }
      for (const fragment of parser.end()) yield { fragment, last: true };
    } catch (error) {
      if (!own.signal.aborted) throw error;
    } finally {
      both.removeEventListener("abort", destroy);
      payload?.destroy();
    }
  }

  return { fragments, close: () => own.abort() };
}
