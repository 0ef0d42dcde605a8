import { BlockTable } from "../matroska/block-table.js";
import type { Fragment } from "../matroska/fragment.js";
import { ParsedFragment } from "../matroska/parsed-fragment.js";

/** A fragment's blocks as a table: its own where the parser made it, else one made of its block objects. */
export function blockTableOf(fragment: Fragment): BlockTable {
  if (fragment instanceof ParsedFragment) return fragment.blockTable;
  const { blocks } = fragment;
  const clusterTimecodeMs = fragment.clusterTimecodeMs ?? blocks[0]?.timecodeMs ?? 0;
  const table = new BlockTable(Buffer.concat(blocks.map((block) => block.data)), clusterTimecodeMs);
  let start = 0;
  for (const { trackNumber, timecodeMs, data } of blocks) {
    table.add(trackNumber, timecodeMs - clusterTimecodeMs, start, start + data.length);
    start += data.length;
  }
  return table;
}

/** When a fragment begins by the producer's clock: what Kinesis says of it, else the cluster's own timecode. */
export function fragmentStartMs(fragment: Fragment, table: BlockTable): number | undefined {
  if (fragment.producerTimestampMs !== undefined) return fragment.producerTimestampMs;
  return fragment.clusterTimecodeMs ?? (table.length > 0 ? table.clusterTimecodeMs : undefined);
}
