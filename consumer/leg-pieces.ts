import { type LegFacts, lackingFacts } from "./leg-facts.js";
import type { LegPiece, LegRequest } from "./leg-request.js";
import { compareFragmentNumbers } from "./matroska/fragment.js";
import type { PieceBounds, Sidecar } from "./recordings/sidecar.js";

type PiecesOf = Pick<Sidecar, "pieces" | "bounds" | "fragments" | "complete">;

/** A piece of which the beginning is known. */
type Placed = LegPiece & { startFragmentNumber: string };

/**
 * A leg as far as one event tells of it, extended by what its recordings know: a leg that stops and goes on has several first and last
 * fragments. Where there is one piece only, or nothing tells where this one begins, it is returned as it is.
 * @param recordings of the same leg, that is of one transaction on one stream
 */
export function wholeOf(leg: LegRequest, recordings: readonly Sidecar[]): LegRequest {
  if (leg.startFragmentNumber === undefined) return leg;
  const pieces = joined([...(leg.pieces ?? [leg]), ...recordings.flatMap(piecesIn)]);
  const [first, last] = [pieces[0]!, pieces.at(-1)!];
  const known = { ...leg };
  for (const sidecar of recordings) Object.assign(known, lackingFacts(known, sidecar));
  return {
    ...known,
    startFragmentNumber: first.startFragmentNumber,
    startTimeMs: first.startTimeMs,
    endFragmentNumber: last.endFragmentNumber,
    endTimeMs: last.endTimeMs,
    pieces: pieces.length > 1 ? pieces : undefined,
  };
}

/** Whether a recording was made to hold this piece, or holds it. */
export function hasPiece(sidecar: Sidecar, piece: LegPiece): boolean {
  const { startFragmentNumber: start, endFragmentNumber: end } = piece;
  if (start === undefined) return true;
  const isWithin = (from?: string, to?: string) =>
    from !== undefined &&
    to !== undefined &&
    compareFragmentNumbers(from, start) <= 0 &&
    compareFragmentNumbers(end ?? start, to) <= 0;
  const { first, last } = sidecar.fragments;
  if (isWithin(first, last)) return true;
  return (sidecar.pieces ?? [sidecar.bounds]).some(({ startFragmentNumber: from, endFragmentNumber: to }) =>
    end === undefined && to === undefined ? from === start : isWithin(from, to),
  );
}

/** What a recording knows of its leg that the one which replaces it does not: facts, and pieces. */
export function knownBefore(now: PiecesOf & LegFacts, before: PiecesOf & LegFacts): Partial<Sidecar> {
  const pieces = joined([...piecesIn(now), ...piecesIn(before)]);
  return { ...lackingFacts(now, before), ...(pieces.length > 1 && { pieces: pieces.map(boundsOf) }) };
}

/** As a sidecar has them. */
export function boundsOf({ startFragmentNumber, endFragmentNumber, startTimeMs, endTimeMs }: LegPiece): PieceBounds {
  const isoOf = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return { startFragmentNumber, endFragmentNumber, startTime: isoOf(startTimeMs), endTime: isoOf(endTimeMs) };
}

/** The pieces that a recording was made of; without events, what it has, if that is known to be all there was. */
function piecesIn({ pieces, bounds, fragments, complete }: PiecesOf): LegPiece[] {
  if (!pieces && bounds.startFragmentNumber === undefined) {
    return complete ? [{ startFragmentNumber: fragments.first, endFragmentNumber: fragments.last }] : [];
  }
  return (pieces ?? [bounds]).map(({ startFragmentNumber, endFragmentNumber, startTime, endTime }) => ({
    startFragmentNumber,
    endFragmentNumber,
    startTimeMs: startTime === undefined ? undefined : Date.parse(startTime),
    endTimeMs: endTime === undefined ? undefined : Date.parse(endTime),
  }));
}

/** In order; those that overlap, or begin at the same fragment, are one. */
function joined(pieces: readonly LegPiece[]): Placed[] {
  const inOrder = pieces
    .filter((piece): piece is Placed => piece.startFragmentNumber !== undefined)
    .sort((a, b) => compareFragmentNumbers(a.startFragmentNumber, b.startFragmentNumber));
  const result: Placed[] = [];
  for (const piece of inOrder) {
    const { startFragmentNumber, endFragmentNumber, startTimeMs, endTimeMs } = piece;
    const before = result.at(-1);
    const reach = before?.endFragmentNumber ?? before?.startFragmentNumber;
    if (!before || compareFragmentNumbers(startFragmentNumber, reach!) > 0) {
      result.push({ startFragmentNumber, endFragmentNumber, startTimeMs, endTimeMs });
      continue;
    }
    before.startTimeMs ??= startTimeMs;
    const { endFragmentNumber: end } = before;
    if (end === undefined || (endFragmentNumber && compareFragmentNumbers(endFragmentNumber, end) > 0)) {
      before.endFragmentNumber = endFragmentNumber ?? end;
      before.endTimeMs = endTimeMs ?? before.endTimeMs;
    }
  }
  return result;
}
