import { forEachChild } from "../ebml/children.js";
import { EbmlError } from "../ebml/ebml-error.js";
import { readText } from "../ebml/element-values.js";
import { ElementId } from "./matroska-elements.js";

/** SimpleTags may hold SimpleTags (RFC 9559, section 5.1.8.1.2); nobody nests them deeper than a few levels. */
const MAX_NESTING = 8;

export type TagVisitor = (name: string, value: string) => void;

function readSimpleTag(bytes: Uint8Array, start: number, end: number, visit: TagVisitor, nesting: number): void {
  if (nesting > MAX_NESTING) throw new EbmlError("tooDeep", start, "tags nested too deep");
  let name: string | undefined;
  let value = "";
  const nested: [number, number][] = [];
  forEachChild(bytes, start, end, (id, from, to) => {
    if (id === ElementId.TagName) name = readText(bytes, from, to);
    else if (id === ElementId.TagString) value = readText(bytes, from, to);
    else if (id === ElementId.SimpleTag) nested.push([from, to]);
  });
  if (name !== undefined) visit(name, value);
  for (const [from, to] of nested) readSimpleTag(bytes, from, to, visit, nesting + 1);
}

/**
 * Calls `visit` for every name and value in the content of a Tags element, in order.
 * @throws {EbmlError} where it does not add up; tags before the fault have been visited by then
 */
export function readTags(bytes: Uint8Array, start: number, end: number, visit: TagVisitor): void {
  forEachChild(bytes, start, end, (tagId, tagStart, tagEnd) => {
    if (tagId !== ElementId.Tag) return;
    forEachChild(bytes, tagStart, tagEnd, (id, from, to) => {
      if (id === ElementId.SimpleTag) readSimpleTag(bytes, from, to, visit, 1);
    });
  });
}
