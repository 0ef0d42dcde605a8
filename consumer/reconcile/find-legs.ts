import type { StreamArn } from "../events/stream-arn.js";
import { type FragmentRange, type ListedFragment, listFragments } from "../kinesis-video/fragment-listing.js";
import type { KinesisVideoAccess } from "../kinesis-video/kinesis-video-access.js";
import type { Beginning, FoundLeg, Stretch } from "./found-leg.js";
import { type FragmentOwner, FragmentOwners } from "./fragment-owners.js";
import { type FragmentRun, runsOf } from "./fragment-runs.js";

/** In a run of no more than this many fragments no two calls fit. */
const SHORT_RUN = 3;
/**
 * A fragment is 20 s long at most, and clocks differ by less than a minute: what is listed nearer to the range's beginning may have
 * had something before it.
 */
const EDGE_MS = 80_000;

export interface FoundLegs {
  /** In the order in which they begin. */
  legs: FoundLeg[];
  /** Fragments without tags, and without a neighbour that has any. */
  unattributed: number;
  /** When Kinesis received the newest fragment, whosever it is; undefined where there is none. */
  newestMs?: number;
}

/** A part of a run that is one transaction's. */
interface Segment {
  owner: FragmentOwner | undefined;
  first: number;
  last: number;
  run: FragmentRun;
}

/**
 * The legs that have media in a range of the server's time. A listing does not say whose its fragments are, so some are read: the
 * first and the last of each run, and where they are not of the same call more between them, by halving. A run that begins and
 * ends with one call is taken for that call's: a stream carries one leg at a time.
 *
 * Throws `ArchiveUnavailable` where the stream's retention is 0, and `AwsCallError`.
 */
export async function findLegs(
  access: KinesisVideoAccess,
  stream: StreamArn,
  range: FragmentRange & { by: "server" },
  signal?: AbortSignal,
): Promise<FoundLegs> {
  const listed = await listFragments(access, stream, range, signal);
  const runs = runsOf(listed);
  const owners = new FragmentOwners(access, stream, listed, signal);
  await owners.read(runs.flatMap(({ first, last }) => (last - first < SHORT_RUN ? [first] : [first, last])));
  const segments: Segment[] = [];
  for (const run of runs) segments.push(...(await segmentsOf(run, owners)));
  return {
    legs: legsOf(segments, listed, range.fromMs),
    unattributed: segments.reduce((sum, { owner, first, last }) => sum + (owner ? 0 : last - first + 1), 0),
    newestMs: listed.at(-1)?.serverTimestampMs,
  };
}

async function segmentsOf(run: FragmentRun, owners: FragmentOwners): Promise<Segment[]> {
  const ownerAt = (place: number) => owners.of(place, run);
  const first = await ownerAt(run.first);
  const last = run.last - run.first < SHORT_RUN ? first : await ownerAt(run.last);
  const starts = [{ place: run.first, owner: first }];
  const cut = async (low: number, lowOwner?: FragmentOwner, high = low, highOwner?: FragmentOwner): Promise<void> => {
    if (lowOwner?.transactionId === highOwner?.transactionId) return;
    if (high - low <= 1) {
      starts.push({ place: high, owner: highOwner });
      return;
    }
    const middle = Math.floor((low + high) / 2);
    const owner = await ownerAt(middle);
    await cut(low, lowOwner, middle, owner);
    await cut(middle, owner, high, highOwner);
  };
  await cut(run.first, first, run.last, last);
  return starts.map(({ place, owner }, i) => ({
    owner,
    first: place,
    last: (starts[i + 1]?.place ?? run.last + 1) - 1,
    run,
  }));
}

function legsOf(segments: readonly Segment[], listed: readonly ListedFragment[], fromMs: number): FoundLeg[] {
  const legs = new Map<string, FoundLeg>();
  for (const [i, segment] of segments.entries()) {
    const { owner, first, last } = segment;
    if (!owner || isTrailing(segment)) continue;
    const known = legs.get(owner.transactionId);
    const beginning = known ? "certain" : beginningOf(segment, segments[i - 1], listed, fromMs);
    const firstCertain = listed[beginning === "uncertain" ? Math.min(first + 1, last) : first]!;
    const stretch: Stretch = { first: listed[first]!, last: listed[last]!, firstCertain };
    for (const [id, leg] of legs) leg.isFollowed ||= id !== owner.transactionId;
    if (known) {
      known.stretches.push(stretch);
      known.isFollowed = false;
      known.callId ??= owner.callId;
      continue;
    }
    const { transactionId, callId } = owner;
    legs.set(transactionId, { transactionId, callId, stretches: [stretch], beginning, isFollowed: false });
  }
  return [...legs.values()];
}

/**
 * The last fragment of a run that is another call's so far names this one, after its media: its tags were written for a call that
 * was to begin. What it holds is the old call's, as far as anyone can say.
 */
function isTrailing({ owner, first, last, run }: Segment): boolean {
  return owner !== undefined && !owner.isCertain && first === last && last === run.last && first !== run.first;
}

/** What comes before a segment tells whether its first fragment is the first of its call. */
function beginningOf(
  { owner, first, run }: Segment,
  before: Segment | undefined,
  listed: readonly ListedFragment[],
  fromMs: number,
): Beginning {
  if (!before && listed[first]!.serverTimestampMs - fromMs < EDGE_MS) return "unseen";
  if (owner?.isCertain) return "certain";
  // Within a run only tags before the media tell: those after it may have been written for the next fragment already.
  if (first !== run.first) return "uncertain";
  const isAfterOther = before?.owner !== undefined && before.owner.transactionId !== owner?.transactionId;
  return !before || isAfterOther ? "certain" : "uncertain";
}
