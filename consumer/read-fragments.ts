import type { StreamingBlobPayloadOutputTypes } from "@smithy/types";
import type { Fragment } from "./matroska/fragment.js";
import { FragmentParser } from "./matroska/fragment-parser.js";

/**
 * Matroska bytes, cut anywhere: the `Payload` of GetMedia or GetMediaForFragmentList, a read stream, the body of a `fetch`, an
 * array of buffers.
 */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | StreamingBlobPayloadOutputTypes;

/**
 * The fragments of a source of bytes, in order, each as soon as its trailing tags are in. Asks the source for more only when the
 * next fragment is asked for, so memory is one fragment and a chunk however slow its user is.
 *
 * Whoever stops early (`break`, `return`, an error) ends the source with it: a stream is destroyed, its connection closed. While the
 * source is silent there is nothing to stop at: abort the source itself, e.g. by `addAbortSignal` of node:stream.
 *
 * @param parser its own, for whoever wants to see `parser.damages` meanwhile or afterwards. Default: a new one with default limits
 * @throws what the source throws; then `parser.end()` gives what was held back waiting for more. `TypeError` where the source gives
 * text. Nothing for what the bytes are: see `FragmentParser`
 */
export async function* readFragments(
  source: ByteSource,
  parser = new FragmentParser(),
): AsyncGenerator<Fragment, void> {
  for await (const chunk of chunksOf(source)) yield* parser.feed(chunk);
  yield* parser.end();
}

/** Throws `TypeError` where the source gives text. */
export async function* chunksOf(source: ByteSource): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    if (!ArrayBuffer.isView(chunk)) {
      throw new TypeError(`the source gave a ${typeof chunk} where bytes are wanted: a stream must have no encoding`);
    }
    yield chunk;
  }
}
