import { forEachChild } from "../ebml/children.js";
import { readUint } from "../ebml/element-values.js";
import { ElementId } from "./matroska-elements.js";

const DEFAULT_TIMECODE_SCALE_NS = 1_000_000;

/**
 * Milliseconds a tick of cluster and block timecodes, from the content of an Info element; 1 where it does not say (RFC 9559, section 5.1.2.9).
 * @throws {EbmlError} where it does not add up
 */
export function readMillisecondsPerTick(bytes: Uint8Array, start: number, end: number): number {
  let timecodeScaleNs = DEFAULT_TIMECODE_SCALE_NS;
  forEachChild(bytes, start, end, (id, from, to) => {
    if (id === ElementId.TimecodeScale) timecodeScaleNs = readUint(bytes, from, to) || DEFAULT_TIMECODE_SCALE_NS;
  });
  return timecodeScaleNs / 1_000_000;
}
