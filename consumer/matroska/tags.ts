import { ElementChildren } from "../ebml/children.js";
import { EbmlError } from "../ebml/ebml-error.js";
import { readText } from "../ebml/element-values.js";
import { ElementId } from "./matroska-elements.js";

/** SimpleTags may hold SimpleTags (RFC 9559, section 5.1.8.1.2); nobody nests them deeper than a few levels. */
const MAX_NESTING = 8;
/** A producer repeats its tags at each fragment, each in an element of its own: PutMedia takes up to ten. */
const MOST_REPEATED = 10;
const LONGEST_REPEATED_BYTES = 1024;

export type Tag = readonly [name: string, value: string];

/** Where a value is in the bytes it was read from. */
interface ValueRange {
  start: number;
  end: number;
}

/** What a Tags element says, in order. */
export interface TagsContent {
  tags: readonly Tag[];
  /** Where their values are, in the same order; none where all that is known of it is that it was there before. */
  values: readonly ValueRange[];
}

/** Reads Tags elements, the same one once. */
export class TagReader {
  readonly #elements = new ElementChildren();
  readonly #childrenOfTag = new ElementChildren();
  readonly #childrenOfSimpleTag = Array.from({ length: MAX_NESTING }, () => new ElementChildren());
  /** Contents read lately, the last one first, with what was in them. */
  readonly #repeated: { content: Buffer; tags: readonly Tag[] }[] = [];

  /**
   * Names and values in the content of a Tags element.
   * @param text the same bytes as a Buffer
   * @throws {EbmlError} where it does not add up
   */
  read(bytes: Uint8Array, text: Buffer, start: number, end: number): TagsContent {
    const known = this.#repeated.find(
      ({ content }) => content.length === end - start && content.compare(bytes, start, end) === 0,
    );
    if (known) return { tags: known.tags, values: [] };
    const tags: Tag[] = [];
    const values: ValueRange[] = [];
    const elements = this.#elements;
    elements.open(start, end);
    while (elements.next(bytes)) if (elements.id === ElementId.Tag) this.#readTag(bytes, text, elements, tags, values);
    this.#remember(bytes, start, end, tags);
    return { tags, values };
  }

  #readTag(bytes: Uint8Array, text: Buffer, tag: ElementChildren, tags: Tag[], values: ValueRange[]): void {
    const children = this.#childrenOfTag;
    children.open(tag.start, tag.end);
    while (children.next(bytes)) {
      if (children.id === ElementId.SimpleTag) this.#readSimpleTag(bytes, text, children, tags, values, 0);
    }
  }

  #readSimpleTag(
    bytes: Uint8Array,
    text: Buffer,
    simpleTag: ElementChildren,
    tags: Tag[],
    values: ValueRange[],
    nesting: number,
  ): void {
    if (nesting === MAX_NESTING) throw new EbmlError("tooDeep", simpleTag.start, "tags nested too deep");
    const children = this.#childrenOfSimpleTag[nesting]!;
    let name: string | undefined;
    let value: ValueRange = { start: simpleTag.start, end: simpleTag.start };
    let isNested = false;
    children.open(simpleTag.start, simpleTag.end);
    while (children.next(bytes)) {
      if (children.id === ElementId.TagName) name = readText(text, children.start, children.end);
      else if (children.id === ElementId.TagString) value = { start: children.start, end: children.end };
      else if (children.id === ElementId.SimpleTag) isNested = true;
    }
    if (name !== undefined) {
      tags.push([name, readText(text, value.start, value.end)]);
      values.push(value);
    }
    if (!isNested) return;
    children.open(simpleTag.start, simpleTag.end);
    while (children.next(bytes)) {
      if (children.id === ElementId.SimpleTag) this.#readSimpleTag(bytes, text, children, tags, values, nesting + 1);
    }
  }

  /** A producer's: those of Kinesis are different each time. */
  #remember(bytes: Uint8Array, start: number, end: number, tags: readonly Tag[]): void {
    if (end - start > LONGEST_REPEATED_BYTES || tags.some(([name]) => name.startsWith("AWS"))) return;
    this.#repeated.unshift({ content: Buffer.from(bytes.slice(start, end)), tags });
    this.#repeated.length = Math.min(this.#repeated.length, MOST_REPEATED);
  }
}
