import type { CallSidecar } from "../recordings/call-sidecar.js";

/** What tells the side of a recording: recordings of one stream are of one side. */
export interface SideEvidence {
  streamArn: string;
  /** By Chime's own reckoning, which is not always there. */
  isCaller?: boolean;
  /** The leg's place among the media lines of SIPREC, a decimal number. */
  mediaIndex?: string;
  /** When it was heard, milliseconds of the producer's clock. */
  startMs: number;
  endMs: number;
}

export interface ChannelAssignment {
  /** Of the recordings given, in their order. */
  sides: ("caller" | "callee")[];
  by: CallSidecar["channelAssignment"];
}

/** All recordings of a stream. */
interface Strand {
  streamArn: string;
  isCaller?: boolean;
  mediaIndex?: number;
  times: { startMs: number; endMs: number }[];
  startMs: number;
}

type Side = "caller" | "callee";

/**
 * Which side of a call each of its recordings is: by `isCaller`; where that is missing, or both legs claim the same, by
 * `mediaIndex`: recording clients offer the caller's media first; else by time, as who calls is connected first. The last is a guess.
 *
 * One claim is enough where two legs are heard at the same time: the other one is the other side. A side that went on in another
 * stream has several, one after the other.
 */
export function assignChannels(recordings: readonly SideEvidence[]): ChannelAssignment {
  const strands = strandsOf(recordings);
  const sides = new Map<Strand, Side>();
  let by: ChannelAssignment["by"] = "isCaller";
  const claim = (strand: Strand): Side | undefined => {
    if (strand.isCaller === undefined) return undefined;
    return strand.isCaller ? "caller" : "callee";
  };
  if (isUsable(strands, claim)) {
    take(sides, strands, claim);
  } else {
    const indexes = [...new Set(strands.flatMap(({ mediaIndex }) => mediaIndex ?? []))].sort((a, b) => a - b);
    by = indexes.length === 2 ? "mediaIndex" : "guessed";
    if (indexes.length === 2) {
      take(sides, strands, ({ mediaIndex }) => {
        if (mediaIndex === undefined) return undefined;
        return mediaIndex === indexes[0] ? "caller" : "callee";
      });
    }
  }
  for (const strand of strands) {
    if (sides.has(strand)) continue;
    const { side, isForced } = sideByTime(strand, sides);
    if (!isForced) by = "guessed";
    sides.set(strand, side);
  }
  const sideOf = new Map([...sides].map(([{ streamArn }, side]) => [streamArn, side]));
  return { sides: recordings.map(({ streamArn }) => sideOf.get(streamArn)!), by };
}

/** By when they were first heard; in case of doubt by name, so that everybody comes to the same result. */
function strandsOf(recordings: readonly SideEvidence[]): Strand[] {
  const strands = new Map<string, Strand>();
  for (const { streamArn, isCaller, mediaIndex, startMs, endMs } of recordings) {
    const strand = strands.get(streamArn) ?? { streamArn, times: [], startMs };
    strands.set(streamArn, strand);
    strand.times.push({ startMs, endMs });
    strand.startMs = Math.min(strand.startMs, startMs);
    strand.isCaller ??= isCaller;
    if (mediaIndex !== undefined && /^\d{1,9}$/.test(mediaIndex)) strand.mediaIndex ??= Number(mediaIndex);
  }
  return [...strands.values()].sort((a, b) => a.startMs - b.startMs || (a.streamArn < b.streamArn ? -1 : 1));
}

/** Somebody claims a side, and no two that are heard at the same time are all that claim, and claim the same one. */
function isUsable(strands: readonly Strand[], claim: (strand: Strand) => Side | undefined): boolean {
  const claiming = strands.filter((strand) => claim(strand) !== undefined);
  if (new Set(claiming.map(claim)).size !== 1) return claiming.length > 0;
  return claiming.every((one, i) => claiming.slice(i + 1).every((other) => !areSimultaneous(one, other)));
}

function take(sides: Map<Strand, Side>, strands: readonly Strand[], claim: (strand: Strand) => Side | undefined): void {
  for (const strand of strands) {
    const side = claim(strand);
    if (side) sides.set(strand, side);
  }
}

/** The side that is silent meanwhile. It must be the one only where somebody on the other side is heard at the same time. */
function sideByTime(strand: Strand, sides: ReadonlyMap<Strand, Side>): { side: Side; isForced: boolean } {
  const isHeard = (side: Side) => [...sides].some(([other, its]) => its === side && areSimultaneous(strand, other));
  const isTaken = (side: Side) => [...sides.values()].includes(side);
  const withCaller = isHeard("caller");
  const withCallee = isHeard("callee");
  if (withCaller !== withCallee) return { side: withCaller ? "callee" : "caller", isForced: true };
  return { side: isTaken("caller") && !isTaken("callee") ? "callee" : "caller", isForced: false };
}

/** Heard together for more than half of the shorter one's time: a side that goes on in another stream is not. */
function areSimultaneous(one: Strand, other: Strand): boolean {
  let togetherMs = 0;
  for (const a of one.times) {
    for (const b of other.times) togetherMs += Math.max(0, Math.min(a.endMs, b.endMs) - Math.max(a.startMs, b.startMs));
  }
  const lengthMs = ({ times }: Strand) => times.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  return togetherMs > Math.min(lengthMs(one), lengthMs(other)) / 2;
}
