/** Ids of the elements that hold elements, and of the others that tests look at: RFC 8794 and RFC 9559. */
const names: Readonly<Record<string, string>> = {
  "1a45dfa3": "EBML",
  "18538067": "Segment",
  "1549a966": "Info",
  "1654ae6b": "Tracks",
  ae: "TrackEntry",
  "1254c367": "Tags",
  "7373": "Tag",
  "67c8": "SimpleTag",
  "45a3": "TagName",
  "4487": "TagString",
  "1f43b675": "Cluster",
  e7: "Timecode",
  a7: "Position",
  a3: "SimpleBlock",
  "86": "CodecID",
  "63a2": "CodecPrivate",
  e1: "Audio",
  "4282": "DocType",
};
const masters = new Set([
  "EBML",
  "Segment",
  "Info",
  "Tracks",
  "TrackEntry",
  "Tags",
  "Tag",
  "SimpleTag",
  "Cluster",
  "Audio",
]);

export interface DumpedElement {
  name: string;
  data: Buffer;
}

/** One fragment as a consumer receives it. */
export interface DumpedFragment {
  /** Names of the elements on the top level and directly in the Segment, in order. */
  layout: string[];
  tagsBefore: [string, string][];
  tagsAfter: [string, string][];
  timecodeMs?: number;
  blocks: { offsetMs: number; data: Buffer }[];
  codecId?: string;
  hasAudioElement: boolean;
}

/**
 * Every element, masters before their children. Made for tests alone, so that writer and reader cannot share a mistake.
 */
export function dumpElements(bytes: Buffer): DumpedElement[] {
  const found: DumpedElement[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const idLength = Math.clz32(bytes[offset]!) - 23;
    const id = bytes.toString("hex", offset, offset + idLength);
    offset += idLength;
    const sizeLength = Math.clz32(bytes[offset]!) - 23;
    const sizeHex = bytes.toString("hex", offset, offset + sizeLength);
    const isUnknown = sizeHex === "01ffffffffffffff";
    const size = Number(BigInt(`0x${sizeHex}`) ^ (1n << BigInt(7 * sizeLength)));
    offset += sizeLength;
    const name = names[id] ?? id;
    const isMaster = masters.has(name);
    if (!isMaster && (isUnknown || offset + size > bytes.length)) throw new Error(`${name} at ${offset} is cut off`);
    found.push({ name, data: isMaster ? Buffer.alloc(0) : bytes.subarray(offset, offset + size) });
    if (!isMaster) offset += size;
  }
  return found;
}

/** The fragments of a media response. */
export function dumpFragments(bytes: Buffer): DumpedFragment[] {
  const fragments: DumpedFragment[] = [];
  const topLevel = new Set(["EBML", "Segment", "Info", "Tracks", "Tags", "Cluster"]);
  let tagName = "";
  for (const { name, data } of dumpElements(bytes)) {
    if (name === "EBML")
      fragments.push({ layout: [], tagsBefore: [], tagsAfter: [], blocks: [], hasAudioElement: false });
    const fragment = fragments.at(-1)!;
    if (topLevel.has(name)) fragment.layout.push(name);
    if (name === "TagName") tagName = data.toString();
    if (name === "TagString") {
      const tags = fragment.layout.includes("Cluster") ? fragment.tagsAfter : fragment.tagsBefore;
      tags.push([tagName, data.toString()]);
    }
    if (name === "Timecode") fragment.timecodeMs = data.readUIntBE(0, data.length);
    if (name === "SimpleBlock") fragment.blocks.push({ offsetMs: data.readInt16BE(1), data: data.subarray(4) });
    if (name === "CodecID") fragment.codecId = data.toString();
    if (name === "Audio") fragment.hasAudioElement = true;
  }
  return fragments;
}

/** The media of all blocks. */
export function pcmOf(bytes: Buffer): Buffer {
  return Buffer.concat(dumpFragments(bytes).flatMap((fragment) => fragment.blocks.map((block) => block.data)));
}

/** The value of a tag, wherever it is in the fragment. */
export function tagOf(fragment: DumpedFragment, name: string): string | undefined {
  return [...fragment.tagsBefore, ...fragment.tagsAfter].find(([tag]) => tag === name)?.[1];
}
