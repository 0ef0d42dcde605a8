/** `incomplete`: the bytes end inside the header. `invalid`: no continuation of the bytes would make it a header. */
export type HeaderOutcome = "header" | "incomplete" | "invalid";

/** An element's id and size, overwritten by each reading: one object serves a whole stream. */
export class ElementHeader {
  /** With its marker bits, as specifications print it (`0x1A45DFA3`). */
  id = 0;
  sizeKnown = false;
  /** Bytes of content; meaningless where the size is unknown. Sizes beyond 2^53 lose precision: they only ever meet limits. */
  size = 0;
  /** Bytes of id and size. */
  headerBytes = 0;
}

/** Length in octets of a variable-length integer by its first octet: 1 to 8, or 9 where all bits are zero (RFC 8794, section 4.1). */
export function vintLength(firstOctet: number): number {
  return Math.clz32(firstOctet) - 23;
}

/** An element id is at most four octets long (EBMLMaxIDLength of Matroska, RFC 9559, section 6.1). */
const MAX_ID_OCTETS = 4;

/**
 * Reads the header of the element at `position` into `header` (RFC 8794, sections 5 and 6). Nothing past `end` is looked at.
 * Ids whose value bits are all zero or all one are reserved, hence `invalid`.
 */
export function readElementHeader(
  bytes: Uint8Array,
  position: number,
  end: number,
  header: ElementHeader,
): HeaderOutcome {
  if (position >= end) return "incomplete";
  const idOctets = vintLength(bytes[position]!);
  if (idOctets > MAX_ID_OCTETS) return "invalid";
  const sizePosition = position + idOctets;
  if (sizePosition >= end) return "incomplete";
  let id = 0;
  for (let i = position; i < sizePosition; i++) id = (id << 8) | bytes[i]!;
  const allOnesValue = (1 << (7 * idOctets)) - 1;
  const idValue = id & allOnesValue;
  if (idValue === 0 || idValue === allOnesValue) return "invalid";

  const firstSizeOctet = bytes[sizePosition]!;
  const sizeOctets = vintLength(firstSizeOctet);
  if (sizeOctets > 8) return "invalid";
  const contentPosition = sizePosition + sizeOctets;
  if (contentPosition > end) return "incomplete";
  const marker = 1 << (8 - sizeOctets);
  let size = firstSizeOctet & (marker - 1);
  let allOnes = size === marker - 1;
  for (let i = sizePosition + 1; i < contentPosition; i++) {
    const octet = bytes[i]!;
    if (octet !== 0xff) allOnes = false;
    size = size * 256 + octet;
  }
  header.id = id;
  header.sizeKnown = !allOnes;
  header.size = allOnes ? 0 : size;
  header.headerBytes = idOctets + sizeOctets;
  return "header";
}
