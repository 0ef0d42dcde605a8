import type { Damage } from "../../consumer/matroska/damage.js";
import type { Fragment } from "../../consumer/matroska/fragment.js";
import { FragmentParser, type FragmentParserOptions } from "../../consumer/matroska/fragment-parser.js";

export interface Parsed {
  fragments: Fragment[];
  damages: readonly Damage[];
}

/** Ways to cut a stream that every case is tried in. */
export const chunkings: [name: string, bytes: number][] = [
  ["whole", Number.POSITIVE_INFINITY],
  ["in chunks of one byte", 1],
  ["in chunks of 7 bytes", 7],
  ["in chunks of 997 bytes", 997],
  ["in chunks of 65,536 bytes", 65_536],
];

/** Parses the stream cut into chunks, each in a buffer of its own that is spoilt once the parser may no longer need it. */
export function parseInChunks(stream: Uint8Array, chunkBytes: number, options?: FragmentParserOptions): Parsed {
  const parser = new FragmentParser(options);
  const fragments: Fragment[] = [];
  const keep = (released: Fragment[]): void => {
    for (const fragment of released) {
      fragments.push({
        ...plain(fragment),
        blocks: fragment.blocks.map((b) => ({ ...b, data: new Uint8Array(b.data) })),
      });
    }
  };
  const step = Math.min(chunkBytes, Math.max(1, stream.length));
  for (let from = 0; from < stream.length; from += step) {
    const chunk = new Uint8Array(stream.subarray(from, from + step));
    keep(parser.feed(chunk));
    chunk.fill(0xa3);
  }
  keep(parser.end());
  return { fragments, damages: parser.damages };
}

/** A fragment as an object of its own fields. */
function plain(fragment: Fragment): Fragment {
  const copy = { ...fragment } as Fragment & { blockTable?: unknown };
  delete copy.blockTable;
  return copy;
}

/** The blocks' data of all fragments, one after the other. */
export function audioOf(fragments: readonly Fragment[], trackNumber?: number): Buffer {
  return Buffer.concat(
    fragments.flatMap((fragment) =>
      fragment.blocks
        .filter((block) => trackNumber === undefined || block.trackNumber === trackNumber)
        .map((block) => block.data),
    ),
  );
}
