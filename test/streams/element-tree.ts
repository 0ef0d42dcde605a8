import { crc32 } from "node:zlib";

/** An element as bytes hold it: with `children`, or with `content`. */
export interface ElementNode {
  /** Hexadecimal, as specifications print it. */
  id: string;
  isSizeUnknown: boolean;
  children?: ElementNode[];
  content: Buffer;
}

/** How to write what was read. */
export interface ElementStyle {
  /** Octets of every known size; absent: as few as it takes. */
  sizeOctets?: number;
  /** Octets of every unknown size. Default 8, as in most captures. */
  unknownSizeOctets?: number;
  /** A CRC-32 first in every master element whose size is known (RFC 8794, section 11.3.1). */
  checksums?: boolean;
}

const EBML = "1a45dfa3";
const SEGMENT = "18538067";
const CLUSTER = "1f43b675";
const CRC32 = "bf";
/** Of level 1: they end a cluster of unknown size. */
const segmentChildren = new Set(["1549a966", "1654ae6b", "1254c367", CLUSTER, "1c53bb6b", "114d9b74"]);
const masters = new Set([EBML, SEGMENT, ...segmentChildren, "ae", "e1", "7373", "63c0", "67c8", "a0"]);

/** Where an element of unknown size ends: at one that cannot be inside it. */
function endsAt(parent: string, id: string): boolean {
  if (id === EBML || id === SEGMENT) return true;
  return parent === CLUSTER && segmentChildren.has(id);
}

/**
 * Elements of sound bytes. It knows nothing of the code under test, and throws on whatever is not sound.
 * @param parent of unknown size, where there is one: reading stops at what ends it
 */
function readNodes(bytes: Buffer, from: number, to: number, parent?: string): { nodes: ElementNode[]; end: number } {
  const nodes: ElementNode[] = [];
  let position = from;
  while (position < to) {
    const idOctets = Math.clz32(bytes[position]!) - 23;
    const id = bytes.toString("hex", position, position + idOctets);
    if (parent !== undefined && endsAt(parent, id)) break;
    const sizeAt = position + idOctets;
    const sizeOctets = Math.clz32(bytes[sizeAt]!) - 23;
    const sizeBits = BigInt(`0x${bytes.toString("hex", sizeAt, sizeAt + sizeOctets)}`) ^ (1n << BigInt(7 * sizeOctets));
    const isSizeUnknown = sizeBits === (1n << BigInt(7 * sizeOctets)) - 1n;
    const start = sizeAt + sizeOctets;
    const end = isSizeUnknown ? to : start + Number(sizeBits);
    if (end > to) throw new Error(`the element at ${position} ends behind its parent`);
    if (masters.has(id)) {
      const inside = readNodes(bytes, start, end, isSizeUnknown ? id : undefined);
      nodes.push({ id, isSizeUnknown, children: inside.nodes, content: Buffer.alloc(0) });
      position = inside.end;
    } else {
      nodes.push({ id, isSizeUnknown, content: bytes.subarray(start, end) });
      position = end;
    }
  }
  return { nodes, end: position };
}

export function readTree(bytes: Buffer): ElementNode[] {
  return readNodes(bytes, 0, bytes.length).nodes;
}

function sizeField(size: number | bigint, octets: number | undefined): Buffer {
  let width = octets ?? 1;
  if (octets === undefined) while (size >= 2 ** (7 * width) - 1) width++;
  const bits = BigInt(size) | (1n << BigInt(7 * width));
  return Buffer.from(bits.toString(16).padStart(2 * width, "0"), "hex");
}

/** All value bits set (RFC 8794, section 6.2). */
function unknownSize(octets: number): Buffer {
  return sizeField((1n << BigInt(7 * octets)) - 1n, octets);
}

function checksumOf(content: Buffer, style: ElementStyle): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32LE(crc32(content));
  return Buffer.concat([Buffer.from(CRC32, "hex"), sizeField(4, style.sizeOctets), value]);
}

export function writeTree(nodes: readonly ElementNode[], style: ElementStyle = {}): Buffer {
  return Buffer.concat(
    nodes.map(({ id, isSizeUnknown, children, content }) => {
      const inner = children ? writeTree(children, style) : content;
      const hasChecksum = style.checksums && children && !isSizeUnknown;
      const whole = hasChecksum ? Buffer.concat([checksumOf(inner, style), inner]) : inner;
      const size = isSizeUnknown
        ? unknownSize(style.unknownSizeOctets ?? 8)
        : sizeField(whole.length, style.sizeOctets);
      return Buffer.concat([Buffer.from(id, "hex"), size, whole]);
    }),
  );
}

/** The same elements, written in another way. */
export function restyled(bytes: Buffer, style: ElementStyle): Buffer {
  return writeTree(readTree(bytes), style);
}
