import { EbmlError } from "./ebml-error.js";
import { ElementHeader, readElementHeader } from "./element-header.js";

/** Goes through the children of an element whose content is wholly there. One object serves a whole stream. */
export class ElementChildren {
  /** Of the child at hand. */
  id = 0;
  start = 0;
  end = 0;
  readonly #header = new ElementHeader();
  #limit = 0;

  /** Content from `start` to `end`. */
  open(start: number, end: number): void {
    this.end = start;
    this.#limit = end;
  }

  /**
   * Goes on to the next child.
   * @param bytes what `start` and `end` index
   * @returns false where there is none
   * @throws {EbmlError} where the children do not fill the content exactly; its offset counts from `bytes[0]`
   */
  next(bytes: Uint8Array): boolean {
    const position = this.end;
    if (position >= this.#limit) return false;
    const header = this.#header;
    if (readElementHeader(bytes, position, this.#limit, header) !== "header") {
      throw new EbmlError("badHeader", position, "no valid element header");
    }
    this.id = header.id;
    this.start = position + header.headerBytes;
    this.end = this.start + header.size;
    if (!header.sizeKnown || this.end > this.#limit) {
      throw new EbmlError("overrun", position, "a child that ends after its parent");
    }
    return true;
  }
}

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
  const children = new ElementChildren();
  children.open(start, end);
  while (children.next(bytes)) visit(children.id, children.start, children.end);
}
