import { EbmlError } from "./ebml-error.js";
import { ElementHeader, readElementHeader } from "./element-header.js";

/**
 * Calls `visit` for each child of an element whose content is wholly there, from `start` to `end`.
 * @throws {EbmlError} where the children do not fill the content exactly; its offset counts from `bytes[0]`
 */
export function forEachChild(
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (id: number, contentStart: number, contentEnd: number) => void,
): void {
  const header = new ElementHeader();
  let position = start;
  while (position < end) {
    if (readElementHeader(bytes, position, end, header) !== "header") {
      throw new EbmlError("badHeader", position, "no valid element header");
    }
    const contentStart = position + header.headerBytes;
    const contentEnd = contentStart + header.size;
    if (!header.sizeKnown || contentEnd > end) {
      throw new EbmlError("overrun", position, "a child that ends after its parent");
    }
    visit(header.id, contentStart, contentEnd);
    position = contentEnd;
  }
}
